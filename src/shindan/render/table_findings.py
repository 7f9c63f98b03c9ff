"""Findings in columns, a heading for each package or for several that share theirs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from shindan.model.result import Finding, Host, ScanResult
from shindan.model.severity import Severity
from shindan.render.groups import Group, groups_of
from shindan.render.summary import count
from shindan.render.table_page import PAINT, TablePage, cut, fitted
from shindan.render.words import fixed_in, harmless, named, percent

_ID, _SEVERITY, _CVSS, _EPSS, _KEV = 17, 13, 5, 7, 5
_FIXED_MOST, _TITLE_LEAST, _GAP = 30, 24, 2
_COLUMN_HEADS = "bright_black"


class Columns:
    """Widths that fit the page: the fixed version takes what it needs, a title what is left."""

    def __init__(self, page: TablePage, groups: Sequence[Group]) -> None:
        longest = max((cell_len(fixed_in(f)) for group in groups for f in group.findings), default=0)
        ids = max((len(f.id) for group in groups for f in group.findings), default=0)
        self.id = min(max(ids, _ID - _GAP), 28 if page.width > 90 else 20) + _GAP
        room = page.width - 2 - self.id - _SEVERITY - _CVSS - _EPSS - _KEV
        self.fixed = max(8, min(max(longest, 10) + _GAP, _FIXED_MOST + _GAP, room))
        left = room - self.fixed
        self.title = left if left >= _TITLE_LEAST else 0


def findings(page: TablePage, result: ScanResult) -> None:
    """Every group with its rows; findings that do not count come last and say why."""
    groups = groups_of(finding for finding in result.findings if finding.rules_package == "cve")
    if not groups:
        return
    columns = Columns(page, groups)
    page.line()
    page.line(("  " + _heads(columns), _COLUMN_HEADS))
    for group in groups:
        _group(page, group, columns, result.host)


def _heads(columns: Columns) -> str:
    heads = (
        fitted("ID", columns.id) + fitted("SEVERITY", _SEVERITY) + fitted("FIXED IN", columns.fixed)
        + "CVSS".rjust(_CVSS - 1) + " " + "EPSS".rjust(_EPSS - 1) + " " + fitted("", _KEV)
    )  # fmt: skip
    return heads + fitted("TITLE", columns.title) if columns.title else heads


def _group(page: TablePage, group: Group, columns: Columns, host: Host) -> None:
    page.line()
    _heading(page, group, host)
    if group.uncounted:
        page.paragraph(f"not counted, {group.uncounted}", "bright_black", indent=2)
    limit = page.look.limit
    shown = group.findings if limit is None else group.findings[:limit]
    for finding in shown:
        _row(page, finding, columns)
    rest = group.findings[len(shown) :]
    if rest:
        tally = ", ".join(f"{number} {word}" for word, number in tally_of(rest))
        page.line((f"  +{len(rest)} more: {tally}", "bright_black"))


def _heading(page: TablePage, group: Group, host: Host) -> None:
    """Names, installed version and, at the right margin, how many of each severity each of the packages has."""
    dim = "bright_black" if group.uncounted else ""
    tally = [(f"  {number} {word}", dim or PAINT[word]) for word, number in tally_of(group.findings)]
    if len(group.packages) > 1:
        tally.insert(0, ("  each", "bright_black"))
    room = page.width - sum(cell_len(text) for text, _ in tally)
    version = f"  {harmless(group.packages[0].version)}" if group.packages else ""
    names = _names(group, host, max(room - cell_len(version), room // 2))
    left = max(room - cell_len(names), 0)
    page.line((names, dim or "bold"), (fitted(version, left), dim), *tally)


def tally_of(findings: Sequence[Finding]) -> list[tuple[Severity, int]]:
    """The severities that occur and how often, the worst first."""
    return [(word, number) for word, number in count(findings).items() if number]


def _names(group: Group, host: Host, room: int) -> str:
    """As many names as fit, and how many more there are."""
    names = [harmless(named(package, host)) for package in group.packages] or ["this host"]
    for kept in range(len(names), 0, -1):
        more = f" +{len(names) - kept} more" if kept < len(names) else ""
        text = ", ".join(names[:kept]) + more
        if cell_len(text) <= room:
            return text
    return cut(names[0], room)


def _row(page: TablePage, finding: Finding, columns: Columns) -> None:
    dim = "" if finding.counts else "bright_black"
    fix = dim or ("green" if finding.fixed_version else "bright_black")
    score = f"{finding.cvss.score:.1f}" if finding.cvss else "—"
    chance = percent(finding.epss.score) if finding.epss else "—"
    page.line(
        ("  ", ""),
        (fitted(finding.id, columns.id - 1) + " ", dim),
        (fitted(finding.severity, _SEVERITY - 1) + " ", dim or PAINT[finding.severity]),
        (fitted(fixed_in(finding), columns.fixed - 1) + " ", fix),
        (score.rjust(_CVSS - 1) + " ", dim),
        (chance.rjust(_EPSS - 1) + " ", dim),
        (" KEV" if finding.kev else "    ", dim or "bold bright_magenta"),
        (" " + fitted(finding.title, columns.title - 1) if columns.title else "", "bright_black"),
    )
