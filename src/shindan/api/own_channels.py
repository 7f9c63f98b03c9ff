"""Notification channels over HTTP and on the command line (`service.channels`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.model.channel import Channel, Delivered
from shindan.service import channels
from shindan.service.caller import Caller
from shindan.service.channel_text import ChannelText, TicketText, text_of
from shindan.service.channels import ChannelView
from shindan.service.moments import iso
from shindan.service.service import Service


class _Form(Struct, forbid_unknown_fields=True):
    pass


class Create(_Form):
    """A new channel."""

    channel: ChannelText
    paused: bool = False


class Update(_Form):
    """Everything that can be set; an address or headers that are not given stay."""

    name: str
    channel: ChannelText


class Named(_Form):
    """A channel by id or name."""

    channel: str


class Log(_Form):
    """A page of a channel's log."""

    channel: str
    token: str | None = None
    max_results: int | None = None


class Preview(_Form):
    """Templates that are to be tried."""

    ticketing: TicketText


class Same(_Form):
    """An address that may be a channel's."""

    channel: str
    address: str


class Nothing(_Form):
    """No members."""


def _create(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Create)
    return {"channel": _shown(channels.create(service, caller, wanted.channel, paused=wanted.paused))}


def _update(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Update)
    return {"channel": _shown(channels.update(service, caller, wanted.name, wanted.channel))}


def _delete(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    channels.delete(service, caller, asked(request, Named).channel)
    return {}


def _pause(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    channels.pause(service, caller, asked(request, Named).channel)
    return {}


def _resume(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    channels.resume(service, caller, asked(request, Named).channel)
    return {}


def _list(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    asked(request, Nothing)
    return {"channels": [_view(one) for one in channels.list_(service, caller)]}


def _get(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"channel": _view(channels.get(service, caller, asked(request, Named).channel))}


def _test(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    sent = channels.test(service, caller, asked(request, Named).channel)
    return {"status": sent.status, "detail": sent.detail}


def _log(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Log)
    page = channels.log(service, caller, wanted.channel, token=wanted.token, max_results=wanted.max_results)
    return {"messages": [_line(one) for one in page.items], "token": page.next_token}


def _preview(_: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return channels.preview(caller, asked(request, Preview).ticketing)


def _same(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Same)
    return {"same": channels.same_address(service, caller, wanted.channel, wanted.address)}


def _view(view: ChannelView) -> dict[str, Any]:
    return {**_shown(view.channel), "last": _line(view.last) if view.last else None}


def _shown(one: Channel) -> dict[str, Any]:
    said = msgspec.to_builtins(text_of(one))
    kept = {name: value for name, value in said.items() if name not in ("address", "headers")}
    facts = {"id": one.id, "kind": one.kind, "shown": one.shown, "paused": one.paused, "files": one.carries_files}
    return {**facts, **kept, "created_at": iso(one.created_at), "created_by": one.created_by}


def _line(one: Delivered) -> dict[str, Any]:
    moments = {"at": iso(one.at), "done_at": iso(one.done_at)}
    return {"what": one.what, **moments, "attempts": one.attempts, "status": one.status, "detail": one.detail}


CALLS: Mapping[str, OwnCall] = {
    "CreateChannel": _create,
    "UpdateChannel": _update,
    "DeleteChannel": _delete,
    "PauseChannel": _pause,
    "ResumeChannel": _resume,
    "ListChannels": _list,
    "GetChannel": _get,
    "TestChannel": _test,
    "ListChannelMessages": _log,
    "PreviewTicket": _preview,
    "CompareChannelAddress": _same,
}
