"""What was made from a file, by which one: whoever takes things away again looks here first."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from shindan.store.database import upsert
from shindan.store.tables import applied


def note(connection: Connection, account: str, kind: str, resource: str, fleet: str, at: int) -> None:
    """Notes that a resource was made from a file."""
    row = {"account": account, "kind": kind, "resource": resource, "fleet": fleet, "at": at}
    upsert(connection, applied, [row], key=("account", "kind", "resource"), update=("fleet", "at"))


def of_kind(connection: Connection, account: str, kind: str, fleet: str) -> set[str]:
    """Ids of the resources of a kind that were made from a file of this name."""
    mine = (applied.c.account == account, applied.c.kind == kind, applied.c.fleet == fleet)
    return set(connection.execute(select(applied.c.resource).where(*mine)).scalars())


def forget(connection: Connection, account: str, kind: str, resource: str) -> None:
    """Forgets a resource that is gone."""
    mine = (applied.c.account == account, applied.c.kind == kind, applied.c.resource == resource)
    connection.execute(delete(applied).where(*mine))
