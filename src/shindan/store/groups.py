"""Resource groups: sets of tags that select hosts. Created and read, never changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, insert, select

from shindan.model.assessment import ResourceGroup
from shindan.store.pairs import packed, unpacked
from shindan.store.tables import resource_group

_NAMED = select(resource_group).where(
    resource_group.c.account == bindparam("of_account"), resource_group.c.id.in_(bindparam("ids", expanding=True))
)


def add(connection: Connection, new: ResourceGroup) -> None:
    """Keeps a new group."""
    row = {"id": new.id, "account": new.account, "tags": packed(new.tags), "created_at": new.created_at}
    connection.execute(insert(resource_group).values(row))


def named(connection: Connection, account: str, ids: Collection[str]) -> dict[str, ResourceGroup]:
    """The account's groups among these ids, by id."""
    rows = connection.execute(_NAMED, {"of_account": account, "ids": list(ids)})
    return {row.id: ResourceGroup(row.id, row.account, unpacked(row.tags), row.created_at) for row in rows}


def get(connection: Connection, account: str, id_: str) -> ResourceGroup | None:
    """The account's group of an id."""
    return named(connection, account, [id_]).get(id_)


def count(connection: Connection, account: str) -> int:
    """How many groups the account has."""
    mine = select(func.count()).select_from(resource_group).where(resource_group.c.account == account)
    return connection.execute(mine).scalar_one()
