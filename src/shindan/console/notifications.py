"""Notifications: channels that tell of what happens, tried, paused and removed, and what each of them has sent."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.marking import N_
from shindan.console.page import Visit, link
from shindan.model.channel import Channel
from shindan.model.packages import PACKAGES
from shindan.model.schedule import Schedule
from shindan.service import channels, schedules
from shindan.service.channel_text import text_of

EVENTS: dict[str, str] = {
    "finding-opened": N_("A finding is new"),
    "finding-fixed": N_("A finding is mended"),
    "run-completed": N_("A run ended"),
    "run-failed": N_("A run failed"),
    "agent-unhealthy": N_("An agent is silent"),
    "feed-stale": N_("A feed is old"),
    "certificate-ending": N_("A certificate ends soon"),
}
_TITLES = {one.name: one.title for one in PACKAGES}


def list_(visit: Visit) -> Response:
    """Every channel by name, and how its last message fared."""
    found = channels.list_(visit.service, visit.caller)
    rows = [(view, text_of(view.channel)) for view in found]
    return visit.page("notifications.html.jinja", rows=rows, rights=_rights(visit))


def show(visit: Visit) -> Response:
    """One channel: what it is told of, and what it has sent."""
    view = channels.get(visit.service, visit.caller, visit.part("id"))
    log = channels.log(visit.service, visit.caller, view.channel.id, token=visit.query("page") or None, max_results=25)
    values: dict[str, Any] = {"text": text_of(view.channel), "events": EVENTS, "rights": _rights(visit)}
    told = [_TITLES[name] for name in view.channel.conditions.rules if name in _TITLES]
    values |= {"rules": told, "senders": _senders(visit, view.channel)}
    return visit.page("notification.html.jinja", one=view.channel, log=log, **values)


def test(visit: Visit) -> Response:
    """Sends a test message now, and says how that went."""
    sent = channels.test(visit.service, visit.caller, visit.part("id"))
    here = link("notifications", visit.part("id"))
    if sent.arrived:
        return visit.redirect(here, visit.gettext("The test message has arrived."))
    return visit.redirect(here, visit.gettext("The test message did not arrive: %(why)s", why=sent.detail), "bad")


def pause(visit: Visit) -> Response:
    """Has it told nothing; what waited is let go of."""
    channels.pause(visit.service, visit.caller, visit.part("id"))
    return visit.redirect(link("notifications", visit.part("id")), visit.gettext("The channel is paused."))


def resume(visit: Visit) -> Response:
    """Has it told what happens from now on."""
    channels.resume(visit.service, visit.caller, visit.part("id"))
    return visit.redirect(link("notifications", visit.part("id")), visit.gettext("The channel goes on."))


def delete(visit: Visit) -> Response:
    """Removes it with its log."""
    channels.delete(visit.service, visit.caller, visit.part("id"))
    return visit.redirect("/console/notifications", visit.gettext("The channel is removed."))


def _senders(visit: Visit, one: Channel) -> list[Schedule]:
    """Schedules that send their reports to a channel, as far as the visitor may see them."""
    if not visit.may("shindan:ListSchedules"):
        return []
    every = [view.schedule for view in schedules.list_(visit.service, visit.caller)]
    return [it for it in every if it.plan.report is not None and it.plan.report.channel in (one.name, one.id)]


def _rights(visit: Visit) -> dict[str, bool]:
    return {name: visit.may(f"shindan:{name}Channel") for name in ("Create", "Update", "Delete", "Test")}
