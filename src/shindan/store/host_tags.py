"""Tags of hosts, which targets select by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from shindan.model.assessment import Pairs
from shindan.store.database import upsert
from shindan.store.tables import host_tag

Tags = tuple[tuple[str, str], ...]

_AT_ONCE = 1000
"""Values in one statement; both databases take many more."""


def tags(connection: Connection, ids: Sequence[str]) -> dict[str, Tags]:
    """The tags of each of these hosts that has any, by key."""
    found: dict[str, list[tuple[str, str]]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = select(host_tag).where(host_tag.c.host.in_(ids[start : start + _AT_ONCE]))
        for row in connection.execute(some.order_by(host_tag.c.host, host_tag.c.key)):
            found.setdefault(row.host, []).append((row.key, row.value))
    return {id_: tuple(pairs) for id_, pairs in found.items()}


def set_tags(connection: Connection, host_id: str, pairs: Iterable[tuple[str, str | None]]) -> None:
    """Adds tags to a host or replaces their values; the last of several of one key counts, None counts as empty."""
    rows = [{"host": host_id, "key": key, "value": value or ""} for key, value in dict(pairs).items()]
    upsert(connection, host_tag, rows, key=("host", "key"), update=("value",))


def remove_tags(connection: Connection, host_id: str, pairs: Iterable[tuple[str, str | None]] | None) -> None:
    """Removes tags by key, and by value too where one is given; None: all of them."""
    statement = delete(host_tag).where(host_tag.c.host == host_id)
    if pairs is not None:
        chosen = [_is(pair) for pair in pairs]
        if not chosen:
            return
        statement = statement.where(or_(*chosen))
    connection.execute(statement)


def has_any(host_id: ColumnElement[Any], pairs: Pairs) -> ColumnElement[bool]:
    """Whether a host has any of the pairs."""
    return host_id.in_(select(host_tag.c.host).where(or_(*(_is(pair) for pair in pairs))))


def _is(pair: tuple[str, str | None]) -> ColumnElement[bool]:
    key, value = pair
    return host_tag.c.key == key if value is None else and_(host_tag.c.key == key, host_tag.c.value == value)
