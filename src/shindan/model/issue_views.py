"""One finding over all runs, in full; and what people keep of their searches. Moments are ms since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from shindan.model.issue import Suppression
from shindan.model.issue_query import Count, IssueQuery, IssueRow
from shindan.model.stored_finding import ShownSeverity


class Fix(NamedTuple):
    """What to type as root to be rid of it: `lines` for the package manager of the host's family, `remarks` on them;
    `script` is POSIX shell for a setting, to be read before it is run. Empty where nobody knows.
    """

    lines: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    script: str = ""


class Sighting(NamedTuple):
    """One run that found it: ARNs of the run and of the finding, the run's name, and when it was found."""

    run: str
    run_name: str
    finding: str
    at: int


class IssueDetail(NamedTuple):
    """One finding with everything about it.

    `subject` is what of the host is affected (a package with its version, or what was observed), `reason` why that is
    a flaw, `recommendation` what to do in words. `attributes` are the rule's (`CVE_ID`, scores). `sightings` are the
    newest runs that found it. `others` are the first of the `affected` hosts (this one included) that have the rule
    open now. `suppression` marks it, None where none does.
    """

    row: IssueRow
    subject: str
    reason: str
    recommendation: str
    attributes: tuple[tuple[str, str], ...]
    fix: Fix
    sightings: tuple[Sighting, ...]
    affected: Count
    others: tuple[IssueRow, ...]
    suppression: Suppression | None


class Suppressed(NamedTuple):
    """What a bulk suppression did: its id, how many findings it was chosen for, and how many it marked now."""

    id: str
    chosen: int
    marked: int


class SavedView(NamedTuple):
    """A search that somebody keeps under a name; `mine` where the caller may change it, `shared` with the account."""

    id: str
    owner: str
    name: str
    query: IssueQuery
    shared: bool
    mine: bool
    updated_at: int


class ComponentIssues(NamedTuple):
    """Open findings of one component on one host: how many, the worst, and the versions that mend them."""

    component: str
    findings: int
    worst: ShownSeverity
    fixed: tuple[str, ...]
    kev: bool
