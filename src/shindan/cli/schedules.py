"""`shindan schedules`: runs that begin by themselves."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from shindan.cli.asking import TEMPLATES, TemplateArgument, described, every, named
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import rows_out, shown
from shindan.cli.schedule_options import (
    BeginsOption,
    BlackoutOption,
    ChannelOption,
    CronOption,
    EveryOption,
    FirstContactOption,
    InBlackoutOption,
    JitterOption,
    LanguageOption,
    MissedOption,
    ReportOption,
    ReportTypeOption,
    ZoneOption,
    changed,
)
from shindan.cli.tables import check_format

schedules = typer.Typer(
    name="schedules",
    help="Schedules of runs: list, create, show, set, pause, resume, delete, next.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ScheduleArgument = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name or id.")]
_SHOWN = 20


@schedules.command("list")
def list_schedules(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List schedules with what comes next, and what became of the last time."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("ListSchedules")["schedules"]
        names = {one["arn"]: one["name"] for one in described(asked, TEMPLATES, every(asked, TEMPLATES))}
    if form == "json":
        typer.echo(json.dumps(found, indent=2))
        return
    rows = [
        {
            "name": one["name"],
            "template": names.get(one["template"], one["template"]),
            "when": _when(one["plan"]),
            "next": "paused" if one["paused"] else _minute(one["next_at"]),
            "last": _told({**one["last"], "detail": ""}) + _minute(one["last"]["at"], " at ") if one["last"] else "",
        }
        for one in found
    ]
    columns = {"name": "schedule", "template": "template", "when": "when", "next": "next (UTC)", "last": "last time"}
    rows_out(form, rows, columns, "no schedules")


@schedules.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    template: TemplateArgument,
    cron: CronOption = None,
    every_: EveryOption = None,
    first_contact: FirstContactOption = None,
    zone: ZoneOption = None,
    begins: BeginsOption = None,
    blackout: BlackoutOption = None,
    in_blackout: InBlackoutOption = None,
    missed: MissedOption = None,
    jitter: JitterOption = None,
    channel: ChannelOption = None,
    report: ReportOption = None,
    report_type: ReportTypeOption = None,
    language: LanguageOption = None,
    paused: Annotated[bool, typer.Option("--paused", help="Make it, but begin nothing yet.")] = False,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Have runs of a template begin by themselves. Prints the schedule's id.

    Examples: shindan schedules create nightly weekly --cron "0 3 * * *" --zone Europe/Berlin
    shindan schedules create fresh weekly --first-contact 15m --blackout "mon-fri 08:00-18:00"
    """
    check_format(form)
    plan = changed(
        {}, cron, every_, first_contact, zone, begins, blackout, in_blackout, missed, jitter,
        (channel, report, report_type, language),
    )  # fmt: skip
    with api(endpoint, data, account) as asked:
        arn = named(asked, TEMPLATES, template)
        made = asked.own("CreateSchedule", template=arn, name=name, plan=plan, paused=paused)["schedule"]
    typer.echo(json.dumps(made, indent=2) if form == "json" else made["id"])


@schedules.command("set")
def set_(
    schedule: ScheduleArgument,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Another name.", show_default=False)
    ] = None,
    cron: CronOption = None,
    every_: EveryOption = None,
    first_contact: FirstContactOption = None,
    zone: ZoneOption = None,
    begins: BeginsOption = None,
    blackout: BlackoutOption = None,
    in_blackout: InBlackoutOption = None,
    missed: MissedOption = None,
    jitter: JitterOption = None,
    channel: ChannelOption = None,
    report: ReportOption = None,
    report_type: ReportTypeOption = None,
    language: LanguageOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Change a schedule; what is not given stays. An empty --blackout or --report-to takes away what there was.

    Example: shindan schedules set nightly --every 2d --begins 2026-12-01T03:00
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        before = asked.own("GetSchedule", schedule=schedule)["schedule"]["plan"]
        plan = changed(
            before, cron, every_, first_contact, zone, begins, blackout, in_blackout, missed, jitter,
            (channel, report, report_type, language),
        )  # fmt: skip
        wanted: dict[str, Any] = {"plan": plan} | ({"name": name} if name is not None else {})
        made = asked.own("UpdateSchedule", schedule=schedule, **wanted)["schedule"]
    typer.echo(json.dumps(made, indent=2) if form == "json" else f"{made['name']}: {_when(made['plan'])}")


@schedules.command()
def show(
    schedule: ScheduleArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show a schedule and its history, newest first.

    Example: shindan schedules show nightly
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("GetSchedule", schedule=schedule)["schedule"]
        events = asked.own("ListScheduleHistory", schedule=schedule, max_results=_SHOWN)["events"]
    if form == "json":
        typer.echo(json.dumps({**found, "history": events}, indent=2))
        return
    plan = {name: value for name, value in found["plan"].items() if name not in ("cron", "every", "first_contact")}
    told = {
        "name": found["name"],
        "id": found["id"],
        "template": found["template"],
        "when": _when(found["plan"]),
        **plan,
    }
    told |= {"next": "paused" if found["paused"] else found["next_at"], "created by": found["created_by"]}
    for name, value in told.items():
        typer.echo(f"{name:12}  {shown(value)}")
    typer.echo("")
    rows = [{"at": one["at"], "what": _told(one), "run": one["run"]} for one in events]
    rows_out(form, rows, {"at": "at (UTC)", "what": "what", "run": "run"}, "nothing has come of it yet")


@schedules.command("next")
def next_(
    schedule: ScheduleArgument,
    number: Annotated[int, typer.Option("--number", "-n", metavar="N", help="How many, up to 100.")] = 10,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show when it will begin runs, blackouts and jitter counted in.

    Example: shindan schedules next nightly -n 5
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("ListScheduleOccurrences", schedule=schedule, number=number)["occurrences"]
    rows = [{**one, "begins_at": one["begins_at"] or "skipped"} for one in found]
    columns = {"nominal_at": "by the plan (UTC)", "begins_at": "begins", "reason": "why"}
    rows_out(form, found if form == "json" else rows, columns, "nothing is to come: it is paused, or waits for hosts")


@schedules.command()
def pause(
    schedule: ScheduleArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Have a schedule begin nothing until it is resumed.

    Example: shindan schedules pause nightly
    """
    with api(endpoint, data, account) as asked:
        asked.own("PauseSchedule", schedule=schedule)


@schedules.command()
def resume(
    schedule: ScheduleArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Have a paused schedule go on from now; what came meanwhile is not caught up.

    Example: shindan schedules resume nightly
    """
    with api(endpoint, data, account) as asked:
        asked.own("ResumeSchedule", schedule=schedule)


@schedules.command()
def delete(
    schedule: ScheduleArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a schedule with its history; runs that it began stay.

    Example: shindan schedules delete nightly
    """
    with api(endpoint, data, account) as asked:
        asked.own("DeleteSchedule", schedule=schedule)


def _when(plan: dict[str, Any]) -> str:
    zone = plan.get("zone", "UTC")
    if "first_contact" in plan:
        return f"{plan['first_contact']} after first contact"
    return f"{plan['cron']} {zone}" if "cron" in plan else f"every {plan['every']} {zone}"


def _minute(moment: str | None, before: str = "") -> str:
    """A moment as people read it, to the minute."""
    return f"{before}{moment[:16].replace('T', ' ')}" if moment else ""


def _told(event: dict[str, Any]) -> str:
    reason = f" ({event['reason']})" if event["reason"] else ""
    return f"{event['outcome']}{reason}{': ' + event['detail'] if event['detail'] else ''}"
