"""Forms that make and change schedules; each can show when it would begin runs, before anything is done."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from shindan.console.named import template_of
from shindan.console.page import Visit, link
from shindan.console.schedules import templates_of
from shindan.locale import LANGUAGES
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied
from shindan.model.report import FORMATS, TYPES
from shindan.model.schedule import Occurrence, Schedule
from shindan.service import channels, checks, schedules
from shindan.service.schedule_text import PlanText, ReportText, plan_of, text_of

NEXT = 5
_EMPTY: dict[str, str] = {
    "name": "", "template": "", "rhythm": "cron", "cron": "0 3 * * *", "every": "1d", "settle": "15m", "zone": "",
    "begins": "", "blackouts": "", "jitter": "0m", "in_blackout": "wait", "missed": "once", "channel": "",
    "format": "PDF", "type": "FINDING", "language": "",
}  # fmt: skip


def form(visit: Visit) -> Response:
    """A new schedule; `template` in the address chooses one."""
    about = {"zone": visit.words.zone or "UTC", "template": visit.query("template"), "language": visit.words.language}
    return _form(visit, _EMPTY | about)


def create(visit: Visit) -> Response:
    """Makes it, or shows when it would begin runs."""
    chosen = _sent(visit)
    try:
        plan = plan_of(_text(chosen))
        if visit.form.yes("preview"):
            return _form(visit, chosen, preview=schedules.preview(visit.caller, plan, NEXT))
        with checks.part("template", "INVALID_SCHEDULE"):
            arn, _ = template_of(visit, chosen["template"])
        made = schedules.create(visit.service, visit.caller, arn, chosen["name"], plan, paused=visit.form.yes("paused"))
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, error)
    return visit.redirect(link("schedules", made.id), visit.gettext("The schedule is made."))


def edit(visit: Visit) -> Response:
    """A schedule as it is, to be changed."""
    one = schedules.get(visit.service, visit.caller, visit.part("id")).schedule
    return _form(visit, _held(one, visit.words.language), of=one)


def change(visit: Visit) -> Response:
    """Changes it from now on, or shows when it would begin runs then."""
    one = schedules.get(visit.service, visit.caller, visit.part("id")).schedule
    chosen = _sent(visit)
    try:
        plan = plan_of(_text(chosen))
        if visit.form.yes("preview"):
            ahead = schedules.preview_change(visit.service, visit.caller, one.id, plan, NEXT)
            return _form(visit, chosen, preview=ahead, of=one)
        # A plan that is as it was is not given: whoever has another name for it need not look after its channel.
        changed = {} if plan == one.plan else {"plan": plan}
        schedules.update(visit.service, visit.caller, one.id, name=chosen["name"], **changed)
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, error, of=one)
    return visit.redirect(link("schedules", one.id), visit.gettext("The schedule is changed."))


def _form(
    visit: Visit,
    chosen: dict[str, str],
    error: ShindanError | None = None,
    *,
    preview: list[Occurrence] | None = None,
    of: Schedule | None = None,
) -> Response:
    known = templates_of(visit)
    values: dict[str, Any] = {
        "chosen": chosen,
        "preview": preview,
        "templates": known,
        "channels": _channels(visit, chosen["channel"]),
        "one": of,
        "of": next((one.name for one in known if of is not None and one.id == of.template), ""),
    }
    if error is not None:
        return visit.refused("schedule_form.html.jinja", error, **values)
    return visit.page("schedule_form.html.jinja", **values)


def _sent(visit: Visit) -> dict[str, str]:
    return {name: visit.form.text(name) for name in _EMPTY} | {
        "language": visit.form.text("language") or visit.words.language
    }


def _held(one: Schedule, language: str) -> dict[str, str]:
    """A schedule as its form has it; what its rhythm does not use is as in a new one."""
    text = text_of(one.plan)
    said = {
        "name": one.name, "template": one.template, "rhythm": one.plan.rhythm, "cron": text.cron, "every": text.every,
        "settle": text.first_contact, "zone": text.zone, "begins": text.begins, "jitter": text.jitter,
        "blackouts": "\n".join(text.blackouts), "in_blackout": text.in_blackout, "missed": text.missed,
        "language": language,
    }  # fmt: skip
    wish = one.plan.report
    if wish is not None:
        said |= {"channel": wish.channel, "format": wish.format, "type": wish.type, "language": wish.language}
    return _EMPTY | {name: value for name, value in said.items() if value is not None}


def _text(chosen: dict[str, str]) -> PlanText:
    """What the form says, as schedules are written; words that its lists do not have become the usual ones."""
    rhythm = chosen["rhythm"]
    return PlanText(
        cron=chosen["cron"] if rhythm not in ("every", "first-contact") else None,
        every=chosen["every"] if rhythm == "every" else None,
        first_contact=chosen["settle"] if rhythm == "first-contact" else None,
        zone=chosen["zone"] or "UTC",
        begins=chosen["begins"] if rhythm == "every" else "",
        blackouts=tuple(line.strip() for line in chosen["blackouts"].splitlines() if line.strip()),
        in_blackout="skip" if chosen["in_blackout"] == "skip" else "wait",
        missed="skip" if chosen["missed"] == "skip" else "once",
        jitter=chosen["jitter"] or "0s",
        report=_report(chosen),
    )


def _report(chosen: dict[str, str]) -> ReportText | None:
    if not chosen["channel"]:
        return None

    def among(name: str, known: Any) -> Any:
        return chosen[name] if chosen[name] in known else next(iter(known))

    kind = {"format": among("format", ("PDF", *FORMATS)), "type": among("type", ("FINDING", *TYPES))}
    return ReportText(chosen["channel"], **cast("Any", {**kind, "language": among("language", LANGUAGES)}))


def _channels(visit: Visit, chosen: str) -> list[str]:
    """Names of channels that a report can go to; the one that is chosen is among them, whatever became of it."""
    found = []
    if visit.may("shindan:ListChannels"):
        every = channels.list_(visit.service, visit.caller)
        found = [one.channel.name for one in every if one.channel.carries_files]
    return found if not chosen or chosen in found else [*found, chosen]
