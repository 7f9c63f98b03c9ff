"""Searches that people keep under a name, for themselves or for the account."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from shindan.store.database import upsert
from shindan.store.tables import saved_view


class StoredView(NamedTuple):
    """A search as it is kept; `query` is JSON, moments are milliseconds."""

    id: str
    account: str
    owner: str
    name: str
    query: Any
    shared: bool
    created_at: int
    updated_at: int


def put(connection: Connection, view: StoredView) -> None:
    """Keeps a view, in place of the owner's of the same name."""
    key = ("account", "owner", "name")
    upsert(connection, saved_view, [view._asdict()], key=key, update=("query", "shared", "updated_at"))


def seen_by(connection: Connection, account: str, owner: str) -> list[StoredView]:
    """What a user of the account may use: the own views, and those that others share; by name."""
    mine = (saved_view.c.owner == owner) | saved_view.c.shared
    rows = connection.execute(select(saved_view).where(saved_view.c.account == account, mine))
    found = [StoredView(**row) for row in rows.mappings()]
    return sorted(found, key=lambda view: (view.name, view.owner != owner, view.owner))


def remove(connection: Connection, account: str, owner: str, name: str) -> bool:
    """Lets go of a user's view; False where there is none of this name."""
    mine = (saved_view.c.account == account) & (saved_view.c.owner == owner) & (saved_view.c.name == name)
    return connection.execute(delete(saved_view).where(mine).returning(saved_view.c.id)).first() is not None
