"""What is to leave the house: written in the transaction that makes it true, sent by somebody else later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from shindan.store.bulk import insert_rows
from shindan.store.tables import outbox, subscription, template

_COLUMNS = ("account", "run", "event", "topic", "payload", "attempts", "status", "created_at", "due_at")


def add(
    connection: Connection,
    account: str,
    run_id: str | None,
    event: str,
    topics: Sequence[str],
    payloads: Iterable[Mapping[str, Any]],
    at: int,
) -> None:
    """Has payloads delivered to topics, each to each, in this order."""
    if topics:
        run = run_id or ""
        texts = (json.dumps(payload) for payload in payloads)
        rows = ((account, run, event, topic, payload, 0, "", at, at) for payload in texts for topic in topics)
        insert_rows(connection, outbox, _COLUMNS, rows)


def topics_of(connection: Connection, account: str, event: str) -> list[str]:
    """Topics that subscribed to an event of any of the account's templates."""
    mine = select(subscription.c.topic).distinct().join_from(subscription, template)
    mine = mine.where(template.c.account == account, subscription.c.event == event)
    return sorted(connection.execute(mine).scalars())
