"""Notification channels of the document. Addresses and headers are compared and kept, and never shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from shindan.model.channel import Channel
from shindan.model.errors import StoreError
from shindan.service import channels
from shindan.service.channel_post import opened
from shindan.service.channel_text import ChannelText, text_of, wish_of
from shindan.service.fleet.document import Fleet
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.service.rights import must
from shindan.store import channels as stored

_SECRET = "address"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """An address with headers: equal to itself, and told as nothing else."""

    address: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return "(not shown)"


class Channels:
    """See `Kind`."""

    word = "channel"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return key[0]

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`; without an address, what there is stays."""
        found: dict[Key, Wanted] = {}
        kept = self.existing(context) if fleet.channels else {}
        for number, entry in enumerate(fleet.channels):
            key, place = (entry.name,), f"channels[{number}]"
            if key in found:
                raise FleetError(place, f"the channel {entry.name!r} is named twice")
            wish = wish_of(entry)
            fields = _fields(text_of(_sample(wish)))
            if entry.address is not None or entry.headers is not None:
                must(context.caller, "UpdateChannel")  # who may not change it learns nothing of it by comparing
                was = kept[key].fields[_SECRET] if key in kept else Sealed("")
                headers = was.headers if wish.headers is None else wish.headers
                fields[_SECRET] = Sealed(was.address if wish.address is None else wish.address, headers)
            found[key] = Wanted(place, fields)
        return found

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        found = stored.listed(context.connection, context.caller.account)
        return {
            (one.name,): Existing(one.id, {**_fields(text_of(one)), _SECRET: _secret(context, one)}) for one in found
        }

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        return channels.create(context.service, context.caller, _text(key, fields)).id

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        secret = {_SECRET: fields[_SECRET]} if fields.get(_SECRET, was.fields[_SECRET]) != was.fields[_SECRET] else {}
        plain = {name: value for name, value in fields.items() if name != _SECRET}
        channels.update(context.service, context.caller, was.id, _text(key, {**plain, **secret}))

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`."""
        return ""

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return "with its log and what waits for it"

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`."""
        channels.delete(context.service, context.caller, was.id)


def entries_of(context: Context) -> tuple[ChannelText, ...]:
    """The account's channels as the document writes them: without addresses and headers."""
    return tuple(text_of(one) for one in stored.listed(context.connection, context.caller.account))


def _fields(text: ChannelText) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(text)
    return {name: _lists(value) for name, value in plain.items() if name not in ("name", "address", "headers")}


def _lists(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sample(wish: Any) -> Channel:
    """A channel of a wish, so that both sides are written by one hand."""
    return Channel(
        "", "", wish.name, "apprise", "", wish.conditions, wish.pace, wish.language, False, 0, "", False, wish.ticketing
    )


def _secret(context: Context, one: Channel) -> Sealed:
    try:
        kept = opened(context.service.keys["secrets"], one.id, stored.secret_of(context.connection, one.id))
    except StoreError:
        return Sealed("")  # lost with the master key: whatever is given is another one
    return Sealed(kept.address, kept.headers)


def _text(key: Key, fields: Fields) -> ChannelText:
    plain = {name: value for name, value in fields.items() if name != _SECRET}
    secret = fields.get(_SECRET)
    given = {} if secret is None else {"address": secret.address, "headers": dict(secret.headers) or None}
    return msgspec.convert({**plain, **given, "name": key[0]}, ChannelText)
