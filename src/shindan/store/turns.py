"""Turns: one worker at a time serves a topic, and one where nothing arrives is left alone for longer each time."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, update

from shindan.store.database import inserted
from shindan.store.tables import delivery


class Turn(NamedTuple):
    """Somebody's turn at a topic. `failures` turns before it, since `since`, brought nothing there but failures."""

    topic: str
    holder: str
    failures: int
    since: int | None


def begin(connection: Connection, topic: str, now: int, until: int) -> Turn | None:
    """A turn that lasts until a moment unless it is held on; None where somebody has it or the topic is left alone."""
    holder = uuid.uuid4().hex
    fresh = {"topic": topic, "holder": holder, "failures": 0, "busy_until": until, "resume_at": 0}
    if inserted(connection, delivery, fresh, unless=("topic",)):
        return Turn(topic, holder, 0, None)
    free = (delivery.c.topic == topic) & (delivery.c.busy_until <= now) & (delivery.c.resume_at <= now)
    taken = update(delivery).where(free).values(holder=holder, busy_until=until)
    row = connection.execute(taken.returning(delivery.c.failures, delivery.c.failing_since)).one_or_none()
    return None if row is None else Turn(topic, holder, row[0], row[1])


def hold(connection: Connection, turn: Turn, until: int) -> bool:
    """Has a turn last on; False where it lasted too long, and is somebody else's now."""
    kept = update(delivery).where(_mine(turn)).values(busy_until=until)
    return connection.execute(kept).rowcount > 0


def end(connection: Connection, turn: Turn) -> None:
    """Ends a turn in which something arrived, or nothing was wrong."""
    connection.execute(delete(delivery).where(_mine(turn)))


def fail(connection: Connection, turn: Turn, since: int, resume_at: int) -> None:
    """Ends a turn in which nothing arrived: the topic is left alone until a moment."""
    values = {"busy_until": 0, "failures": turn.failures + 1, "failing_since": since, "resume_at": resume_at}
    connection.execute(update(delivery).where(_mine(turn)).values(**values))


def _mine(turn: Turn) -> ColumnElement[bool]:
    return (delivery.c.topic == turn.topic) & (delivery.c.holder == turn.holder)
