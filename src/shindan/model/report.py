"""What a report of a run says, before it has a form. Moments are milliseconds since the epoch, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.fleet import RuleCounts
from shindan.model.looked import Looked
from shindan.model.run import RunState
from shindan.model.stored_finding import ShownSeverity
from shindan.model.tailoring import Entry

ReportType = Literal["FINDING", "FULL"]
ReportFormat = Literal["HTML", "PDF"]
TYPES: tuple[ReportType, ...] = ("FINDING", "FULL")
FORMATS: tuple[ReportFormat, ...] = ("HTML", "PDF")
"""The API's own words."""


class ReportPackage(NamedTuple):
    """One rules package of the run; `findings` as the API counts them, one for each host."""

    title: str
    version: str
    arn: str
    findings: int


class ReportHost(NamedTuple):
    """One host of the run; `evaluated`: whether it delivered, and so could be judged.

    `severities` are its findings, as `SHOWN_SEVERITIES` orders them; `left_out` is how many reasons there are for which
    a part of it could not be judged.
    """

    id: str
    hostname: str
    system: str
    evaluated: bool
    findings: int
    severities: tuple[int, ...] = ()
    left_out: int = 0


class Affected(NamedTuple):
    """Where a finding was made: a host's id, and what of it is affected (a package with its version), or ""."""

    host: str
    subject: str


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """One rule that failed, once, with every host on which it did. `hosts` is empty where it is about none.

    Of a flaw `component` is the package that has it, and `fixed` the version that mends it ("" where none does).
    """

    package: str
    id: str
    title: str
    severity: ShownSeverity
    description: str
    recommendation: str
    attributes: Pairs
    user_attributes: Pairs
    hosts: tuple[Affected, ...]
    component: str = ""
    fixed: str = ""


class ReportExclusion(NamedTuple):
    """What could not be judged for one reason: the hosts (none: the whole run) and titles of the packages.

    `detail` is what was so this time, "" where there is nothing to add to the description.
    """

    title: str
    description: str
    recommendation: str
    hosts: tuple[str, ...]
    packages: tuple[str, ...]
    detail: str = ""


class Tailored(NamedTuple):
    """A rule that was switched off or judged otherwise; `title` is the rule's, "" where the run has none of it."""

    entry: Entry
    title: str = ""


class CheckedRule(NamedTuple):
    """One rule that was checked: on how many hosts it failed, and on how many what it found before is mended."""

    package: str
    id: str
    failed: int
    mended: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report of one run. `duration` is in seconds.

    `checked` and `rules` are for the full one only: flaws known to have been looked for, and rules of packages that
    have a fixed list of them. `looked` is how far the package without one came, None where it was not asked for.
    `tailored` is what the account wanted otherwise of rules when the run was judged; `own_zones`: whether the account
    says itself from where packets come.
    """

    type: ReportType
    arn: str
    name: str
    state: RunState
    template: str
    target: str
    duration: int
    started_at: int | None
    completed_at: int | None
    generated_at: int
    attributes: Pairs
    packages: tuple[ReportPackage, ...]
    hosts: tuple[ReportHost, ...]
    findings: tuple[ReportFinding, ...]
    exclusions: tuple[ReportExclusion, ...]
    checked: tuple[CheckedRule, ...] = ()
    rules: tuple[RuleCounts, ...] = ()
    looked: Looked | None = None
    tailored: tuple[Tailored, ...] = ()
    own_zones: bool = False
