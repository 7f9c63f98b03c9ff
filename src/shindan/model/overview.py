"""The first page: how the account stands now and stood before, and what to do first. Moments are ms since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from shindan.model.packages import PackageName
from shindan.model.run import Run
from shindan.model.stored_finding import ShownSeverity

Severities = dict[ShownSeverity, int]
"""A number for each of the five words, zeros included."""


class Day(NamedTuple):
    """Open findings at the end of a day (ISO 8601, UTC); for today, now."""

    day: str
    open: Severities


class TopFix(NamedTuple):
    """One package whose update makes findings go: how many, on how many hosts at least, and the worst of them.

    `versions` are (platform, version): the newest that a finding of that platform names. `kev`: whether any of them is
    known to be exploited.
    """

    component: str
    versions: tuple[tuple[str, str], ...]
    findings: int
    hosts: int
    worst: ShownSeverity
    kev: bool


class KevDue(NamedTuple):
    """A flaw that is known to be exploited and should have been mended by `due` (ISO 8601), and is open still."""

    rule_id: str
    due: str
    days: int
    components: tuple[str, ...]
    findings: int


class NotJudged(NamedTuple):
    """Why hosts were not judged, or not wholly: the exclusion's code, its title, and how many hosts have it."""

    code: str
    title: str
    hosts: int


class Coverage(NamedTuple):
    """How far a rules package came with the hosts that are not archived.

    `judged` hosts were judged wholly and by their newest facts; `partly`: something was excluded, `reasons` say what
    (a host may have several); `outdated`: newer facts have come since; `never`: this package never judged them.
    These four add up to the account's hosts.
    """

    package: PackageName
    judged: int
    partly: int
    outdated: int
    never: int
    reasons: tuple[NotJudged, ...]


class FeedLine(NamedTuple):
    """A feed's generation in force: `days` since its newest record (None: unknown), whether that is too old."""

    name: str
    days: float | None
    stale: bool


class RunLine(NamedTuple):
    """A run that has not ended: its ARN, and how many of its hosts delivered and were judged."""

    arn: str
    run: Run
    hosts: int
    delivered: int
    evaluated: int


class Overview(NamedTuple):
    """All of the first page. `never_judged`: hosts that have facts and were never judged by anything; `without_facts`:
    hosts of which nothing is known yet. `more_kev`: entries past due beyond those that are listed.
    """

    open: Severities
    suppressed: int
    history: tuple[Day, ...]
    hosts: int
    by_health: dict[str, int]
    by_platform: tuple[tuple[str, int], ...]
    top_fixes: tuple[TopFix, ...]
    top_fixes_findings: int
    kev_due: tuple[KevDue, ...]
    more_kev: int
    coverage: tuple[Coverage, ...]
    never_judged: int
    without_facts: int
    feeds: tuple[FeedLine, ...]
    runs: tuple[RunLine, ...]
