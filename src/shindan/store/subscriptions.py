"""Who wants to hear of a template's runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, tuple_

from shindan.model.assessment import Subscription
from shindan.store.database import inserted
from shindan.store.tables import outbox, subscription, template

Place = tuple[str, str]
"""Where a group of subscriptions stands in a list: template's id and topic."""


def add(connection: Connection, new: Subscription) -> bool:
    """Keeps a subscription; False where it is there already, which then stays as it was."""
    row = {"template": new.template, "event": new.event, "topic": new.topic, "subscribed_at": new.subscribed_at}
    return inserted(connection, subscription, row, unless=("template", "event", "topic"))


def remove(connection: Connection, template_id: str, event: str, topic: str) -> bool:
    """Removes a subscription; False where there is none."""
    mine = and_(subscription.c.template == template_id, subscription.c.event == event, subscription.c.topic == topic)
    return connection.execute(delete(subscription).where(mine).returning(subscription.c.event)).first() is not None


def count(connection: Connection, account: str) -> int:
    """How many subscriptions the account has."""
    mine = select(func.count()).select_from(subscription.join(template)).where(template.c.account == account)
    return connection.execute(mine).scalar_one()


def any_of_sns(connection: Connection) -> bool:
    """Whether anybody subscribed a topic of SNS."""
    topics = select(subscription.c.topic).where(subscription.c.topic.startswith("arn:", autoescape=True))
    return connection.execute(topics.limit(1)).first() is not None


def of_template(connection: Connection, template_id: str) -> list[Subscription]:
    """A template's subscriptions, oldest first."""
    return _subscriptions(connection, [subscription.c.template == template_id])


def places(
    connection: Connection, account: str, *, template_id: str | None = None, after: Place | None = None, limit: int
) -> list[tuple[str, str, str]]:
    """Ids of (target, template) and the topic of each group of subscriptions, by template and topic."""
    statement = select(template.c.target, subscription.c.template, subscription.c.topic).join_from(
        subscription, template, subscription.c.template == template.c.id
    )
    statement = statement.where(template.c.account == account).distinct()
    if template_id is not None:
        statement = statement.where(subscription.c.template == template_id)
    if after is not None:
        statement = statement.where(tuple_(subscription.c.template, subscription.c.topic) > tuple_(*after))
    statement = statement.order_by(subscription.c.template, subscription.c.topic).limit(limit)
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]


def of_places(connection: Connection, chosen: Iterable[Place]) -> list[Subscription]:
    """The subscriptions of these groups, oldest first."""
    pairs = [and_(subscription.c.template == one, subscription.c.topic == topic) for one, topic in chosen]
    return _subscriptions(connection, [or_(*pairs)]) if pairs else []


def announce(connection: Connection, account: str, topic: str, payload: Mapping[str, Any], at: int) -> None:
    """Has the message that a subscription begins delivered, as part of the transaction that makes it."""
    row = {
        "account": account,
        "run": "",
        "event": payload["event"],
        "topic": topic,
        "payload": dict(payload),
        "created_at": at,
        "due_at": at,
    }
    connection.execute(insert(outbox).values(row))


def _subscriptions(connection: Connection, conditions: list[Any]) -> list[Subscription]:
    statement = select(subscription).where(*conditions)
    order = (subscription.c.subscribed_at, subscription.c.topic, subscription.c.event)
    return [
        Subscription(row.template, row.event, row.topic, row.subscribed_at)
        for row in connection.execute(statement.order_by(*order))
    ]
