"""What a run's report shows, worked out before page and paper: they only lay out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.report import CheckedRule, Report, ReportExclusion, ReportFinding, ReportHost, ReportPackage
from shindan.model.stored_finding import ShownSeverity
from shindan.render.html_view import link, record_of
from shindan.render.words import counted, harmless

_MARKS = re.compile(r"\[([^\[\]]{1,200})\]\((https?://[^\s()]{1,1000})\)|`([^`\n]{1,300})`")
_TITLES = {"FINDING": "Findings report", "FULL": "Full report"}
_SUMMARY = 160

FULL_NOTE = (
    "The package for common vulnerabilities has no fixed list of rules: it compares every installed package with all "
    "advisories in force. Listed is what that is known to have come to: flaws that were found, and flaws that were "
    "found on these hosts before and were gone by this run."
)


class Piece(NamedTuple):
    """A part of a paragraph: plain, `code`, or a link where `href` is not empty."""

    text: str
    code: bool = False
    href: str = ""


class Host(NamedTuple):
    """One host of a finding; `subject` is "" where that is the same on all."""

    id: str
    name: str
    subject: str


class Item(NamedTuple):
    """One finding as it is shown; `more` is how many of its hosts are left out.

    `subject` is what is affected on all of them, "" where it differs. A `brief` one has a `summary` in place of
    description, recommendation and attributes.
    """

    heading: str
    record: str
    title: str
    package: str
    severity: ShownSeverity
    description: tuple[tuple[Piece, ...], ...]
    recommendation: tuple[tuple[Piece, ...], ...]
    attributes: Pairs
    user_attributes: Pairs
    number: int
    subject: str
    hosts: tuple[Host, ...]
    more: int
    brief: bool = False
    summary: str = ""


class Level(NamedTuple):
    """All findings of one severity; `places` is how many there are, counted for each host."""

    severity: ShownSeverity
    places: int
    items: tuple[Item, ...]


class View(NamedTuple):
    """Everything that page and paper ask for."""

    kind: str
    name: str
    arn: str
    template: str
    target: str
    when: str
    state: str
    verdict: str
    facts: tuple[tuple[str, str], ...]
    tally: tuple[tuple[ShownSeverity, int], ...]
    evaluated: int
    distinct: int
    detailed: int
    left_out: int
    levels: tuple[Level, ...]
    packages: tuple[ReportPackage, ...]
    members: int
    hosts: tuple[ReportHost, ...]
    exclusions: tuple[ReportExclusion, ...]
    full: bool
    note: str
    checked: tuple[CheckedRule, ...]
    checked_more: int
    generated: str


class Room(NamedTuple):
    """How much a form has room for: hosts named with each finding, findings in full and at all, rows of other lists,
    and characters of a text."""

    hosts: int = 5000
    detailed: int = 100_000
    findings: int = 100_000
    hosts_of_brief: int = 2
    rows: int = 20_000
    text: int = 4000


def view_of(report: Report, room: Room) -> View:
    """The report as it is shown."""
    distinct = len(report.findings)
    detailed = min(room.detailed, distinct)
    levels = tuple(_levels(report, room, detailed))
    evaluated = sum(host.evaluated for host in report.hosts)
    return View(
        kind=_TITLES[report.type],
        name=report.name,
        arn=report.arn,
        template=report.template,
        target=report.target,
        when=moment(report.completed_at),
        state="completed with errors" if report.state == "COMPLETED_WITH_ERRORS" else "completed",
        verdict=_verdict(report, levels, evaluated),
        facts=_facts(report),
        tally=tuple((level.severity, len(level.items)) for level in levels),
        evaluated=evaluated,
        distinct=distinct,
        detailed=detailed,
        left_out=max(0, distinct - room.findings),
        levels=levels,
        packages=report.packages,
        members=len(report.hosts),
        hosts=report.hosts[: room.rows],
        exclusions=report.exclusions[: room.rows],
        full=report.type == "FULL",
        note=FULL_NOTE,
        checked=report.checked[: room.rows],
        checked_more=max(0, len(report.checked) - room.rows),
        generated=moment(report.generated_at),
    )


def moment(at: int | None) -> str:
    """A moment (ms) for people, in UTC; "–" for none."""
    if at is None:
        return "–"
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def paragraphs(text: str, most: int) -> tuple[tuple[Piece, ...], ...]:
    """The paragraphs of a text's first characters, in pieces; `[words](address)` becomes a link to a web address."""
    kept = text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"
    parts = (harmless(part).strip() for part in re.split(r"\n\s*\n", kept))
    return tuple(tuple(_pieces(part)) for part in parts if part)


def _pieces(text: str) -> Sequence[Piece]:
    found: list[Piece] = []
    end = 0
    for mark in _MARKS.finditer(text):
        if mark.start() > end:
            found.append(Piece(text[end : mark.start()]))
        words, address, code = mark.groups()
        found.append(Piece(code, code=True) if code else Piece(words, href=link(address)))
        end = mark.end()
    if end < len(text):
        found.append(Piece(text[end:]))
    return found


def _levels(report: Report, room: Room, detailed: int) -> Iterator[Level]:
    names = {host.id: host.hostname for host in report.hosts}
    shown = (
        _item(one, names, room) if place < detailed else _brief(one, {}, room.hosts_of_brief)
        for place, one in enumerate(report.findings[: room.findings])
    )
    for severity, items in groupby(shown, key=lambda item: item.severity):
        mine = tuple(items)
        yield Level(severity, sum(max(1, item.number) for item in mine), mine)


def _item(one: ReportFinding, names: Mapping[str, str], room: Room) -> Item:
    return _named(one, names, room.hosts)._replace(
        title=one.title if one.id and one.title != one.id else "",
        description=paragraphs(one.description, room.text),
        recommendation=paragraphs(one.recommendation, room.text),
        attributes=tuple(pair for pair in one.attributes if pair[1] != one.id),
        user_attributes=one.user_attributes,
    )


def _brief(one: ReportFinding, names: Mapping[str, str], most: int) -> Item:
    text = "".join(
        piece.text for piece in next(iter(paragraphs(one.recommendation or one.description, _SUMMARY * 2)), ())
    )
    summary = text if len(text) <= _SUMMARY else f"{text[:_SUMMARY].rsplit(' ', 1)[0]} …"
    return _named(one, names, most)._replace(brief=True, summary=summary)


def _named(one: ReportFinding, names: Mapping[str, str], most: int) -> Item:
    shown = one.hosts[:most]
    subjects = {host.subject for host in one.hosts}
    same = subjects.pop() if len(subjects) == 1 else ""
    return Item(
        heading=one.id or one.title,
        record=record_of(one.id),
        title="",
        package=one.package,
        severity=one.severity,
        description=(),
        recommendation=(),
        attributes=(),
        user_attributes=(),
        number=len(one.hosts),
        subject=same,
        hosts=tuple(Host(host.host, names.get(host.host, ""), "" if same else host.subject) for host in shown),
        more=len(one.hosts) - len(shown),
    )


def _verdict(report: Report, levels: Sequence[Level], evaluated: int) -> str:
    looked = f"{counted(evaluated, 'host')} of {len(report.hosts):,} {'was' if evaluated == 1 else 'were'} evaluated"
    distinct = sum(len(level.items) for level in levels if level.severity != "Informational")
    if not distinct:
        said = "Nothing was found that needs to be mended"
    else:
        places = sum(level.places for level in levels if level.severity != "Informational")
        on = f", {places:,} counted for each host" if places != distinct else ""
        said = f"{counted(distinct, 'finding')}{on}"
        worst = levels[0]
        said += f"; {len(worst.items):,} of severity {worst.severity.lower()}"
    gaps = len(report.exclusions)
    left = f" Something was left out for {counted(gaps, 'reason')}." if gaps else ""
    return f"{said}. {looked}.{left}"


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    own = tuple((f"Attribute {key}", value or "–") for key, value in report.attributes)
    return (
        ("Run", report.arn),
        ("Template", report.template),
        ("Target", report.target),
        ("Collection began", moment(report.started_at)),
        ("Run ended", moment(report.completed_at)),
        ("Duration asked for", f"{report.duration:,} s"),
        *own,
    )
