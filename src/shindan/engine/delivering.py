"""Empties the outbox: every message at least once, those of a run to one topic in order.

One job sends to one topic, so that a receiver that does not answer holds up nobody else. A message is taken, sent, and
noted as done together with taking the next: whoever is killed repeats the one that was on its way, and no other.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.work import Work
from shindan.model.event import PublishStatus, Sent
from shindan.store import deliveries
from shindan.store.deliveries import Waiting

DELIVER, DELIVER_TO = "deliver", "deliver_to"
"""Jobs: the one that looks who has mail, and the one that sends to a topic."""

TAKEN = 60_000
"""Milliseconds for which a message is taken; longer than any channel takes to send."""

TRIES: Mapping[PublishStatus, int] = {"ACCESS_DENIED": 4, "TOPIC_DOES_NOT_EXIST": 4, "INTERNAL_ERROR": 10}
"""How often a message is sent before it is given up, by how it went last: together some half an hour at most."""

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0
_TURN = 20.0
"""Seconds after which a job lets others have its place."""

_log = logging.getLogger("shindan.engine")


def deliver(work: Work, _: Mapping[str, Any]) -> None:
    """The job: has every topic served that has messages due, and comes back for those that are due later."""
    now = milliseconds()
    with work.database.read() as connection:
        topics = deliveries.topics(connection, now)
    for topic in topics:
        work.jobs.enqueue(DELIVER_TO, {"topic": topic}, key=f"{DELIVER_TO} {topic}")
    with work.database.write() as connection:
        following = deliveries.next_due(connection, after=now + 1)
        if following is not None:
            _come_back(work, connection, DELIVER, {}, f"{DELIVER} later", following)


def deliver_to(work: Work, args: Mapping[str, Any]) -> None:
    """The job: sends what is due to one topic, and comes back for the rest."""
    topic, end = str(args["topic"]), time.monotonic() + _TURN
    with work.database.read() as connection:
        runs = deliveries.groups(connection, topic)
    for run_id in runs:
        _serve(work, topic, run_id, end)
        if time.monotonic() > end:
            break
    with work.database.write() as connection:
        following = deliveries.next_due(connection, topic)
        if following is not None:
            _come_back(work, connection, DELIVER_TO, {"topic": topic}, f"{DELIVER_TO} {topic} later", following)


def _come_back(work: Work, connection: Connection, job: str, args: Mapping[str, Any], key: str, at: int) -> None:
    """In place of a return that was planned before: that one may be later, for a message that somebody had in hand."""
    work.jobs.cancel(key, connection)
    work.jobs.enqueue(job, args, key=key, delay=max(0, at - milliseconds()) / 1000, conn=connection)


def _serve(work: Work, topic: str, run_id: str | None, end: float) -> None:
    with work.database.write() as connection:
        one = deliveries.take(connection, topic, run_id, milliseconds(), _until())
    if one is None:
        return
    while one is not None:
        one = _noted(work, one, _sent(work, one), take_next=time.monotonic() < end)
    if run_id is not None:
        with work.database.write() as connection:
            deliveries.trim(connection, run_id)


def _noted(work: Work, one: Waiting, sent: Sent, *, take_next: bool) -> Waiting | None:
    """Notes how sending went; the next of the group where it went well."""
    now = milliseconds()
    with work.database.write() as connection:
        if sent.arrived:
            deliveries.done(connection, one, sent.status, "", now)
            return deliveries.take(connection, one.topic, one.run, now, _until()) if take_next else None
        if sent.lasting or one.attempts >= TRIES[sent.status]:
            # What waits behind it would go the same way, and every try would hold up other topics.
            gone = deliveries.give_up(connection, one.topic, one.run, sent.status, sent.detail[:1000], now)
            _log.warning("events given up: %d for %s: %s %s", gone, one.topic, sent.status, sent.detail)
            return None
        deliveries.later(connection, one, sent.status, now + round(pause_before(one.attempts + 1) * 1000))
    return None


def pause_before(attempt: int) -> float:
    """Seconds to wait before an attempt (from the second on): longer each time, and never the same for all."""
    longest = min(_FIRST_PAUSE * 2.0 ** (attempt - 2), _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy


def _sent(work: Work, one: Waiting) -> Sent:
    try:
        return work.notifier.send(one.topic, one.message)
    except Exception as error:  # noqa: BLE001 - a channel's trouble is one message's, and not the job's
        _log.exception("sending failed: %s", one.topic)
        return Sent("INTERNAL_ERROR", f"{type(error).__name__}: {error}"[:300])


def _until() -> int:
    return milliseconds() + TAKEN
