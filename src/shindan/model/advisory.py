"""What feeds say: advisories about packages, enrichments about CVE ids, and how far a feed's word reaches.

A feed parses its input into a stream of `Record`s; the store keeps them as one generation; the CVE rules
package reads them back as `AffectedRow`s. Vendor states are kept verbatim beside their normalised form and
nothing is dropped here: views filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

State = Literal["affected", "fixed", "not_affected", "will_not_fix", "deferred", "under_investigation", "end_of_life"]
"""Normalised vendor state of one package in one release. `fixed` means that a fixing version is named."""

Names = Literal["source", "binary", "any"]
"""What `Affected.package` names: a source package, a binary package, or the publisher does not say."""

Knows = Literal["states", "fixed", "enrichment"]
"""How far a feed's silence carries: `states` lists unfixed issues too, `fixed` only those with a fix."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard on an `Affected` row: it counts only where every condition holds.

    `kind` is one of `arch`, `module`, `repository`, `entitlement`, `installed`, `not_installed`;
    `values` are alternatives (any of them satisfies the condition).
    """

    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """One CVSS vector with its base score (0.0–10.0) and who assigned it (`nvd`, `redhat`, `cna:github` …)."""

    source: str
    version: str
    vector: str
    score: float


class Affected(NamedTuple):
    """One row of an advisory: package versions in [introduced, fixed) on one platform.

    An empty `introduced` means since ever, an empty `fixed` means that no fix is named. `last_affected` is
    inclusive and stands where a publisher names the last bad version instead of the first good one.
    `severity` is the vendor's own word for this package in this release ("" when it has none).

    A tuple, as is `AffectedRow`: a frozen dataclass takes five times as long to make, and feeds have millions.
    """

    platform: str
    package: str
    scheme: str
    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    state: State = "affected"
    vendor_state: str = ""
    names: Names = "source"
    severity: str = ""
    only_if: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Advisory:
    """A vendor's or database's statement. `cves` are the CVE ids it speaks of, `aliases` other ids of the same.

    `published` and `modified` are ISO 8601 dates or times in UTC ("" when unknown).
    """

    id: str
    feed: str
    title: str = ""
    affected: tuple[Affected, ...] = ()
    cves: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    severity: str = ""
    vectors: tuple[Vector, ...] = ()
    description: str = ""
    references: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    withdrawn: bool = False

    @property
    def leads(self) -> tuple[str, ...]:
        """The ids that findings of this advisory carry: its CVE ids, else the advisory's own id."""
        if self.cves:
            return self.cves
        for alias in (self.id, *self.aliases):
            if alias.startswith("CVE-"):
                return (alias,)
        return (self.id,)


@dataclass(frozen=True, slots=True)
class Kev:
    """An entry of CISA's catalogue of known exploited vulnerabilities; dates are ISO 8601 days."""

    added: str
    due: str
    name: str = ""
    action: str = ""
    ransomware: bool = False


@dataclass(frozen=True, slots=True)
class Epss:
    """FIRST's exploit prediction: probability and percentile, both 0.0–1.0, as of `date`."""

    score: float
    percentile: float
    date: str


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What is known of a CVE id wherever it occurs: scores, exploitation, text. `rejected` closes its findings."""

    id: str
    vectors: tuple[Vector, ...] = ()
    epss: Epss | None = None
    kev: Kev | None = None
    description: str = ""
    references: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a feed looked at one source package of a platform.

    `newest` is the newest version that the platform's own archive offers. `examined` is False when a newer
    version exists whose changes were not read: a host below `newest` cannot be judged from this feed then.
    """

    platform: str
    package: str
    scheme: str
    newest: str
    examined: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A limit of this load that people must see, such as an inference that was skipped for want of input."""

    text: str


Record = Advisory | Enrichment | Coverage | Note
"""What a feed's `parse` yields."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete load of one feed under one label; `name` is unique among those in force (`osv@mine`).

    `digest` identifies the content. `newest` is the date of its newest record and `created` when it was loaded
    (ISO 8601, UTC): age counts from `newest`. `platforms` are those it speaks for; empty for an enrichment.
    """

    feed: str
    label: str
    digest: str
    created: str
    newest: str
    knows: Knows
    origin: str = ""
    parser_version: int = 1
    advisories: int = 0
    rows: int = 0
    enrichments: int = 0
    platforms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`feed`, or `feed@label` where the label differs from the feed's name."""
        return self.feed if self.label in ("", self.feed) else f"{self.feed}@{self.label}"


class AffectedRow(NamedTuple):
    """An `Affected` row as the store gives it back, with its advisory's ids and sortable version keys.

    A key is None where its version is absent or not a version of the scheme (`unreadable` names the latter).
    `generation` is the `Generation.name`; `ref` finds the advisory's details in that generation.
    """

    generation: str
    ref: int
    advisory: str
    leads: tuple[str, ...]
    package: str
    names: Names
    scheme: str
    introduced: str
    fixed: str
    last_affected: str
    introduced_key: bytes | None
    fixed_key: bytes | None
    last_affected_key: bytes | None
    state: State
    vendor_state: str
    severity: str
    only_if: tuple[Condition, ...]
    unreadable: str = ""
