"""Red Hat's product names (CPE) → platform and conditions, and package URLs → packages.

Source: Red Hat's guidelines (https://redhatproductsecurity.github.io/security-data-guidelines/): the first
five parts of a CPE count, what follows `::` names a channel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, unquote

from shindan.model.advisory import Condition

_PAID = {
    "rhel_eus": "eus",
    "enterprise_linux_eus": "eus",
    "rhel_eus_long_life": "eus-long-life",
    "rhel_aus": "aus",
    "rhel_tus": "tus",
    "rhel_e4s": "e4s",
    "rhel_els": "els",
    "rhel_mission_critical": "mission-critical",
    "enterprise_linux_long_life": "long-life",
}
# Their packages carry prefixes of their own (`rh-python38-`, `devtoolset-`) or versions in their names.
_ON_RHEL = frozenset({"rhel_software_collections", "rhel_dotnet", "devtools", "rhel_developer_toolset"})
_EDITION = re.compile(r"\bel(\d+)")
_EPOCH = re.compile(r"-(\d+):")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a product's rows apply: `entitlement` stands where they need a paid stream."""

    platform: str
    only_if: tuple[Condition, ...] = ()


@lru_cache(maxsize=4096)
def place(cpe: str) -> Place | None:
    """The place of a CPE such as `cpe:/a:redhat:rhel_eus:9.2::appstream`; None where it names none.

    Main streams of Red Hat Enterprise Linux are `rhel:9`, paid ones the same with an entitlement such as `eus-9.2`;
    other products keep their own names (`openshift:4.16`), so that no host of plain RHEL meets their rows.
    """
    parts = cpe.split(":")
    if len(parts) < 4 or parts[0] != "cpe" or parts[2] != "redhat":
        return None
    product, version = parts[3], parts[4] if len(parts) > 4 else ""
    major = version.split(".")[0]
    if product == "enterprise_linux" or product.startswith("rhel_extras"):
        return Place(f"rhel:{major}")
    if product in _PAID:
        return Place(f"rhel:{major}", (Condition("entitlement", (f"{_PAID[product]}-{version}",)),))
    edition = _EDITION.search(":".join(parts[5:]))
    if product in _ON_RHEL and edition:
        return Place(f"rhel:{edition[1]}")
    return Place(f"{product}:{version}" if version else product)


@dataclass(frozen=True, slots=True)
class Package:
    """One rpm package: `version` is epoch:version-release without a zero epoch, "" where none is named."""

    name: str
    version: str
    arch: str
    module: str


@lru_cache(maxsize=32768)
def package(purl: str, nevra: str) -> Package | None:
    """The package of a package URL; None for containers, jars and all else that rpm does not install.

    `nevra` is the product's id (`openssl-1:1.1.1k-5.el8.x86_64`): older documents tell the epoch only there.
    """
    if not purl.startswith("pkg:rpm/"):
        return None
    path, _, query = purl.removeprefix("pkg:rpm/").partition("?")
    name, _, version = path.rpartition("/")[2].partition("@")
    said = {key: values[0] for key, values in parse_qs(query).items()}
    version, module = unquote(version), ":".join(said.get("rpmmod", "").split(":")[:2])
    if "-" not in version:
        version = ""  # a product's own release, as in `go-toolset@rhel8`
    epoch = said.get("epoch") or _epoch(nevra)
    full = f"{epoch}:{version}" if version and epoch not in ("", "0") else version
    return Package(unquote(name), full, said.get("arch", ""), module)


def _epoch(nevra: str) -> str:
    match = _EPOCH.search(nevra)
    return match[1] if match else ""
