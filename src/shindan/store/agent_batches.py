"""Batches that hosts have handed over, with what they were answered: whoever asks again is told the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from shindan.store.database import inserted
from shindan.store.tables import agent_batch


def answer(connection: Connection, host_id: str, id_: str) -> Mapping[str, Any] | None:
    """What a host was told of a batch that is complete; None for another one."""
    mine = select(agent_batch.c.answer).where(agent_batch.c.host == host_id, agent_batch.c.id == id_)
    found: Mapping[str, Any] | None = connection.execute(mine).scalar()
    return found


def done(connection: Connection, host_id: str, id_: str, told: Mapping[str, Any], at: int) -> bool:
    """Notes that a batch is complete; False where that was noted before."""
    row = {"host": host_id, "id": id_, "answer": dict(told), "at": at}
    return inserted(connection, agent_batch, row, unless=("host", "id"))


def forget(connection: Connection, before: int) -> int:
    """Lets go of what was noted before a moment; how many there were."""
    return int(connection.execute(delete(agent_batch).where(agent_batch.c.at < before)).rowcount)
