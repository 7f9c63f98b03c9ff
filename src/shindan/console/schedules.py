"""Schedules: when a template's runs begin by themselves, what comes next, and what became of it."""

from __future__ import annotations

from starlette.responses import Response

from shindan.console.page import Visit, link
from shindan.model.assessment import Template
from shindan.model.schedule import Schedule
from shindan.service import channels, schedules, templates
from shindan.service.schedule_text import text_of

NEXT = 5


def list_(visit: Visit) -> Response:
    """Every schedule by name, with its next start and what became of the last one."""
    found = schedules.list_(visit.service, visit.caller)
    names = {one.id: one.name for one in templates_of(visit)} if found else {}
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
        of=next((one.name for one in templates_of(visit) if one.id == view.schedule.template), ""),
        upcoming=schedules.upcoming(visit.service, visit.caller, id_, NEXT),
        history=history,
        lost=_lost(visit, view.schedule),
        rights=_rights(visit),
    )


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


def templates_of(visit: Visit) -> list[Template]:
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


def _lost(visit: Visit, one: Schedule) -> bool:
    """Whether its reports would go to a channel that is not there, as far as the visitor may see channels."""
    if one.plan.report is None or not visit.may("shindan:ListChannels"):
        return False
    wanted = one.plan.report.channel
    return not any(wanted in (it.channel.name, it.channel.id) for it in channels.list_(visit.service, visit.caller))


def _rights(visit: Visit) -> dict[str, bool]:
    return {name: visit.may(f"shindan:{name}Schedule") for name in ("Create", "Update", "Delete")}
