"""Names of hosts by id, for lists of something else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from shindan.store.tables import host


def named(connection: Connection, account: str, ids: Sequence[str]) -> dict[str, str]:
    """The names of the account's hosts among these, or their ids where they have none."""
    mine = select(host.c.id, host.c.hostname).where(host.c.account == account, host.c.id.in_(ids))
    return {row.id: row.hostname or row.id for row in connection.execute(mine)}
