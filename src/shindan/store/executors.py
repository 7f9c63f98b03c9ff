"""Workers that are at work, and when each was last heard of."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from shindan.store.database import upsert
from shindan.store.tables import executor


def beat(connection: Connection, id_: str, at: int) -> None:
    """Notes that a worker lives."""
    upsert(connection, executor, [{"id": id_, "seen_at": at}], key=("id",), update=("seen_at",))


def silent(connection: Connection, before: int) -> list[str]:
    """Workers not heard of since a moment."""
    return list(connection.execute(select(executor.c.id).where(executor.c.seen_at < before)).scalars())


def any_since(connection: Connection, moment: int) -> bool:
    """Whether any worker was heard of since a moment."""
    return connection.execute(select(executor.c.id).where(executor.c.seen_at >= moment).limit(1)).first() is not None


def claim(connection: Connection, id_: str, before: int, at: int) -> bool:
    """Takes care of a silent worker's jobs; False where somebody else did. Whoever dies over it leaves it to others."""
    mine = (executor.c.id == id_) & (executor.c.seen_at < before)
    statement = update(executor).where(mine).values(seen_at=at).returning(executor.c.id)
    return connection.execute(statement).first() is not None


def remove(connection: Connection, id_: str) -> None:
    """Forgets a worker that left or whose jobs were taken over."""
    connection.execute(delete(executor).where(executor.c.id == id_))
