"""What waits in the outbox, taken by whoever sends: a few messages of a group at a time, and in order.

A group is a run's messages to one topic (or those of no run). Its first message that is not done is its head; nothing
behind it is sent before it. Taking messages means moving their due time into the future: whoever is killed while
sending leaves them to be sent again then.

Whoever looks who has mail goes from head to head and never reads what is between: half a million may wait behind one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, select, text, update

from shindan.model.event import Message, PublishStatus, message_id
from shindan.store.tables import outbox, run, run_notification

KEPT = 50
"""Notifications of a run that are kept: as many as the API shows."""

# One look into the index for each group. The order begins with `run` where the topic is given, so that only this index
# can serve it: a planner that believes messages to be everywhere would rather read all that were ever sent.
_OF_TOPIC = "SELECT number FROM outbox WHERE done_at IS NULL AND topic = {topic}{run} ORDER BY run, number LIMIT 1"
_OF_ANY = "SELECT number FROM outbox WHERE done_at IS NULL{topic} ORDER BY topic, run, number LIMIT 1"
_HEADS = """
WITH RECURSIVE heads(number) AS (
  SELECT ({first}) UNION ALL SELECT {next} FROM heads JOIN outbox AS o ON o.number = heads.number
)
SELECT o.number, o.topic, o.run, o.due_at,
       COALESCE(CASE WHEN d.busy_until > d.resume_at THEN d.busy_until ELSE d.resume_at END, 0), o.created_at
FROM heads JOIN outbox AS o ON o.number = heads.number LEFT JOIN delivery AS d ON d.topic = o.topic
"""
_NEXT = f"({_OF_TOPIC.format(topic='o.topic', run=' AND run > o.run')})"
_ALL_HEADS = text(
    _HEADS.format(
        first=_OF_ANY.format(topic=""), next=f"COALESCE({_NEXT}, ({_OF_ANY.format(topic=' AND topic > o.topic')}))"
    )
)
_HEADS_OF = text(_HEADS.format(first=_OF_TOPIC.format(topic=":topic", run=""), next=_NEXT))
_GROUP = (outbox.c.done_at.is_(None)) & (outbox.c.topic == bindparam("topic")) & text("run >= :run AND run <= :run")
_FIRST = select(outbox).where(_GROUP).order_by(outbox.c.run, outbox.c.number).limit(bindparam("most"))
_NEWEST = select(outbox.c.event).where(_GROUP).order_by(outbox.c.run.desc(), outbox.c.number.desc()).limit(KEPT)
_TAKEN = (
    update(outbox)
    .where(outbox.c.number == bindparam("of"), outbox.c.due_at == bindparam("was"), outbox.c.done_at.is_(None))
    .values(due_at=bindparam("until"), attempts=outbox.c.attempts + 1)
)
# A run that was deleted meanwhile wants no notes.
_NOTE = text(
    "INSERT INTO run_notification (run, event, topic, status, message, at)"
    " SELECT id, CAST(:event AS VARCHAR), CAST(:topic AS VARCHAR), CAST(:status AS VARCHAR), CAST(:detail AS VARCHAR),"
    " CAST(:at AS BIGINT) FROM run WHERE id = :run"
)
_DONE = (
    update(outbox)
    .where(outbox.c.number == bindparam("of"))
    .values(done_at=bindparam("at"), status="SUCCESS", detail=None)
)


class Head(NamedTuple):
    """The first message of a group. It is sent when it is due and its topic is free, which may be later."""

    number: int
    topic: str
    run: str
    due_at: int
    free_at: int
    created_at: int

    @property
    def at(self) -> int:
        """When it can be sent at the earliest."""
        return max(self.due_at, self.free_at)


class Waiting(NamedTuple):
    """A message that waits; `run` is "" where it is about none; `attempts` counts this one, too, once it is taken."""

    number: int
    topic: str
    run: str
    attempts: int
    message: Message


def heads(connection: Connection, topic: str | None = None) -> list[Head]:
    """The heads of all groups (of a topic), those that wait the longest first."""
    rows = connection.execute(_ALL_HEADS) if topic is None else connection.execute(_HEADS_OF, {"topic": topic})
    return sorted(Head(*row) for row in rows)


def topics(connection: Connection, now: int) -> list[str]:
    """Topics that may be served and have a head due, those that wait the longest first."""
    return list(dict.fromkeys(head.topic for head in heads(connection) if head.at <= now))


def next_due(connection: Connection, topic: str | None = None, after: int = 0) -> int | None:
    """When the next head (of a topic) is due, at or behind a moment; None where none is."""
    return min((head.at for head in heads(connection, topic) if head.at >= after), default=None)


def take(connection: Connection, topic: str, run_id: str, now: int, until: int, most: int = 1) -> list[Waiting]:
    """The first of a group, taken until a moment; none where the group has none, or its head is not due."""
    due: list[Row[Any]] = []
    for row in connection.execute(_FIRST, {"topic": topic, "run": run_id, "most": most}).all():
        if row.due_at > now:
            break
        due.append(row)
    for row in due:
        if connection.execute(_TAKEN, {"of": row.number, "was": row.due_at, "until": until}).rowcount != 1:
            return []  # somebody takes without having the turn at the topic: what is taken now has to wait
    return [_waiting(row) for row in due]


def done(connection: Connection, some: Sequence[Waiting], at: int) -> None:
    """Notes that messages have arrived, for the runs that they are about."""
    if not some:
        return
    connection.execute(_DONE, [{"of": one.number, "at": at} for one in some])
    told: dict[str, list[tuple[str, str]]] = {}
    for one in some:
        told.setdefault(one.run, []).append((one.message.payload["event"], one.topic))
    for run_id, events in told.items():
        _note(connection, run_id, events[-KEPT:], "SUCCESS", "", at)


def later(connection: Connection, one: Waiting, status: PublishStatus, detail: str, due_at: int) -> None:
    """Has a message tried again at a moment; `detail` is why it did not arrive."""
    values = {"status": status, "detail": detail, "due_at": due_at}
    connection.execute(update(outbox).where(outbox.c.number == one.number).values(**values))


def give_up(connection: Connection, topic: str, run_id: str, status: PublishStatus, detail: str, at: int) -> int:
    """Lets go of everything that waits in a group; how many there were."""
    newest = connection.execute(_NEWEST, {"topic": topic, "run": run_id}).all()
    waiting = update(outbox).where(outbox.c.run == run_id, outbox.c.topic == topic, outbox.c.done_at.is_(None))
    gone = connection.execute(waiting.values(status=status, detail=detail, done_at=at)).rowcount
    _note(connection, run_id, [(row.event, topic) for row in reversed(newest)], status, detail, at)
    return gone


def trim(connection: Connection, runs: Collection[str]) -> None:
    """Lets go of notifications of runs that nobody is shown any more."""
    # One after the other, so that the last of those who end at once sees what all of them noted.
    held = select(run.c.id).where(run.c.id.in_(runs)).order_by(run.c.id).with_for_update(key_share=True)
    for run_id in connection.execute(held).scalars().all():
        mine = select(run_notification.c.number).where(run_notification.c.run == run_id)
        last = connection.execute(mine.order_by(run_notification.c.number.desc()).offset(KEPT).limit(1)).scalar()
        if last is not None:
            old = (run_notification.c.run == run_id) & (run_notification.c.number <= last)
            connection.execute(delete(run_notification).where(old))


def _note(
    connection: Connection, run_id: str, told: Sequence[tuple[str, str]], status: PublishStatus, detail: str, at: int
) -> None:
    """Notes publications, in order."""
    if run_id and told:
        common = {"run": run_id, "status": status, "detail": detail, "at": at}
        connection.execute(_NOTE, [{**common, "event": event, "topic": topic} for event, topic in told])


def _waiting(row: Row[Any]) -> Waiting:
    message = Message(
        message_id(row.account, row.number, row.created_at), row.account, row.run, row.payload, row.created_at
    )
    return Waiting(row.number, row.topic, row.run, row.attempts + 1, message)
