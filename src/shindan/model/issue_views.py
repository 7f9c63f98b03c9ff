"""One finding over all runs, in full; and what people keep of their searches. Moments are ms since the epoch."""

from __future__ import annotations

from typing import Literal, NamedTuple

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


class InRun(NamedTuple):
    """What one run that ended said of it on its host: ARN and name of the run, when (when it was found, else when the
    run began), and whether it was found; `not_judged` where the run did not come to judge the host.
    """

    run: str
    run_name: str
    at: int
    said: Literal["found", "not_found", "not_judged"]


class Observed(NamedTuple):
    """One thing that was observed (`/etc/shadow: mode 0644`), and what was wanted of it and of those before it."""

    text: str
    wanted: str = ""


class IssueDetail(NamedTuple):
    """One finding with everything about it.

    `subject` is what of the host is affected (a package with its version, or what was observed), `reason` why that is
    a flaw, `statement` what makes it one here; of a rule, `evidence` is what was observed, one by one. `recommendation`
    says what to do in words, `reference` is an address to read more at, "" where there is none. `attributes` are the
    rule's (`CVE_ID`, scores), `rules` those of ours that it is about: (id, title). `history` are the newest runs of the
    host with this rules package. `affected` hosts (this one included) have it open now. `suppression` marks it, None
    where none does.
    """

    row: IssueRow
    subject: str
    reason: str
    statement: str
    evidence: tuple[Observed, ...]
    recommendation: str
    reference: str
    attributes: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    fix: Fix
    history: tuple[InRun, ...]
    affected: Count
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
