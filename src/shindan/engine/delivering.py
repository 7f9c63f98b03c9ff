"""Empties the outbox: every message at least once, those of a run to one topic in order.

One job at a time sends to a topic, so that a receiver that does not answer holds up nobody else, and runs take turns
there. Messages are taken, sent, and noted as done together with taking the next: whoever is killed repeats those that
were on their way (one, or as many as the topic takes at once), and no others.

What fails is tried again: each message by itself, ever later. A topic where a whole turn brought nothing but failures
is left alone as well, whatever else waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.engine import trying
from shindan.engine.clock import milliseconds
from shindan.engine.delivery_turn import DeliveryTurn
from shindan.engine.work import Work
from shindan.store import deliveries, turns

DELIVER, DELIVER_TO = "deliver", "deliver_to"
"""Jobs: the one that looks who has mail, and the one that sends to a topic."""


def deliver(work: Work, _: Mapping[str, Any]) -> None:
    """The job: has every topic served that has messages due, and comes back for those that are due later."""
    work.notifier.tidy()
    now = milliseconds()
    with work.database.read() as connection:
        topics = deliveries.topics(connection, now)
        following = deliveries.next_due(connection, after=now + 1)
    for topic in topics:
        work.jobs.enqueue(DELIVER_TO, {"topic": topic}, key=f"{DELIVER_TO} {topic}")
    if following is not None:
        _come_back(work, DELIVER, {}, f"{DELIVER} later", following)


def deliver_to(work: Work, args: Mapping[str, Any]) -> None:
    """The job: sends what is due to one topic, unless another job does so, and comes back for the rest."""
    topic = str(args["topic"])
    now = milliseconds()
    with work.database.write() as connection:
        turn = turns.begin(connection, topic, now, now + trying.TAKEN)
    if turn is not None:
        DeliveryTurn(work, turn).serve()
    # Only now, when the topic is free: what came before was either sent, or is seen here.
    with work.database.read() as connection:
        following = deliveries.next_due(connection, topic)
    if following is not None:
        _come_back(work, DELIVER_TO, {"topic": topic}, f"{DELIVER_TO} {topic} later", following)


def _come_back(work: Work, job: str, args: Mapping[str, Any], key: str, at: int) -> None:
    """In place of a return that was planned before: that one may be later, for a message that somebody had in hand."""
    with work.database.write() as connection:
        work.jobs.cancel(key, connection)
        work.jobs.enqueue(job, args, key=key, delay=max(0, at - milliseconds()) / 1000, conn=connection)
