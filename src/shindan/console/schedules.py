"""Schedules: when a template's runs begin by themselves, what comes next, and what became of it."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from shindan.console.named import template_of
from shindan.console.page import Visit, link
from shindan.model.assessment import Template
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied
from shindan.model.report import FORMATS, TYPES
from shindan.service import channels, schedules, templates
from shindan.service.schedule_text import PlanText, ReportText, plan_of, text_of

_NEXT = 5
_EMPTY: dict[str, Any] = {
    "name": "", "template": "", "rhythm": "cron", "cron": "0 3 * * *", "every": "1d", "settle": "15m", "zone": "",
    "begins": "", "blackouts": "", "jitter": "0m", "in_blackout": "wait", "missed": "once", "channel": "",
    "format": "PDF", "type": "FINDING",
}  # fmt: skip


def list_(visit: Visit) -> Response:
    """Every schedule by name, with its next start and what became of the last one."""
    found = schedules.list_(visit.service, visit.caller)
    names = {one.id: one.name for one in _templates(visit)} if found else {}
    rows = [(view, text_of(view.schedule.plan), names.get(view.schedule.template, "")) for view in found]
    return visit.page("schedules.html.jinja", rows=rows, rights=_rights(visit))


def show(visit: Visit) -> Response:
    """One schedule: what it is to do, when it does so next, and its history."""
    view = schedules.get(visit.service, visit.caller, visit.part("id"))
    id_ = view.schedule.id
    history = schedules.history(visit.service, visit.caller, id_, token=visit.query("page") or None, max_results=25)
    return visit.page(
        "schedule.html.jinja",
        view=view,
        text=text_of(view.schedule.plan),
        of=next((one.name for one in _templates(visit) if one.id == view.schedule.template), ""),
        upcoming=schedules.upcoming(visit.service, visit.caller, id_, _NEXT),
        history=history,
        rights=_rights(visit),
    )


def form(visit: Visit) -> Response:
    """A new schedule; `template` in the address chooses one."""
    chosen = {**_EMPTY, "zone": visit.words.zone or "UTC", "template": visit.query("template")}
    return _form(visit, chosen)


def create(visit: Visit) -> Response:
    """Makes it, or shows when it would begin runs."""
    chosen = {name: visit.form.text(name) for name in _EMPTY}
    try:
        plan = plan_of(_text(chosen, visit.words.language))
        if visit.form.yes("preview"):
            return _form(visit, chosen, preview=schedules.preview(visit.caller, plan, _NEXT))
        arn, _ = template_of(visit, chosen["template"])
        made = schedules.create(visit.service, visit.caller, arn, chosen["name"], plan, paused=visit.form.yes("paused"))
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, error)
    return visit.redirect(link("schedules", made.id), visit.gettext("The schedule is made."))


def pause(visit: Visit) -> Response:
    """Has it begin nothing until it is resumed."""
    schedules.pause(visit.service, visit.caller, visit.part("id"))
    return visit.redirect(link("schedules", visit.part("id")), visit.gettext("The schedule is paused."))


def resume(visit: Visit) -> Response:
    """Has it go on from now."""
    schedules.resume(visit.service, visit.caller, visit.part("id"))
    return visit.redirect(link("schedules", visit.part("id")), visit.gettext("The schedule goes on."))


def delete(visit: Visit) -> Response:
    """Removes it with its history; its runs stay."""
    schedules.delete(visit.service, visit.caller, visit.part("id"))
    return visit.redirect("/console/schedules", visit.gettext("The schedule is removed."))


def _form(visit: Visit, chosen: dict[str, Any], error: ShindanError | None = None, preview: Any = None) -> Response:
    values: dict[str, Any] = {
        "chosen": chosen,
        "preview": preview,
        "templates": _templates(visit),
        "channels": _channels(visit),
        "zone": chosen["zone"],
    }
    if error is not None:
        return visit.refused("schedule_new.html.jinja", error, **values)
    return visit.page("schedule_new.html.jinja", **values)


def _text(chosen: dict[str, Any], language: str) -> PlanText:
    """What the form says, as schedules are written; words that its lists do not have become the usual ones."""
    rhythm = chosen["rhythm"]
    report = None
    if chosen["channel"]:
        format_ = chosen["format"] if chosen["format"] in FORMATS else "PDF"
        type_ = chosen["type"] if chosen["type"] in TYPES else "FINDING"
        report = ReportText(chosen["channel"], cast("Any", format_), cast("Any", type_), cast("Any", language))
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
        report=report,
    )


def _templates(visit: Visit) -> list[Template]:
    """The account's templates, as far as the visitor may see them."""
    if not visit.may("inspector:ListAssessmentTemplates") or not visit.may("inspector:DescribeAssessmentTemplates"):
        return []
    found: list[Template] = []
    token: str | None = None
    while True:
        page = templates.list_(visit.service, visit.caller, token=token, max_results=100)
        for start in range(0, len(page.items), 10):
            found += templates.describe(visit.service, visit.caller, page.items[start : start + 10]).items
        token = page.next_token
        if token is None or len(found) >= 1000:
            return found


def _channels(visit: Visit) -> list[str]:
    """Names of channels that a report can go to."""
    if not visit.may("shindan:ListChannels"):
        return []
    return [one.channel.name for one in channels.list_(visit.service, visit.caller) if one.channel.carries_files]


def _rights(visit: Visit) -> dict[str, bool]:
    return {name: visit.may(f"shindan:{name}Schedule") for name in ("Create", "Update", "Delete")}
