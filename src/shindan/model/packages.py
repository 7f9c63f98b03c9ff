"""The rules packages: their names, and the published ids and service accounts of the original's five in each region.

Templates in the wild carry these very names, so every region's are accepted and the configured region's are shown.
Network Reachability was never offered in two regions, Runtime Behavior Analysis in two others; there we give them ids
of our own, which look like the rest. A sixth is ours: it has a name in every region, and no list shows it, so that
clients that take every listed package get what they always got.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shindan.model.arn import Arn, partition_of
from shindan.model.marking import N_

PackageName = Literal["cve", "cis", "network", "practices", "runtime", "scap"]
"""Our short names, used on the command line."""

PROVIDER = "Amazon Web Services, Inc."
"""What the API says here; clients compare it."""


@dataclass(frozen=True, slots=True)
class RulesPackage:
    """One rules package: short name, the API's literal name, version, and what it does in a sentence of ours.

    The name is in English for every client; pages for people translate it.
    """

    name: PackageName
    title: str
    version: str
    description: str


PACKAGES: tuple[RulesPackage, ...] = (
    RulesPackage(
        "cve",
        N_("Common Vulnerabilities and Exposures"),
        "1.1",
        "Compares installed packages with the advisories of their distributions and names what an update mends.",
    ),
    RulesPackage(
        "cis",
        N_("CIS Operating System Security Configuration Benchmarks"),
        "1.0",
        "Compares the host's configuration with the numbered recommendations of the benchmark for its system.",
    ),
    RulesPackage(
        "network",
        N_("Network Reachability"),
        "1.1",
        "Works out which ports of the host can be reached from where, and whether a process answers there.",
    ),
    RulesPackage(
        "practices",
        N_("Security Best Practices"),
        "1.0",
        "Checks logins, passwords, memory protection and the rights of system folders.",
    ),
    RulesPackage(
        "runtime",
        N_("Runtime Behavior Analysis"),
        "1.0",
        "Watches the host during the run for cleartext protocols, idle ports and unsafe processes.",
    ),
)

SCAP = RulesPackage(
    "scap",
    N_("SCAP Content of the Host"),
    "1.0",
    "Shows what the host's own oscap says by the SCAP content and profile that a template names; the rules are the "
    "content's, not Shindan's.",
)
"""The one beyond the original's."""

_SCAP_ID = "0-ScapCont"

_ORDER: tuple[PackageName, ...] = ("cve", "cis", "network", "practices", "runtime")
_REGIONS: dict[str, tuple[str, ...]] = {
    "us-east-1": ("316112463485", "0-gEjTy7T7", "0-rExsr2X8", "0-PmNV0Tcd", "0-R01qwB5Q", "0-gBONHN9h"),
    "us-east-2": ("646659390643", "0-JnA8Zp85", "0-m8r61nnh", "0-cE4kTR30", "0-AxKmMHPX", "0-UCYZFKPV"),
    "us-west-1": ("166987590008", "0-TKgzoVOa", "0-xUY8iRqX", "0-TxmXimXF", "0-byoQRFYm", "0-yeYxlt0x"),
    "us-west-2": ("758058086616", "0-9hgA516p", "0-H5hpSawc", "0-rD1z6dpl", "0-JJOtZiqQ", "0-vg5GGHSD"),
    "ap-south-1": ("162588757376", "0-LqnJE9dO", "0-PSUlX14m", "0-YxKfjFu1", "0-fs0IZZBj", "0-EhMQZy6C"),
    "ap-northeast-1": ("406045910587", "0-gHP9oWNT", "0-7WNjqgGu", "0-YI95DVd7", "0-bBUQnxMq", "0-knGBhqEu"),
    "ap-northeast-2": ("526946625049", "0-PoGHMznc", "0-T9srhg1z", "0-s3OmLzhL", "0-2WRpmi4n", "0-PoYq7lI7"),
    "ap-southeast-2": ("454640832652", "0-D5TGAxiR", "0-Vkd2Vxjq", "0-FLcuV4Gz", "0-asL6HRgN", "0-P8Tel2Xj"),
    "eu-central-1": ("537503971621", "0-wNqHa8M9", "0-nZrAVuv8", "0-6yunpJ91", "0-ZujVHEPB", "0-0GMUM6fg"),
    "eu-west-1": ("357557129151", "0-ubA5XvBh", "0-sJBhCr0F", "0-SPzU33xe", "0-SnojL3Z6", "0-lLmwe1zd"),
    "eu-west-2": ("146838936955", "0-kZGCqcE1", "0-IeCjwf1W", "0-AizSYyNq", "0-XApUiSaP", "0-RuntimeA"),
    "eu-north-1": ("453420244670", "0-IgdgIewd", "0-Yn8jlX7f", "0-52Sn74uu", "0-HfBQSbSf", "0-RuntimeB"),
    "us-gov-east-1": ("206278770380", "0-3IFKFuOb", "0-pTLCdIww", "0-NetworkA", "0-vlgEGcVD", "0-850TmCFX"),
    "us-gov-west-1": ("850862329162", "0-4oQgcI4G", "0-Ac4CFOuc", "0-NetworkB", "0-rOTGqe5G", "0-JMyjuzoW"),
}
_ELSEWHERE = ("758058086616", "0-9hgA516p", "0-H5hpSawc", "0-rD1z6dpl", "0-JJOtZiqQ", "0-vg5GGHSD")
"""For a region that the original never served: the ids of us-west-2, under that region's name."""

REGIONS: tuple[str, ...] = tuple(_REGIONS)
"""The regions of the original."""

_BY_ID: dict[tuple[str, str], PackageName] = {
    (row[0], id_): name
    for row in _REGIONS.values()
    for name, id_ in zip((*_ORDER, SCAP.name), (*row[1:], _SCAP_ID), strict=True)
}
_BY_NAME = {package.name: package for package in (*PACKAGES, SCAP)}


def package(name: PackageName) -> RulesPackage:
    """The rules package of a short name."""
    return _BY_NAME[name]


def service_account(region: str) -> str:
    """The account that owns a region's rules packages and publishes its notifications."""
    return _REGIONS.get(region, _ELSEWHERE)[0]


def package_arn(region: str, name: PackageName) -> Arn:
    """The name of a rules package in a region."""
    row = _REGIONS.get(region, _ELSEWHERE)
    id_ = _SCAP_ID if name == SCAP.name else row[1:][_ORDER.index(name)]
    return Arn(region, row[0], "rulespackage", (id_,), partition_of(region))


def package_of(arn: Arn) -> PackageName | None:
    """Which rules package a name of any region means; None for one that was never handed out."""
    if arn.kind != "rulespackage":
        return None
    return _BY_ID.get((arn.account, arn.id))


def endings_of(name: PackageName) -> tuple[str, ...]:
    """How the names of a rules package end in any region: `316112463485:rulespackage/0-gEjTy7T7`."""
    return tuple(f"{account}:rulespackage/{id_}" for (account, id_), known in _BY_ID.items() if known == name)
