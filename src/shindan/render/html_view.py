"""What the page shows, worked out before the template: it only lays out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shindan.model.result import Finding, Host, ScanResult
from shindan.model.severity import SEVERITIES, Severity
from shindan.render.groups import Group, groups_of
from shindan.render.html_chart import Chart, chart_of
from shindan.render.summary import Summary, count, summary_of
from shindan.render.updates import Command, Update, commands_of, updates_of
from shindan.render.words import counted, harmless, named

_CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
_LINK = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)
_DESCRIPTION_MOST = 900
_OPEN_MOST = 6
_NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Section:
    """One group of packages as the page has it; `opened` where its rows show without a click."""

    group: Group
    heading: str
    version: str
    opened: bool
    tally: tuple[tuple[Severity, int], ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """One line of what to update first: a group's packages and what their update removes."""

    heading: str
    update: Update
    findings: int


@dataclass(frozen=True, slots=True)
class View:
    """Everything the template asks for."""

    result: ScanResult
    summary: Summary
    verdict: str
    chart: Chart
    sections: tuple[Section, ...]
    uncounted: tuple[Section, ...]
    updates: tuple[Update, ...]
    fixes: tuple[Fix, ...]
    commands: tuple[Command, ...]


def view_of(result: ScanResult) -> View:
    """The page of a result."""
    summary = summary_of(result)
    updates = updates_of(result.findings)
    groups = groups_of(result.findings)
    return View(
        result=result,
        summary=summary,
        verdict=_verdict(summary, updates),
        chart=chart_of(summary),
        sections=_sections([group for group in groups if not group.uncounted], result.host),
        uncounted=_sections([group for group in groups if group.uncounted], result.host),
        updates=updates,
        fixes=_fixes(groups, result.host),
        commands=commands_of(updates, result.host),
    )


def _verdict(summary: Summary, updates: Sequence[Update]) -> str:
    """The result in two or three sentences."""
    if not summary.findings:
        return f"No known flaw was found in the {counted(summary.packages_judged, 'package')} that were judged."
    worst = next(word for word in SEVERITIES if summary.by_severity[word])
    number = summary.by_severity[worst]
    said = [f"{counted(summary.findings, 'open finding')}, {number:,} of them {worst.lower()}."]
    if summary.kev:
        said.append(f"{summary.kev:,} {'is' if summary.kev == 1 else 'are'} known to be exploited by attackers.")
    if updates:
        gone = sum(update.findings for update in updates)
        what = "every finding" if gone == summary.findings else counted(gone, "finding")
        said.append(f"Updating {counted(len(updates), 'package')} removes {what}.")
    else:
        said.append("No update that removes any is at hand.")
    return " ".join(said)


def _sections(groups: Sequence[Group], host: Host) -> tuple[Section, ...]:
    return tuple(
        Section(
            group=group,
            heading=_heading(group, host),
            version=group.packages[0].version if group.packages else "",
            opened=place < _OPEN_MOST and not group.uncounted and any(map(_pressing, group.findings)),
            tally=tuple((word, number) for word, number in count(group.findings).items() if number),
        )
        for place, group in enumerate(groups)
    )


def _pressing(finding: Finding) -> bool:
    return finding.kev is not None or finding.severity in ("Critical", "High")


def _fixes(groups: Sequence[Group], host: Host) -> tuple[Fix, ...]:
    return tuple(
        Fix(_heading(group, host), update, update.findings * len(group.packages))
        for group in groups
        for update in updates_of(group.findings)
    )


def _heading(group: Group, host: Host) -> str:
    names = [named(package, host) for package in group.packages] or [group.about[:1].upper() + group.about[1:]]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def link(text: str) -> str:
    """`text` where it is a web address to follow, "" for anything else (`javascript:`, credentials, white space)."""
    return text if text.isprintable() and _LINK.fullmatch(text) else ""


def record_of(id_: str) -> str:
    """The public record of a CVE id; "" for other ids."""
    return f"https://www.cve.org/CVERecord?id={id_}" if _CVE.fullmatch(id_) else ""


def shortened(text: str) -> str:
    """A description as far as a page needs it; JSON carries the whole."""
    text = harmless(text)
    return text if len(text) <= _DESCRIPTION_MOST else f"{text[:_DESCRIPTION_MOST].rsplit(' ', 1)[0]} …"
