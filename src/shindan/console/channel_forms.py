"""Forms that make and change channels: of messages for people, and of tickets that are opened by templates.

An address and headers are secret. They are never shown again, and what is left empty where a channel is changed stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from shindan.console.notifications import EVENTS
from shindan.console.page import Visit, link
from shindan.locale import LANGUAGES
from shindan.model.channel import HAPPENS, Channel, Happens
from shindan.model.errors import ShindanError
from shindan.model.packages import PACKAGES
from shindan.model.refusals import AccessDenied, InvalidInput
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.service import channels
from shindan.service.channel_text import CODE, REQUESTS, ChannelText, TicketText, preset_of, presets, text_of

TICKET_EVENTS: tuple[Happens, ...] = ("finding-opened", "finding-fixed")
"""What tickets are opened and closed by; of all else they are not told."""

_PLAIN = ("name", "address", "least", "every", "at", "zone", "language", "most")
_LINES = ("packages", "tags", "request_headers", "parameters")
_TICKET = ("preset", "open", "close", "close_path", "method", "close_method", "key", "per")
_BOXES = ("kev", "new_only", "drop_headers", "paused")
_USUAL = ChannelText(name="")
_TITLES = {one.name: one.title for one in PACKAGES if one.name in PACKAGE_NUMBERS}


def form(visit: Visit) -> Response:
    """A new channel; `tickets` in the address names the template that one of tickets begins with."""
    named = visit.query("tickets")
    text = ChannelText(name="", zone=visit.words.zone or "UTC", language=visit.words.language)
    if named in presets():
        ticketing = presets()[named]
        return _form(visit, _held(text, ticketing, TICKET_EVENTS, named))
    return _form(visit, _held(text, None, text.events))


def create(visit: Visit) -> Response:
    """Makes it, nothing is sent yet; or shows a ticket as its templates would have it."""
    chosen = _sent(visit)
    try:
        text = _text(chosen, address=chosen["address"], headers=_pairs(chosen["request_headers"], ":", "headers"))
        if visit.form.yes("preview") and text.ticketing is not None:
            return _form(visit, chosen, sample=channels.preview(visit.caller, text.ticketing))
        made = channels.create(visit.service, visit.caller, text, paused=bool(chosen["paused"]))
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, error)
    said = visit.gettext("The channel is made: send a test message to see whether it arrives.")
    return visit.redirect(link("notifications", made.id), said)


def edit(visit: Visit) -> Response:
    """A channel as it is, but for what is secret, to be changed."""
    one = channels.get(visit.service, visit.caller, visit.part("id")).channel
    text = text_of(one)
    named = preset_of(one.ticketing) if one.ticketing is not None else ""
    return _form(visit, _held(text, text.ticketing, one.conditions.events, named), of=one)


def change(visit: Visit) -> Response:
    """Changes it: what waits already is told by the new terms."""
    one = channels.get(visit.service, visit.caller, visit.part("id")).channel
    chosen = _sent(visit)
    try:
        given = _pairs(chosen["request_headers"], ":", "headers")
        headers = given if given or chosen["drop_headers"] else None
        text = _text(chosen, address=chosen["address"] or None, headers=headers)
        if visit.form.yes("preview") and text.ticketing is not None:
            return _form(visit, chosen, of=one, sample=channels.preview(visit.caller, text.ticketing))
        channels.update(visit.service, visit.caller, one.id, text)
    except AccessDenied:
        raise
    except ShindanError as error:
        return _form(visit, chosen, error, of=one)
    return visit.redirect(link("notifications", one.id), visit.gettext("The channel is changed."))


def _form(
    visit: Visit,
    chosen: dict[str, Any],
    error: ShindanError | None = None,
    *,
    of: Channel | None = None,
    sample: dict[str, Any] | None = None,
) -> Response:
    values: dict[str, Any] = {
        "chosen": chosen,
        "one": of,
        "events": {name: EVENTS[name] for name in (TICKET_EVENTS if chosen["tickets"] else HAPPENS)},
        "severities": SHOWN_SEVERITIES,
        "rules": _TITLES,
        "methods": [(name, name) for name in REQUESTS],
        "sample": {name: json.dumps(one, indent=2, ensure_ascii=False) for name, one in (sample or {}).items()},
    }
    if error is not None:
        return visit.refused("notification_form.html.jinja", error, **values)
    return visit.page("notification_form.html.jinja", **values)


def _held(text: ChannelText, tickets: TicketText | None, events: Iterable[str], preset: str = "") -> dict[str, Any]:
    """A channel as its form has it; secrets are not there."""
    said: dict[str, Any] = {name: getattr(text, name) or "" for name in _PLAIN} | dict.fromkeys((*_LINES, *_TICKET), "")
    said |= {"kev": text.kev, "new_only": text.new_only, "drop_headers": False, "paused": False}
    said |= {"packages": "\n".join(text.packages), "tags": "\n".join(text.tags), "rules": list(text.rules)}
    said |= {"event": list(events), "tickets": tickets is not None}
    if tickets is not None:
        said |= {name: str(getattr(tickets, name)) for name in _TICKET} | {"preset": preset}
        said["parameters"] = "\n".join(f"{name}={value}" for name, value in tickets.parameters.items())
    return said


def _sent(visit: Visit) -> dict[str, Any]:
    """What the form sent."""
    sent: dict[str, Any] = {name: visit.form.text(name) for name in (*_PLAIN, *_LINES, *_TICKET)}
    sent |= {name: visit.form.yes(name) for name in _BOXES}
    sent |= {"event": [name for name in HAPPENS if name in visit.form.all("event")], "rules": visit.form.all("rules")}
    language = sent["language"] if sent["language"] in LANGUAGES else visit.words.language
    return sent | {"tickets": visit.form.yes("tickets"), "language": language}


def _text(chosen: dict[str, Any], *, address: str | None, headers: dict[str, str] | None) -> ChannelText:
    """What the form says, as channels are written. Raises InvalidInput."""
    return ChannelText(
        name=chosen["name"],
        address=address,
        events=tuple(chosen["event"]),
        least=chosen["least"],
        kev=chosen["kev"],
        new_only=chosen["new_only"],
        packages=_lines(chosen["packages"]),
        tags=_lines(chosen["tags"]),
        rules=tuple(chosen["rules"]),
        every=chosen["every"],
        at=chosen["at"],
        zone=chosen["zone"] or "UTC",
        most=_number(chosen["most"]),
        language=chosen["language"],
        headers=headers if chosen["tickets"] else None,
        ticketing=_ticketing(chosen) if chosen["tickets"] else None,
    )


def _ticketing(chosen: dict[str, Any]) -> TicketText:
    """Templates are always written out: the preset says which parameters they need."""
    written = {name: chosen[name] for name in ("open", "close", "close_path", "key")}
    methods = {name: chosen[name] or "POST" for name in ("method", "close_method")}
    return TicketText(
        preset=chosen["preset"] if chosen["preset"] in presets() else "",
        per="finding" if chosen["per"] == "finding" else "rule",
        parameters=_pairs(chosen["parameters"], "=", "parameters"),
        **written,
        **methods,
    )


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(CODE, f"{text[:20]!r} is no number", at="most")
    return int(text) if text else _USUAL.most


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _pairs(text: str, between: str, at: str) -> dict[str, str]:
    """Names and values, one pair in a line. Raises InvalidInput for a line that is none."""
    found: dict[str, str] = {}
    for line in _lines(text):
        name, there, value = (part.strip() for part in line.partition(between))
        if not there or not name:
            # Not the line: it may be half a secret.
            raise InvalidInput(CODE, f"each line is NAME{between} VALUE", at=at)
        found[name] = value
    return found
