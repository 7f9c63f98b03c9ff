"""What waits in the outbox, taken by whoever sends: one message of a group at a time, and in order.

A group is a run's messages to one topic (or those of no run). Its first message that is not done is its head; nothing
behind it is sent before it. Taking a message means moving its due time into the future: whoever is killed while
sending leaves it to be sent again then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from shindan.model.event import Message, PublishStatus, message_id
from shindan.store.tables import outbox, run, run_notification

KEPT = 50
"""Notifications of a run that are kept: as many as the API shows."""


class Waiting(NamedTuple):
    """A message that waits; `attempts` counts this one, too, once it is taken."""

    number: int
    topic: str
    run: str | None
    attempts: int
    message: Message


def topics(connection: Connection, now: int) -> list[str]:
    """Topics that have a head due, those that wait the longest first."""
    due = select(outbox.c.topic).where(outbox.c.number.in_(_heads()), outbox.c.due_at <= now)
    return list(connection.execute(due.group_by(outbox.c.topic).order_by(func.min(outbox.c.number))).scalars())


def next_due(connection: Connection, topic: str | None = None, after: int = 0) -> int | None:
    """When the next head (of a topic) is due, at or behind a moment; None where none is."""
    mine = select(func.min(outbox.c.due_at)).where(outbox.c.number.in_(_heads(topic)), outbox.c.due_at >= after)
    return connection.execute(mine).scalar()


def groups(connection: Connection, topic: str) -> list[str | None]:
    """Runs (None: no run) that have messages waiting for a topic, in the order of their first."""
    mine = select(outbox.c.run).where(outbox.c.done_at.is_(None), outbox.c.topic == topic)
    return list(connection.execute(mine.group_by(outbox.c.run).order_by(func.min(outbox.c.number))).scalars())


def take(connection: Connection, topic: str, run_id: str | None, now: int, until: int) -> Waiting | None:
    """The head of a group, taken until a moment; None where the group has none, or its head is not due."""
    mine = outbox.c.run.is_(None) if run_id is None else outbox.c.run == run_id
    first = select(outbox).where(mine, outbox.c.topic == topic, outbox.c.done_at.is_(None))
    row = connection.execute(first.order_by(outbox.c.number).limit(1)).one_or_none()
    if row is None or row.due_at > now:
        return None
    free = (outbox.c.number == row.number) & (outbox.c.due_at == row.due_at) & outbox.c.done_at.is_(None)
    taken = update(outbox).where(free).values(due_at=until, attempts=row.attempts + 1)
    if connection.execute(taken.returning(outbox.c.number)).one_or_none() is None:
        return None  # somebody else was quicker
    return _waiting(row)


def done(connection: Connection, one: Waiting, status: PublishStatus, detail: str, at: int) -> None:
    """Notes that a message is dealt with, and how, for the run that it is about."""
    values = {"status": status, "done_at": at}
    connection.execute(update(outbox).where(outbox.c.number == one.number).values(**values))
    if one.run is not None:
        _note(connection, [(one.run, one.message.payload["event"], one.topic)], status, detail, at)


def later(connection: Connection, one: Waiting, status: PublishStatus, due_at: int) -> None:
    """Has a message tried again at a moment."""
    values = {"status": status, "due_at": due_at}
    connection.execute(update(outbox).where(outbox.c.number == one.number).values(**values))


def give_up(connection: Connection, topic: str, run_id: str | None, status: PublishStatus, detail: str, at: int) -> int:
    """Lets go of everything that waits in a group; how many there were."""
    mine = outbox.c.run.is_(None) if run_id is None else outbox.c.run == run_id
    waiting = update(outbox).where(mine, outbox.c.topic == topic, outbox.c.done_at.is_(None))
    gone = connection.execute(
        waiting.values(status=status, done_at=at).returning(outbox.c.number, outbox.c.event)
    ).all()
    if run_id is not None:
        newest = sorted(gone)[-KEPT:]
        _note(connection, [(run_id, event, topic) for _, event in newest], status, detail, at)
    return len(gone)


def trim(connection: Connection, run_id: str) -> None:
    """Lets go of a run's notifications that nobody is shown any more."""
    mine = select(run_notification.c.number).where(run_notification.c.run == run_id)
    last = connection.execute(mine.order_by(run_notification.c.number.desc()).offset(KEPT).limit(1)).scalar()
    if last is not None:
        old = (run_notification.c.run == run_id) & (run_notification.c.number <= last)
        connection.execute(delete(run_notification).where(old))


def _note(
    connection: Connection, told: Sequence[tuple[str, str, str]], status: PublishStatus, detail: str, at: int
) -> None:
    """Notes publications, in order; a run that was deleted meanwhile wants no notes."""
    if not told or connection.execute(select(run.c.id).where(run.c.id == told[0][0])).one_or_none() is None:
        return
    rows = [
        {"run": run_id, "event": event, "topic": topic, "status": status, "message": detail, "at": at}
        for run_id, event, topic in told
    ]
    connection.execute(insert(run_notification), rows)


def _heads(topic: str | None = None) -> Select[tuple[int]]:
    waiting = select(func.min(outbox.c.number)).where(outbox.c.done_at.is_(None))
    if topic is not None:
        waiting = waiting.where(outbox.c.topic == topic)
    return waiting.group_by(outbox.c.topic, outbox.c.run)


def _waiting(row: Row[Any]) -> Waiting:
    message = Message(
        message_id(row.account, row.number, row.created_at), row.account, row.run or "", row.payload, row.created_at
    )
    return Waiting(row.number, row.topic, row.run, row.attempts + 1, message)
