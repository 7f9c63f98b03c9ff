"""Findings as the service keeps and shows them: one rule that failed on one host in one run."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from typing import Literal

from shindan.model.assessment import Pairs
from shindan.model.packages import PackageName
from shindan.model.severity import Severity

ShownSeverity = Literal["High", "Medium", "Low", "Informational", "Undefined"]
"""The API's words: it has no Critical."""

SHOWN_SEVERITIES: tuple[ShownSeverity, ...] = ("High", "Medium", "Low", "Informational", "Undefined")
NUMERIC: dict[ShownSeverity, float] = {"High": 9.0, "Medium": 6.0, "Low": 3.0, "Informational": 0.0, "Undefined": 0.0}
"""The constants that the API shows beside the words (specification, section 5.1)."""

PACKAGE_NUMBERS: dict[PackageName, int] = {"cve": 0, "cis": 1, "network": 2, "practices": 3, "runtime": 4, "scap": 5}
PACKAGE_BY_NUMBER: dict[int, PackageName] = {number: name for name, number in PACKAGE_NUMBERS.items()}

NOTHING_FOUND = "No potential security issues found"
"""Title of the one finding of a package that found nothing."""

_ALPHABET = string.digits + string.ascii_letters
_SPACE = 62**8
_FACTOR = 132_456_789_012_347
_INVERSE = pow(_FACTOR, -1, _SPACE)


@dataclass(frozen=True, slots=True)
class Asset:
    """The host of a finding as it was at the time of the run; `agent` is "" where a finding is about no host."""

    agent: str = ""
    hostname: str = ""
    scaling_group: str = ""
    image: str = ""
    tags: Pairs = ()
    addresses: tuple[str, ...] = ()
    network: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """One finding. `arn` and `run` and `rules_package` are names; moments are milliseconds since the epoch.

    Beyond the API: `fingerprint` identifies the issue across runs ("" where nothing was found).
    """

    arn: str
    run: str
    rules_package: str
    asset: Asset
    id: str
    title: str
    description: str
    recommendation: str
    severity: ShownSeverity
    attributes: Pairs
    user_attributes: Pairs
    created_at: int
    updated_at: int
    fingerprint: str = ""

    @property
    def numeric_severity(self) -> float:
        """The number beside the word."""
        return NUMERIC[self.severity]


def shown(severity: Severity) -> ShownSeverity:
    """The API's word for ours: Critical is High there."""
    return "High" if severity == "Critical" else severity


def fingerprint_of(host: str, package: PackageName, rule_id: str, subject: str = "") -> str:
    """What identifies an issue across runs: host, package, rule, and what of the host it is about (a port; else "").

    For a CVE that is the host as a whole: the packages that it affects come and go.
    """
    return hashlib.sha1(f"{host}\0{package}\0{rule_id}\0{subject}".encode(), usedforsecurity=False).hexdigest()


def installed_in(component: str, subject: str) -> str:
    """The version alone, as the native tool prints it, where findings name a package with its version."""
    name = f"{component}-"
    versioned = bool(component) and subject.startswith(name)
    return subject.removeprefix(name).removeprefix("0:") if versioned else subject


def id_of(number: int) -> str:
    """The id of the finding of a number: `0-` and eight characters, spread so that neighbours look unlike."""
    rest, digits = number * _FACTOR % _SPACE, ""
    for _ in range(8):
        rest, digit = divmod(rest, 62)
        digits += _ALPHABET[digit]
    return f"0-{digits}"


def number_of(id_: str) -> int:
    """The number behind an id. Raises ValueError for what is none."""
    if len(id_) != 10 or not id_.startswith("0-"):
        raise ValueError(f"not the id of a finding: {id_[:40]!r}")
    value = 0
    for character in reversed(id_[2:]):
        value = value * 62 + _ALPHABET.index(character)
    return value * _INVERSE % _SPACE
