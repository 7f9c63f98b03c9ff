"""What a run's report shows, worked out before page and paper: they only lay out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from shindan.model import exclusion_detail
from shindan.model.looked import Looked
from shindan.model.report import CheckedRule, Report, ReportExclusion, ReportFinding, ReportHost
from shindan.render.html_view import record_of
from shindan.render.run_report_brief import brief, by_number, length_of
from shindan.render.run_report_charts import charts_of
from shindan.render.run_report_numbers import Numbers
from shindan.render.run_report_prose import paragraphs
from shindan.render.run_report_rules import rule_sets
from shindan.render.run_report_shapes import CheckedRow, ExclusionRow, FeedRow, Host, HostRow, Item, Level, Room, View
from shindan.render.run_report_tailored import row_of
from shindan.render.run_report_words import Tongue, hosts, kinds, labels, reasons, severities

_HOSTS_OF_EXCLUSION = 20


def view_of(report: Report, room: Room, language: str = "en") -> View:
    """The report as it is shown."""
    tongue = Tongue(language)
    label = labels(tongue)
    distinct = len(report.findings)
    detailed = min(room.detailed, distinct)
    levels = tuple(_levels(report, room, detailed, tongue))
    whole = sum(host.evaluated and not host.left_out for host in report.hosts)
    _, ngettext = tongue.text, tongue.counted
    return View(
        language=language,
        labels=label,
        severities=severities(tongue),
        kind=kinds(tongue)[report.type],
        name=report.name,
        arn=report.arn,
        template=report.template,
        target=report.target,
        when=tongue.moment(report.completed_at),
        state=label["with_errors"] if report.state == "COMPLETED_WITH_ERRORS" else label["completed"],
        verdict=_verdict(levels, tongue),
        judged=_judged(report, tongue),
        cover=_cover(report, tongue),
        facts=_facts(report, tongue),
        charts=charts_of(report, tongue),
        tally=tuple((level.severity, len(level.items)) for level in levels),
        places=tongue.number(sum(level.places for level in levels)),
        distinct=ngettext("{n} rule, counted for each host", "{n} rules, counted for each host", distinct),
        whole=tongue.number(whole),
        reasons=ngettext(
            "{n} reason to leave something out", "{n} reasons to leave something out", len(report.exclusions)
        ),
        of_members=_("of {n}").format(n=tongue.number(len(report.hosts))),
        detailed_only=_detailed_only(detailed, distinct, tongue),
        left_out=_more(distinct - room.findings, tongue),
        levels=levels,
        packages=tuple(one._replace(title=_(one.title)) for one in report.packages),
        hosts=tuple(_host(number, host, tongue) for number, host in enumerate(report.hosts[: room.rows], 1)),
        hosts_more=_more(len(report.hosts) - room.rows, tongue),
        exclusions=tuple(_exclusion(one, tongue) for one in report.exclusions[: room.rows]),
        tailored=tuple(row_of(one, tongue) for one in report.tailored[: room.rows]),
        tailored_more=_more(len(report.tailored) - room.rows, tongue),
        own_zones=report.own_zones,
        compared=_compared(report.looked, tongue),
        feeds=tuple(_feeds(report.looked, tongue)),
        not_compared=tuple(_not_compared(report.looked, tongue)),
        full=report.type == "FULL",
        rules=rule_sets(report.rules, tongue),
        checked=tuple(_checked(one, tongue) for one in report.checked[: room.rows]),
        checked_more=_more(len(report.checked) - room.rows, tongue),
        generated=tongue.moment(report.generated_at),
    )


def _levels(report: Report, room: Room, detailed: int, tongue: Tongue) -> Iterator[Level]:
    names = {host.id: host.hostname for host in report.hosts}
    numbers = {host.id: number for number, host in enumerate(report.hosts[: room.rows], 1)}
    found = report.findings[: room.findings]
    length = length_of(room, len(found) - detailed)
    shown = (
        _item(one, names, numbers, room, tongue) if place < detailed else _brief(one, length, numbers, tongue)
        for place, one in enumerate(found)
    )
    for severity, items in groupby(shown, key=lambda item: item.severity):
        mine = tuple(items)
        yield Level(severity, sum(max(1, item.number) for item in mine), mine)


def _item(one: ReportFinding, names: Mapping[str, str], numbers: Numbers, room: Room, tongue: Tongue) -> Item:
    made = _named(one, names, room.hosts, tongue)
    if room.numbers and made.more:
        text, left = by_number([host.host for host in one.hosts[room.hosts :]], room.numbers, numbers)
        made = made._replace(more=f"{text} {_more(left, tongue)}".strip())
    return made._replace(
        title=one.title if one.id and one.title != one.id else "",
        description=paragraphs(one.description, room.text),
        recommendation=paragraphs(one.recommendation, room.text),
        attributes=tuple(pair for pair in one.attributes if pair[1] != one.id),
        user_attributes=one.user_attributes,
    )


def _brief(one: ReportFinding, length: int, numbers: Numbers, tongue: Tongue) -> Item:
    return _named(one, {}, 0, tongue)._replace(brief=True, summary=brief(one, length, numbers, tongue), more="")


def _named(one: ReportFinding, names: Mapping[str, str], most: int, tongue: Tongue) -> Item:
    shown = one.hosts[:most]
    subjects = {host.subject for host in one.hosts}
    same = subjects.pop() if len(subjects) == 1 else ""
    return Item(
        heading=one.id or one.title,
        record=record_of(one.id),
        title="",
        package=tongue.text(one.package),
        severity=one.severity,
        on=hosts(tongue, len(one.hosts)) if one.hosts else "",
        description=(),
        recommendation=(),
        attributes=(),
        user_attributes=(),
        number=len(one.hosts),
        subject=same,
        hosts=tuple(Host(host.host, names.get(host.host, ""), "" if same else host.subject) for host in shown),
        more=_more(len(one.hosts) - len(shown), tongue),
    )


def _more(number: int, tongue: Tongue) -> str:
    """That something is left out; "" where nothing is."""
    ngettext = tongue.counted
    return ngettext("and {n} more", "and {n} more", number) if number > 0 else ""


def _detailed_only(detailed: int, distinct: int, tongue: Tongue) -> str:
    if detailed >= distinct:
        return ""
    _ = tongue.text
    told = _(
        "The first {detailed} of {distinct} are in full, the others in a line or two, many hosts by their numbers in "
        "the list of hosts; the HTML report has all in full."
    )
    return told.format(detailed=tongue.number(detailed), distinct=tongue.number(distinct))


def _verdict(levels: Sequence[Level], tongue: Tongue) -> str:
    """What was found, in a sentence."""
    _, ngettext = tongue.text, tongue.counted
    distinct = sum(len(level.items) for level in levels if level.severity != "Informational")
    if not distinct:
        return _("Nothing was found that needs to be mended.")
    places = sum(level.places for level in levels if level.severity != "Informational")
    worst = levels[0]
    word = severities(tongue)[worst.severity]
    found = ngettext("{n} finding", "{n} findings", distinct)
    if places == distinct:
        told = _("{found}; {worst} of severity {severity}.")
    else:
        told = _("{found}, {places} counted for each host; {worst} of severity {severity}.")
    return told.format(found=found, places=tongue.number(places), worst=tongue.number(len(worst.items)), severity=word)


def _judged(report: Report, tongue: Tongue) -> str:
    """How much of the hosts was judged: never a silent zero."""
    _ = tongue.text
    members = len(report.hosts)
    none = sum(not host.evaluated for host in report.hosts)
    part = sum(host.evaluated and bool(host.left_out) for host in report.hosts)
    told = _("Of {hosts}, {whole} were judged in full, {part} in part, {none} not at all.")
    said = told.format(
        hosts=hosts(tongue, members), whole=tongue.number(members - none - part), part=tongue.number(part),
        none=tongue.number(none),
    )  # fmt: skip
    gaps = len(report.exclusions)
    if not gaps:
        return said
    ngettext = tongue.counted
    left = ngettext("Something was left out for {n} reason.", "Something was left out for {n} reasons.", gaps)
    return _("{what} {detail}").format(what=said, detail=left)


def _cover(report: Report, tongue: Tongue) -> tuple[tuple[str, str], ...]:
    label = labels(tongue)
    return (
        (label["target"], report.target),
        (label["template"], report.template),
        (label["began"], tongue.moment(report.started_at)),
        (label["ended"], tongue.moment(report.completed_at)),
        (label["made"], tongue.moment(report.generated_at)),
    )


def _facts(report: Report, tongue: Tongue) -> tuple[tuple[str, str], ...]:
    label, _ = labels(tongue), tongue.text
    own = tuple((_("Attribute {key}").format(key=key), value or "–") for key, value in report.attributes)
    seconds = _("{n} s").format(n=tongue.number(report.duration))
    return ((label["run"], report.arn), *_cover(report, tongue), (label["duration"], seconds), *own)


def _host(number: int, host: ReportHost, tongue: Tongue) -> HostRow:
    label = labels(tongue)
    evaluated = label["not_at_all"] if not host.evaluated else label["in_part"] if host.left_out else label["yes"]
    system = host.system or label["unknown"]
    return HostRow(host.id, host.hostname, system, evaluated, tongue.number(host.findings), str(number))


def _exclusion(one: ReportExclusion, tongue: Tongue) -> ExclusionRow:
    shown = one.hosts[:_HOSTS_OF_EXCLUSION]
    more = _more(len(one.hosts) - len(shown), tongue)
    _ = tongue.text
    what = exclusion_detail.described(one.description, one.detail, _)
    return ExclusionRow(_(one.title), what, _(one.recommendation), shown, more, tuple(map(_, one.packages)))


def _checked(one: CheckedRule, tongue: Tongue) -> CheckedRow:
    return CheckedRow(
        tongue.text(one.package), one.id, one.failed, hosts(tongue, one.failed), hosts(tongue, one.mended)
    )


def _compared(looked: Looked | None, tongue: Tongue) -> str:
    if looked is None:
        return ""
    _, ngettext = tongue.text, tongue.counted
    left = sum(looked.not_judged.values())
    all_ = ngettext(
        "{n} installed package was looked at, counted for each host",
        "{n} installed packages were looked at, counted for each host",
        looked.packages,
    )
    not_ = ngettext("{n} could not be compared.", "{n} could not be compared.", left)
    return _("{what}; {detail}").format(what=all_, detail=not_)


def _feeds(looked: Looked | None, tongue: Tongue) -> Iterator[FeedRow]:
    if looked is None:
        return
    for one in looked.feeds:
        yield FeedRow(one.name, tongue.number(looked.judged.get(one.name, 0)), one.newest[:10] or "–", one.digest[:12])


def _not_compared(looked: Looked | None, tongue: Tongue) -> Iterator[tuple[str, str]]:
    known = reasons(tongue)
    for reason, number in sorted(looked.not_judged.items() if looked else ()):
        yield known.get(reason, reason), tongue.number(number)
