"""What rules packages say of the host: counts and scores, then what does not hold, with what was observed."""

from __future__ import annotations

from shindan.model.checked import Checked, Counts
from shindan.model.result import Finding, ScanResult
from shindan.render.table_page import PAINT, TablePage, fitted
from shindan.render.words import counted

_ID, _SEVERITY = 12, 10
_FEW_REASONS = 5
_OBSERVED_MOST = 160


def rules(page: TablePage, result: ScanResult) -> None:
    """Every rules package that was asked for, beside that of known flaws."""
    for one in result.checked:
        mine = [finding for finding in result.findings if finding.rules_package == one.package]
        _package(page, one, mine)


def _package(page: TablePage, one: Checked, findings: list[Finding]) -> None:
    page.line()
    page.line((one.title, "bold"), (f"  {one.benchmark}" if one.benchmark else "", ""))
    for note in one.notes:
        page.paragraph(note, "yellow", indent=2)
    page.flow(_marks(one.counts), between=" · ", indent=2)
    if one.sections:
        page.flow([(_section(section.number, section.counts), "") for section in one.sections], between="  ", indent=2)
    limit = page.look.limit
    shown = findings if limit is None else findings[: 2 * limit]
    for finding in shown:
        _row(page, finding)
    if len(findings) > len(shown):
        page.line((f"  +{len(findings) - len(shown):,} more; --all shows them", "bright_black"))
    _not_told(page, one)


def _marks(counts: Counts) -> list[tuple[str, str]]:
    marks = [
        (f"{counts.passed:,} hold", "green" if counts.passed else ""),
        (f"{counts.failed:,} do not", "red" if counts.failed else ""),
        (f"{counts.not_applicable:,} do not apply", "") if counts.not_applicable else ("", ""),
        (f"{counts.manual:,} to be looked at by hand", "") if counts.manual else ("", ""),
        (f"{counts.not_told:,} could not be told", "yellow") if counts.not_told else ("", ""),
    ]
    score = counts.score
    if score is not None:
        marks.append((f"score {score:.0%}", "bold"))
    return [mark for mark in marks if mark[0]]


def _section(number: str, counts: Counts) -> str:
    share = "—" if counts.score is None else f"{counts.score:.0%}"
    return f"section {number}: {share} of {counts.passed + counts.failed}"


def _row(page: TablePage, finding: Finding) -> None:
    dim = "" if finding.counts else "bright_black"
    name = finding.controls[0].partition(" ")[2] if finding.controls else ""
    lead = fitted(name, _ID - 1) + " " if name else ""
    page.line(
        ("  ", ""),
        (fitted(finding.severity, _SEVERITY - 1) + " ", dim or PAINT.get(finding.severity, "")),
        (lead, dim),
        (finding.title, dim),
    )
    observed = " ".join(finding.reason.inventory.split())
    if observed:
        text = observed if len(observed) <= _OBSERVED_MOST else f"{observed[: _OBSERVED_MOST - 1]}…"
        page.paragraph(text, "bright_black", indent=4 + _SEVERITY)


def _not_told(page: TablePage, one: Checked) -> None:
    if not one.not_told:
        return
    page.line(("  Could not be told", "bold"))
    for told in one.not_told[:_FEW_REASONS]:
        page.paragraph(f"{counted(told.rules, 'rule')}: {told.reason}", indent=6, first="    ")
    rest = one.not_told[_FEW_REASONS:]
    if rest:
        rules_left = sum(told.rules for told in rest)
        page.line((f"    {counted(rules_left, 'rule')} for {len(rest)} other reasons; JSON has them", "bright_black"))
