"""Channels: where an account is told of what happens. A channel is named by its id or its name, the account's only one.

Its address is sealed, as secrets of access keys are, and never given back: what is shown has left out what is secret.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shindan.engine import leaving, ticketing
from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.model.arn import new_id
from shindan.model.channel import Channel, Delivered, File, Secret, Ticketing
from shindan.model.errors import ShindanError, StoreError
from shindan.model.event import Message, Sent
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import paging
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.channel_address import changed, place_of
from shindan.service.channel_post import TEST, opened, post_of, sealed
from shindan.service.channel_text import CODE, SAMPLE, ChannelText, TicketText, ticketing_of, wish_of
from shindan.service.channel_text import preview as previewed
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import accounts, happenings, schedules
from shindan.store import channels as stored

MOST = 100
"""Channels of an account."""

LARGEST_FILE = 20_000_000
"""Bytes of a report; receivers of mail seldom take more."""

_UNKNOWN = "CHANNEL_DOES_NOT_EXIST"


class NotSent(ShindanError):
    """The message could not be sent now."""


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as it is shown, with the newest line of its log."""

    channel: Channel
    last: Delivered | None


def create(service: Service, caller: Caller, text: ChannelText, *, paused: bool = False) -> Channel:
    """A new channel. Needs `CreateChannel`. Nothing is sent yet: `test` does that.

    Raises InvalidInput for an address that nobody can send to, or a name that is taken, AccessDenied, LimitExceeded.
    """
    with audited(service, caller, "CreateChannel", text.name) as change:
        must(caller, "CreateChannel")
        wish = wish_of(text)
        if wish.address is None:
            raise InvalidInput(CODE, "a channel needs an address", at="address")
        place = place_of(service, wish.address, wish)
        id_ = new_id()
        secret = sealed(service.keys["secrets"], id_, Secret(wish.address, wish.headers or ()))
        new = Channel(
            id_, caller.account, wish.name, place.kind, place.shown, wish.conditions, wish.pace, wish.language, paused,
            milliseconds(), caller.user, place.carries_files, wish.ticketing,
        )  # fmt: skip
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            if not stored.add(connection, new, secret):
                raise _taken(wish.name)
            if stored.count(connection, caller.account) > MOST:
                raise LimitExceeded("CHANNEL_LIMIT_EXCEEDED", f"the account may have {MOST} channels")
            change.done(connection, id_, name=new.name, kind=new.kind, shown=new.shown)
        return new


def update(service: Service, caller: Caller, channel: str, text: ChannelText) -> Channel:
    """Gives a channel everything that is written; an address or headers that are not stay. Needs `UpdateChannel`.

    What waits already is told by the new terms; schedules that send it reports go on doing so under a new name. Raises
    as `create` does, and NoSuchEntity.
    """
    with audited(service, caller, "UpdateChannel", channel) as change:
        must(caller, "UpdateChannel")
        wish = wish_of(text)
        with service.database.read() as connection:
            before = _get(connection, caller, channel)
            held = stored.secret_of(connection, before.id)
        secret = changed(service, before, held, wish)
        place = place_of(service, secret.address, wish)
        columns: dict[str, Any] = {
            "name": wish.name, "kind": place.kind, "shown": place.shown, "carries_files": place.carries_files,
            "conditions": wish.conditions, "pace": wish.pace, "language": wish.language, "ticketing": wish.ticketing,
        }  # fmt: skip
        if wish.address is not None or wish.headers is not None:
            columns["secret"] = sealed(service.keys["secrets"], before.id, secret)
        try:
            with service.database.write() as connection:
                accounts.lock(connection, caller.account)  # as who makes schedules does
                was = _get(connection, caller, before.id, hold=True)
                stored.change(connection, before.id, **columns)
                if was.name != wish.name:
                    some = schedules.sending_to(connection, caller.account, was.name)
                    schedules.send_elsewhere(connection, some, wish.name)
                change.done(connection, before.id, name=wish.name, kind=place.kind, shown=place.shown)
                return _get(connection, caller, before.id)
        except IntegrityError as error:
            raise _taken(wish.name) from error


def list_(service: Service, caller: Caller) -> list[ChannelView]:
    """The account's channels by name. Needs `ListChannels`."""
    must(caller, "ListChannels")
    with service.database.read() as connection:
        found = stored.listed(connection, caller.account)
        last = stored.last(connection, [one.id for one in found])
    return [ChannelView(one, last.get(one.id)) for one in found]


def get(service: Service, caller: Caller, channel: str) -> ChannelView:
    """One channel. Needs `ListChannels`. Raises NoSuchEntity, AccessDenied."""
    must(caller, "ListChannels")
    with service.database.read() as connection:
        one = _get(connection, caller, channel)
        return ChannelView(one, stored.last(connection, [one.id]).get(one.id))


def delete(service: Service, caller: Caller, channel: str) -> None:
    """Removes a channel with its log and what waits for it. Needs `DeleteChannel`. Raises NoSuchEntity."""
    with audited(service, caller, "DeleteChannel", channel) as change:
        must(caller, "DeleteChannel")
        with service.database.write() as connection:
            one = _get(connection, caller, channel, hold=True)
            stored.remove(connection, one.id)
            change.done(connection, one.id, name=one.name)


def pause(service: Service, caller: Caller, channel: str) -> None:
    """Has a channel told nothing until it is resumed; what waited is let go of. Needs `UpdateChannel`."""
    with audited(service, caller, "PauseChannel", channel) as change:
        must(caller, "UpdateChannel")
        with service.database.write() as connection:
            one = _get(connection, caller, channel, hold=True)
            stored.change(connection, one.id, paused=True)
            happenings.forget(connection, one.id)
            change.done(connection, one.id)


def resume(service: Service, caller: Caller, channel: str) -> None:
    """Has a channel told what happens from now on; tickets that were given up are tried anew. Needs `UpdateChannel`."""
    with audited(service, caller, "ResumeChannel", channel) as change:
        must(caller, "UpdateChannel")
        with service.database.write() as connection:
            one = _get(connection, caller, channel, hold=True)
            if not stored.secret_of(connection, one.id):
                raise InvalidInput(CODE, "the channel's address was lost with the master key: give it one first")
            stored.change(connection, one.id, paused=False)
            if one.kind == "webhook":
                ticketing.retry(connection, one, milliseconds())
                leaving.close_tickets(connection, service.jobs, caller.account)  # what went or was mended meanwhile
            change.done(connection, one.id)


def test(service: Service, caller: Caller, channel: str) -> Sent:
    """Sends a test message now; how that went. A webhook opens a ticket about a made-up finding. Needs `TestChannel`.

    It takes up to 40 seconds. Raises NoSuchEntity, AccessDenied.
    """
    with audited(service, caller, "TestChannel", channel) as change:
        must(caller, "TestChannel")
        one, secret = _with_secret(service, caller, channel)
        at = milliseconds()
        payload = {"event": TEST, "channel": one.name, **SAMPLE, "account": one.account, "time": iso(at)}
        if one.kind != "webhook":
            payload = {name: payload[name] for name in ("event", "channel", "account", "time")}
        sent = post_of(service).deliver(one, secret, Message(str(uuid.uuid4()), one.account, "", payload, at))
        with service.database.write() as connection:
            if stored.of_id(connection, one.id) is not None:
                stored.note(connection, one.id, TEST, "test message", sent, at, milliseconds())
            change.done(connection, one.id, status=sent.status)
        return sent


def send_report(
    service: Service, caller: Caller, channel: str, name: str, content: bytes, media_type: str, *, subject: str = ""
) -> None:
    """Sends a report as an attachment, now; `name` is a file name. Needs `SendReport`.

    Raises NoSuchEntity, InvalidInput for a channel that takes no files or a file that is too big, and NotSent where it
    could not be sent: whoever calls may try again.
    """
    with audited(service, caller, "SendReport", channel) as change:
        must(caller, "SendReport")
        one, secret = _with_secret(service, caller, channel)
        if one.kind != "apprise" or not one.carries_files:
            raise InvalidInput(CODE, f"the channel {one.name!r} takes no files: name one of mail, for example")
        if len(content) > LARGEST_FILE:
            raise InvalidInput(CODE, f"{name} has {len(content):,} bytes; at most {LARGEST_FILE:,} can be sent")
        at = milliseconds()
        sent = post_of(service).report(one, secret, subject, File(name, content, media_type))
        with service.database.write() as connection:
            if stored.of_id(connection, one.id) is not None:
                stored.note(connection, one.id, "REPORT", f"report: {name}", sent, at, milliseconds())
            if sent.arrived:
                change.done(connection, one.id, name=name, bytes=len(content))
        if not sent.arrived:
            raise NotSent(f"{name} could not be sent to {one.name}: {sent.detail}")


def log(
    service: Service, caller: Caller, channel: str, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[Delivered]:
    """What was sent by a channel, newest first, how often that was tried and what was answered last.

    Needs `ListChannels`. Lines are kept for 30 days. Raises NoSuchEntity, InvalidInput for a token of another list.
    """
    must(caller, "ListChannels")
    length = paging.size(max_results)
    with service.database.read() as connection:
        one = _get(connection, caller, channel)
        pager = paging.Pager(service.keys["paging"], paging.query("channel log", caller.account, one.id))
        found = stored.log(connection, one.id, before=pager.after(token), limit=length + 1)
    return paging.page(found, length, pager, lambda line: line.number)


def preview(caller: Caller, text: TicketText) -> dict[str, Any]:
    """What a ticket's templates say of a made-up finding: `open`, and `close` if there is one. Needs `ListChannels`.

    Raises InvalidInput for templates that give no JSON.
    """
    must(caller, "ListChannels")
    made: Ticketing = ticketing_of(text)
    return previewed(made)


def same_address(service: Service, caller: Caller, channel: str, address: str) -> bool:
    """Whether a channel's address is this one. Needs `UpdateChannel`. Raises NoSuchEntity."""
    must(caller, "UpdateChannel")
    with service.database.read() as connection:
        one = _get(connection, caller, channel)
        held = stored.secret_of(connection, one.id)
    try:
        kept = opened(service.keys["secrets"], one.id, held)
    except StoreError:
        return False
    return hmac.compare_digest(kept.address.encode(), address.encode())


def must_exist(connection: Connection, account: str, names: Iterable[str]) -> None:
    """Raises NoSuchEntity for a name that is no channel's of the account."""
    for name in names:
        if stored.get(connection, account, name) is None:
            raise _unknown(name)


# ── finding and sending ──


def _with_secret(service: Service, caller: Caller, channel: str) -> tuple[Channel, Secret]:
    with service.database.read() as connection:
        one = _get(connection, caller, channel)
        held = stored.secret_of(connection, one.id)
    try:
        return one, opened(service.keys["secrets"], one.id, held)
    except StoreError:
        raise InvalidInput(CODE, "the channel's address was lost with the master key: give it one first") from None


def _get(connection: Connection, caller: Caller, text: str, *, hold: bool = False) -> Channel:
    """The caller's channel of an id or a name. Raises NoSuchEntity."""
    found = stored.get(connection, caller.account, text, hold=hold)
    if found is None:
        raise _unknown(text)
    return found


def _unknown(text: str) -> NoSuchEntity:
    return NoSuchEntity(_UNKNOWN, f"there is no channel {text[:140]!r}")


def _taken(name: str) -> InvalidInput:
    return InvalidInput("CHANNEL_NAME_ALREADY_TAKEN", f"there is a channel {name[:140]!r} already", at="name")
