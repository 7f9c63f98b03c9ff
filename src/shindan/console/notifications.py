"""Notifications: channels that tell of what happens, tried, paused and removed, and what each of them has sent."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.marking import N_
from shindan.console.page import Visit, link
from shindan.model.channel import HAPPENS
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service import channels
from shindan.service.channel_text import ChannelText, text_of

EVENTS: dict[str, str] = {
    "finding-opened": N_("A finding is new"),
    "finding-fixed": N_("A finding is mended"),
    "run-completed": N_("A run ended"),
    "run-failed": N_("A run failed"),
    "agent-unhealthy": N_("An agent is silent"),
    "feed-stale": N_("A feed is old"),
    "certificate-ending": N_("A certificate ends soon"),
}
_FIELDS = ("name", "address", "least", "every", "at", "zone", "tags")
_USUAL = ChannelText(name="")


def list_(visit: Visit) -> Response:
    """Every channel by name, and how its last message fared."""
    found = channels.list_(visit.service, visit.caller)
    return visit.page("notifications.html.jinja", found=found, rights=_rights(visit))


def show(visit: Visit) -> Response:
    """One channel: what it is told of, and what it has sent."""
    view = channels.get(visit.service, visit.caller, visit.part("id"))
    log = channels.log(visit.service, visit.caller, view.channel.id, token=visit.query("page") or None, max_results=25)
    values: dict[str, Any] = {"text": text_of(view.channel), "events": EVENTS, "rights": _rights(visit)}
    return visit.page("notification.html.jinja", one=view.channel, log=log, **values)


def form(visit: Visit) -> Response:
    """A new channel."""
    chosen = dict.fromkeys(_FIELDS, "") | {"least": _USUAL.least, "zone": visit.words.zone or "UTC"}
    return _form(visit, chosen, list(_USUAL.events))


def create(visit: Visit) -> Response:
    """Makes it; nothing is sent yet."""
    chosen = {name: visit.form.text(name) for name in _FIELDS}
    events = [one for one in HAPPENS if one in visit.form.all("event")]
    tags = tuple(line.strip() for line in chosen["tags"].splitlines() if line.strip())
    text = ChannelText(
        name=chosen["name"],
        address=chosen["address"],
        events=tuple(events),
        least=chosen["least"],
        kev=visit.form.yes("kev"),
        new_only=visit.form.yes("new_only"),
        tags=tags,
        every=chosen["every"],
        at=chosen["at"],
        zone=chosen["zone"] or "UTC",
        language=visit.words.language,
    )
    try:
        made = channels.create(visit.service, visit.caller, text)
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, list(events), error)
    said = visit.gettext("The channel is made: send a test message to see whether it arrives.")
    return visit.redirect(link("notifications", made.id), said)


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


def _form(visit: Visit, chosen: dict[str, str], told: list[str], error: ShindanError | None = None) -> Response:
    values: dict[str, Any] = {"chosen": chosen, "told": told, "events": EVENTS, "severities": SHOWN_SEVERITIES}
    if error is not None:
        return visit.refused("notification_new.html.jinja", error, **values)
    return visit.page("notification_new.html.jinja", **values)


def _rights(visit: Visit) -> dict[str, bool]:
    return {name: visit.may(f"shindan:{name}Channel") for name in ("Create", "Update", "Delete", "Test")}
