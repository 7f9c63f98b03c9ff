"""Tailoring of rules in the document: what is wanted otherwise of a rule, for which hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import now
from shindan.model.tailoring import Entry
from shindan.service import tailoring
from shindan.service.fleet.document import Fleet, TailoringEntry
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.store import tailoring as stored

_COMPARED = ("off", "values", "severity", "reason", "owner", "until")


class Tailoring:
    """See `Kind`."""

    word = "tailoring"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        tags = " ".join(f"{name}={value}" for name, value in zip(key[3::2], key[4::2], strict=True))
        return " ".join(filter(None, (*key[:3], tags)))

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`; those that are over ask for nothing."""
        found: dict[Key, Wanted] = {}
        for number, entry in enumerate(fleet.tailoring):
            one, place = _read(entry), f"tailoring[{number}]"
            if one.expired(now().date().isoformat()):
                continue
            if _key(one) in found:
                raise FleetError(place, f"{one.name!r} stands there twice for the same hosts")
            fields = _fields(one)
            found[_key(one)] = Wanted(place, {**fields, "owner": entry.owner} if entry.owner else _ownerless(fields))
        return found

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        found = stored.entries(context.connection, context.caller.account)
        return {_key(one): Existing(one.id, _fields(one)) for one in found}

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        tags = tuple(zip(key[3::2], key[4::2], strict=True))
        new = Entry("", benchmark=key[0], control=key[1], rule=key[2], tags=tags, **{"owner": "", **fields})
        return tailoring.set_(context.service, context.caller, new).id

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        raise AssertionError("tailoring is made anew")

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`: nothing hangs on one, so it is made anew without a word."""
        return "it is made anew"

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return ""

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`."""
        tailoring.remove(context.service, context.caller, was.id)


def entries_of(context: Context) -> tuple[TailoringEntry, ...]:
    """The account's tailoring in force, as the document writes it."""
    today = now().date().isoformat()
    found = {_key(one): one for one in stored.entries(context.connection, context.caller.account)}
    return tuple(_written(one) for _, one in sorted(found.items()) if not one.expired(today))


def _key(one: Entry) -> Key:
    return (one.benchmark, one.control, one.rule, *(text for pair in sorted(one.tags) for text in pair))


def _fields(one: Entry) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _COMPARED} | {"values": dict(one.values)}


def _ownerless(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "owner"}


def _read(entry: TailoringEntry) -> Entry:
    tags = tuple(sorted((key, value or "") for key, value in entry.tags.items()))
    return Entry(
        "", entry.rule, entry.control, entry.benchmark, entry.off, dict(entry.set), entry.severity, tags, entry.reason,
        entry.owner or "", entry.until,
    )  # fmt: skip


def _written(one: Entry) -> TailoringEntry:
    return TailoringEntry(
        rule=one.rule,
        control=one.control,
        benchmark=one.benchmark,
        off=one.off,
        set=dict(one.values),
        severity=one.severity,
        tags={key: value or None for key, value in sorted(one.tags)},
        reason=one.reason,
        owner=one.owner or None,
        until=one.until,
    )
