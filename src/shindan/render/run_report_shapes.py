"""What page and paper of a run's report ask for: every word, figure and list, in the order in which they lay it out."""

from __future__ import annotations

from typing import NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.report import ReportPackage
from shindan.model.stored_finding import ShownSeverity
from shindan.render.run_report_charts import Chart
from shindan.render.run_report_prose import Piece
from shindan.render.run_report_rules import RuleSet
from shindan.render.run_report_tailored import TailoredRow


class Host(NamedTuple):
    """One host of a finding; `subject` is "" where that is the same on all."""

    id: str
    name: str
    subject: str


class Item(NamedTuple):
    """One finding as it is shown; `on` says on how many hosts it is, `more` how many of these are left out.

    `subject` is what is affected on all of them, "" where it differs. A `brief` one has a `summary` in place of all
    but its heading.
    """

    heading: str
    record: str
    title: str
    package: str
    severity: ShownSeverity
    on: str
    description: tuple[tuple[Piece, ...], ...]
    recommendation: tuple[tuple[Piece, ...], ...]
    attributes: Pairs
    user_attributes: Pairs
    number: int
    subject: str
    hosts: tuple[Host, ...]
    more: str
    brief: bool = False
    summary: str = ""


class Level(NamedTuple):
    """All findings of one severity; `places` is how many there are, counted for each host."""

    severity: ShownSeverity
    places: int
    items: tuple[Item, ...]


class HostRow(NamedTuple):
    """One host of the run; `number` is by what findings in brief name it, `evaluated` is a word."""

    id: str
    hostname: str
    system: str
    evaluated: str
    findings: str
    number: str


class ExclusionRow(NamedTuple):
    """What could not be judged for one reason; `more` says how many of its hosts are left out."""

    title: str
    description: str
    recommendation: str
    hosts: tuple[str, ...]
    more: str
    packages: tuple[str, ...]


class CheckedRow(NamedTuple):
    """A known flaw that was looked for: on how many hosts it was found, and on how many it is gone."""

    package: str
    id: str
    failed: int
    failed_on: str
    mended_on: str


class FeedRow(NamedTuple):
    """A generation that installed packages were compared with."""

    name: str
    packages: str
    newest: str
    generation: str


class View(NamedTuple):
    """Everything that page and paper ask for, in the reader's language; `labels` are words that stand alone."""

    language: str
    labels: dict[str, str]
    severities: dict[ShownSeverity, str]
    kind: str
    name: str
    arn: str
    template: str
    target: str
    when: str
    state: str
    verdict: str
    judged: str
    cover: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    tally: tuple[tuple[ShownSeverity, int], ...]
    places: str
    distinct: str
    whole: str
    reasons: str
    of_members: str
    detailed_only: str
    left_out: str
    levels: tuple[Level, ...]
    packages: tuple[ReportPackage, ...]
    hosts: tuple[HostRow, ...]
    hosts_more: str
    exclusions: tuple[ExclusionRow, ...]
    tailored: tuple[TailoredRow, ...]
    tailored_more: str
    own_zones: bool
    compared: str
    feeds: tuple[FeedRow, ...]
    not_compared: tuple[tuple[str, str], ...]
    full: bool
    rules: tuple[RuleSet, ...]
    checked: tuple[CheckedRow, ...]
    checked_more: str
    generated: str


class Room(NamedTuple):
    """How much a form has room for: hosts named with each finding, findings in full and at all, characters of all that
    are in brief, rows of other lists, characters of a text, and characters of numbers that stand for hosts of a finding
    in full that are not named."""

    hosts: int = 5000
    detailed: int = 100_000
    findings: int = 100_000
    brief: int = 0
    rows: int = 20_000
    text: int = 4000
    numbers: int = 0
