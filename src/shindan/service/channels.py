"""Channels: where an account is told of what happens. A channel is named by its id or its name, the account's only one.

Its address is sealed, as secrets of access keys are, and never given back: what is shown has left out what is secret.
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shindan.engine import ticketing
from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.model.arn import new_id
from shindan.model.channel import Channel, ChannelKind, Delivered, File, Secret, Ticketing
from shindan.model.errors import ShindanError, StoreError
from shindan.model.event import Message, Sent
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.notify.apprise_channel import Unusable
from shindan.notify.base import Outside
from shindan.service import paging
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.channel_post import TEST, ChannelPost, opened, sealed
from shindan.service.channel_text import CODE, SAMPLE, ChannelText, TicketText, Wish, ticketing_of, wish_of
from shindan.service.channel_text import preview as previewed
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import accounts, happenings
from shindan.store import channels as stored

MOST = 100
"""Channels of an account."""

LARGEST_FILE = 20_000_000
"""Bytes of a report; receivers of mail seldom take more."""

_UNKNOWN = "CHANNEL_DOES_NOT_EXIST"
_SNS = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,32}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_HTTPS = re.compile(r"https://[A-Za-z0-9.\[\]:_-]{1,253}(/[!-~]*)?")


class NotSent(ShindanError):
    """The message could not be sent now."""


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as it is shown, with the newest line of its log."""

    channel: Channel
    last: Delivered | None


@dataclass(frozen=True, slots=True)
class _Place:
    """What an address is."""

    kind: ChannelKind
    shown: str
    carries_files: bool = False


def create(service: Service, caller: Caller, text: ChannelText, *, paused: bool = False) -> Channel:
    """A new channel. Needs `CreateChannel`. Nothing is sent yet: `test` does that.

    Raises InvalidInput for an address that nobody can send to, or a name that is taken, AccessDenied, LimitExceeded.
    """
    with audited(service, caller, "CreateChannel", text.name) as change:
        must(caller, "CreateChannel")
        wish = wish_of(text)
        if wish.address is None:
            raise InvalidInput(CODE, "a channel needs an address")
        place = _place(service, wish.address, wish)
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

    What waits already is told by the new terms. Raises as `create` does, and NoSuchEntity.
    """
    with audited(service, caller, "UpdateChannel", channel) as change:
        must(caller, "UpdateChannel")
        wish = wish_of(text)
        with service.database.read() as connection:
            before = _get(connection, caller, channel)
            held = stored.secret_of(connection, before.id)
        secret = _changed(service, before, held, wish)
        place = _place(service, secret.address, wish)
        columns: dict[str, Any] = {
            "name": wish.name, "kind": place.kind, "shown": place.shown, "carries_files": place.carries_files,
            "conditions": wish.conditions, "pace": wish.pace, "language": wish.language, "ticketing": wish.ticketing,
        }  # fmt: skip
        if wish.address is not None or wish.headers is not None:
            columns["secret"] = sealed(service.keys["secrets"], before.id, secret)
        try:
            with service.database.write() as connection:
                _get(connection, caller, before.id, hold=True)
                stored.change(connection, before.id, **columns)
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
        sent = _post(service).deliver(one, secret, Message(str(uuid.uuid4()), one.account, "", payload, at))
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
        sent = _post(service).report(one, secret, subject, File(name, content, media_type))
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


# ── addresses ──


def _place(service: Service, address: str, wish: Wish) -> _Place:
    """What an address is. Raises InvalidInput for what nothing can be sent to."""
    if wish.ticketing is not None:
        _check_https(address)
        return _Place("webhook", _hidden(address))
    if wish.headers:
        raise InvalidInput(CODE, "headers are for tickets' requests alone")
    if address.startswith("arn:"):
        if not _SNS.fullmatch(address):
            raise InvalidInput(CODE, f"{address[:300]!r} is not the ARN of an SNS topic")
        return _Place("sns", address)
    if address.startswith("https://"):
        _check_https(address)
        return _Place("https", _hidden(address))
    if "://" not in address:
        raise InvalidInput(CODE, "an address is https://…, the ARN of an SNS topic, or one of apprise's: mailtos://…")
    try:
        looked = _post(service).apprise.look(address)
    except Unusable as error:
        raise InvalidInput(CODE, str(error)) from None
    return _Place("apprise", looked.shown, looked.files)


def _check_https(address: str) -> None:
    try:
        port_known = urlsplit(address).port != 0
    except ValueError:
        port_known = False
    if not _HTTPS.fullmatch(address) or not port_known:
        raise InvalidInput(CODE, "the address is not of the form https://HOST[:PORT]/PATH")


def _hidden(address: str) -> str:
    """Scheme and host, and the first part of the path: what comes behind is often secret."""
    parts = urlsplit(address)
    first, _, rest = parts.path.removeprefix("/").partition("/")
    # A path of one part may be the secret itself.
    shown = f"/{first}/…" if rest else "/…" if first or parts.query else ""
    return f"https://{parts.netloc}{shown}"


def _changed(service: Service, before: Channel, held: bytes, wish: Wish) -> Secret:
    """The secret as it is to be. Raises InvalidInput where what was not given is lost."""
    if wish.address is not None and (wish.headers is not None or wish.ticketing is None):
        return Secret(wish.address, wish.headers or ())
    try:
        kept = opened(service.keys["secrets"], before.id, held)
    except StoreError:
        raise InvalidInput(CODE, "the channel's address was lost with the master key: give it one") from None
    if wish.address is not None and _elsewhere(kept.address, wish.address):
        # Whoever may change where requests go must not learn headers that somebody else gave.
        kept = Secret(wish.address, ())
    headers = () if wish.ticketing is None else kept.headers if wish.headers is None else wish.headers
    return Secret(kept.address if wish.address is None else wish.address, headers)


def _elsewhere(address: str, other: str) -> bool:
    return urlsplit(address)[:2] != urlsplit(other)[:2]


# ── finding and sending ──


def _post(service: Service) -> ChannelPost:
    outside = service.outside() if service.outside is not None else Outside(service.region, service.public_url)
    return ChannelPost(service.database, service.keys["secrets"], outside)


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
    return InvalidInput("CHANNEL_NAME_ALREADY_TAKEN", f"there is a channel {name[:140]!r} already")
