"""What an assessment of one host says: findings with their reasons, and the ledger of what was and was not judged.

Tuples: a frozen dataclass takes five times as long to make, and a host has thousands of findings.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from shindan.model.advisory import Epss, Kev, Knows, State, Vector
from shindan.model.checked import Checked
from shindan.model.outcome import Evidence, Outcome
from shindan.model.packages import PackageName
from shindan.model.severity import Severity

FindingState = State | Literal["failed"]
"""A vendor's word for a flaw of a package; `failed` for a rule that does not hold."""

IgnoredAs = Literal["", "accepted", "not_affected", "fixed"]
"""What an ignore claims: that the flaw is known and accepted, that it does not bite, or that it is mended."""


class FeedRef(NamedTuple):
    """The generation behind a verdict. `age_days` counts from its newest record; None where that is unknown."""

    name: str
    generation: str
    age_days: float | None
    newest: str
    stale: bool = False


class Package(NamedTuple):
    """An installed package, with versions as the native tool prints them."""

    name: str
    version: str
    type: str
    arch: str
    source: str
    source_version: str


class Cvss(NamedTuple):
    """The vector that stands for a finding: base score (0.0 to 10.0), CVSS version, and who assigned it."""

    score: float
    version: str
    vector: str
    source: str


class Reason(NamedTuple):
    """Why a finding is one: the inventory line, the advisory record with its generation, the comparison made."""

    inventory: str
    record: str
    comparison: str
    notes: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One flaw of one package, or a rule that does not hold: `package` is None for what is about the host itself.

    `state` is the normalised vendor state and `vendor_state` the vendor's own word. `active` is False for a kernel
    that does not run (`inactive_reason` says so): such a finding counts neither in totals nor for thresholds.
    `severity` is what to show; `vendor_severity` and `nvd_severity` stand side by side behind it. `ignored` is the
    reason that somebody gave for ignoring it ("" where nobody did) and `ignored_as` what that claims: such a finding
    stays in the result, but counts neither in totals nor for thresholds.

    Of rules: `controls` are their numbers in a benchmark (`debian-12 5.1.20`), `evidence` is what was observed and
    wanted, `remedy` what to do.
    """

    id: str
    aliases: tuple[str, ...]
    package: Package | None
    fixed_version: str | None
    state: FindingState
    vendor_state: str
    active: bool
    inactive_reason: str
    severity: Severity
    vendor_severity: str
    nvd_severity: Severity
    cvss: Cvss | None
    vectors: tuple[Vector, ...]
    epss: Epss | None
    kev: Kev | None
    advisories: tuple[str, ...]
    title: str
    description: str
    references: tuple[str, ...]
    reason: Reason
    feed: FeedRef | None
    rules_package: PackageName = "cve"
    ignored: str = ""
    ignored_as: IgnoredAs = ""
    controls: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""

    @property
    def counts(self) -> bool:
        """Whether it counts in totals and for thresholds: active, and ignored by nobody."""
        return self.active and not self.ignored


class JudgedBy(NamedTuple):
    """How many packages a generation judged, how far its silence carries, and what it says of its limits."""

    feed: FeedRef
    packages: int
    knows: Knows
    notes: tuple[str, ...] = ()


class NotJudged(NamedTuple):
    """Packages that nobody judged for one reason: a short word, the text for people, how many, and some names."""

    reason: str
    text: str
    packages: int
    examples: tuple[str, ...] = ()


class Ledger(NamedTuple):
    """What was judged by which feed of which age, and what was not and why.

    `packages` are all that the host has; one may be judged by several feeds. `assumed_own` are those of unknown
    origin, judged as the distribution's own. `gaps` are (collector, reason) pairs.
    """

    packages: int
    judged: tuple[JudgedBy, ...]
    not_judged: tuple[NotJudged, ...]
    assumed_own: int
    gaps: tuple[tuple[str, str], ...]
    stale: tuple[FeedRef, ...]
    notes: tuple[str, ...] = ()


class Host(NamedTuple):
    """The host as results name it. `end_of_life` is a sentence where its release gets no updates any more."""

    hostname: str
    platform: str
    name: str
    arch: str
    kernel: str
    end_of_life: str | None = None


class ScanResult(NamedTuple):
    """Everything that one assessment of one host yields; `packages` are all that the host has, judged or not.

    `rules_packages` are those that were asked for; `checked` says what became of the rules of all but `cve`, and
    `outcomes` are theirs, one by one.
    """

    tool_version: str
    generated_at: str
    host: Host
    findings: tuple[Finding, ...]
    ledger: Ledger
    packages: tuple[Package, ...] = ()
    rules_packages: tuple[PackageName, ...] = ("cve",)
    checked: tuple[Checked, ...] = ()
    outcomes: tuple[tuple[PackageName, Outcome], ...] = ()
