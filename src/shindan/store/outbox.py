"""What is to leave the house: written in the transaction that makes it true, sent by somebody else later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from shindan.store.tables import outbox, subscription, template


def add(
    connection: Connection,
    account: str,
    run_id: str | None,
    event: str,
    topics: Sequence[str],
    payloads: Sequence[Mapping[str, Any]],
    at: int,
) -> None:
    """Has payloads delivered to topics, each to each, in this order."""
    rows = [
        {
            "account": account,
            "run": run_id,
            "event": event,
            "topic": topic,
            "payload": dict(payload),
            "created_at": at,
            "due_at": at,
        }
        for payload in payloads
        for topic in topics
    ]
    if rows:
        connection.execute(insert(outbox), rows)


def topics_of(connection: Connection, account: str, event: str) -> list[str]:
    """Topics that subscribed to an event of any of the account's templates."""
    mine = select(subscription.c.topic).distinct().join_from(subscription, template)
    mine = mine.where(template.c.account == account, subscription.c.event == event)
    return sorted(connection.execute(mine).scalars())
