"""The policy documents that an account wrote itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from shindan.store.database import upsert
from shindan.store.tables import policy


def put(connection: Connection, account: str, name: str, document: Mapping[str, Any], at: int) -> None:
    """Keeps a document under a name, in place of an older one."""
    row = {"account": account, "name": name, "document": dict(document), "created_at": at}
    upsert(connection, policy, [row], key=("account", "name"), update=("document",))


def documents(
    connection: Connection, account: str, names: Collection[str] | None = None
) -> dict[str, Mapping[str, Any]]:
    """The account's documents by name, in the names' order: all, or those of `names` that there are."""
    statement = select(policy.c.name, policy.c.document).where(policy.c.account == account).order_by(policy.c.name)
    if names is not None:
        statement = statement.where(policy.c.name.in_(names))
    return {row.name: row.document for row in connection.execute(statement)}


def remove(connection: Connection, account: str, name: str) -> bool:
    """Removes a document; False where there is none."""
    gone = delete(policy).where(policy.c.account == account, policy.c.name == name)
    return connection.execute(gone.returning(policy.c.name)).first() is not None
