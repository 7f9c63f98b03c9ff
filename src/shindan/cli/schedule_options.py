"""Options that say when a schedule begins runs, and what they make of its plan."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def _option(name: str, metavar: str, help_: str) -> Any:
    return typer.Option(name, metavar=metavar, help=help_, show_default=False)


CronOption = Annotated[
    str | None, _option("--cron", "EXPRESSION", "Minute, hour, day of month, month, weekday: '0 3 * * MON'.")
]
EveryOption = Annotated[str | None, _option("--every", "TIME", "From one run to the next: 6h, 2d, 1w.")]
FirstContactOption = Annotated[
    str | None,
    _option("--first-contact", "TIME", "One run of hosts that are heard of for the first time, once settled: 15m."),
]
ZoneOption = Annotated[str | None, _option("--zone", "ZONE", "Whose clock: Europe/Berlin. By default UTC.")]
BeginsOption = Annotated[
    str | None, _option("--begins", "TIME", "What --every counts from, by that clock: 2026-12-01T03:00.")
]
BlackoutOption = Annotated[
    list[str] | None,
    _option(
        "--blackout", "WINDOW", "No run begins in it: 'mon-fri 08:00-18:00', '2026-12-20..2027-01-06'; may be repeated."
    ),
]
InBlackoutOption = Annotated[
    str | None, _option("--in-blackout", "wait|skip", "What becomes of a run that would begin there. By default: wait.")
]
MissedOption = Annotated[
    str | None, _option("--missed", "once|skip", "Whether runs that no server began are caught up. By default: once.")
]
JitterOption = Annotated[str | None, _option("--jitter", "TIME", "Begin up to so much later, by chance: 10m.")]
ChannelOption = Annotated[
    str | None, _option("--report-to", "CHANNEL", "Send the report of each run to this notification channel.")
]
ReportOption = Annotated[str | None, _option("--report-as", "pdf|html", "As what. By default: pdf.")]
ReportTypeOption = Annotated[str | None, _option("--report-type", "finding|full", "By default: finding.")]
LanguageOption = Annotated[str | None, _option("--report-language", "en|ja", "By default: en.")]


def changed(
    before: dict[str, Any],
    cron: str | None,
    every: str | None,
    first_contact: str | None,
    zone: str | None,
    begins: str | None,
    blackout: list[str] | None,
    in_blackout: str | None,
    missed: str | None,
    jitter: str | None,
    report: tuple[str | None, str | None, str | None, str | None],
) -> dict[str, Any]:
    """A plan as the service reads it: what was, with what is given now. Raises a usage error for two rhythms."""
    rhythms = {"cron": cron, "every": every, "first_contact": first_contact}
    given = {name: value for name, value in rhythms.items() if value is not None}
    if len(given) > 1 or not (given or before):
        raise typer.BadParameter("say when: one of --cron, --every and --first-contact")
    kept = {name: value for name, value in before.items() if not (given and name in rhythms)}
    others = {"zone": zone, "begins": begins, "in_blackout": in_blackout, "missed": missed, "jitter": jitter}
    plan = kept | given | {name: value for name, value in others.items() if value is not None}
    if blackout is not None:
        plan["blackouts"] = [text for text in blackout if text]
    return _with_report(plan, *report)


def _with_report(
    plan: dict[str, Any], channel: str | None, form: str | None, type_: str | None, language: str | None
) -> dict[str, Any]:
    if channel == "":
        return {name: value for name, value in plan.items() if name != "report"}
    said = {"channel": channel, "format": form, "type": type_, "language": language}
    wish = {**plan.get("report", {}), **{name: value for name, value in said.items() if value is not None}}
    if wish and "channel" not in wish:
        raise typer.BadParameter("name the channel that reports go to: --report-to CHANNEL")
    return {**plan, "report": wish} if wish else plan
