"""Who wants to hear of a template's runs: topics of SNS, or addresses of our own (HTTPS)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import cast, get_args

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn
from shindan.model.assessment import Event, Subscription
from shindan.model.refusals import InvalidInput, LimitExceeded
from shindan.service import paging, topics
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.service import Service
from shindan.service.templates import unknown
from shindan.store import accounts, templates
from shindan.store import subscriptions as stored

EVENTS: tuple[Event, ...] = get_args(Event)
TEST_EVENT = "ENABLE_ASSESSMENT_NOTIFICATIONS"
"""What a topic is told first; it is no event that can be subscribed to (specification, section 9.3)."""

MOST = 50
"""Groups in one answer, and events in one group."""

_TOPIC = re.compile(
    r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,32}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?"
    r"|https://[A-Za-z0-9.\[\]:_-]{1,253}(/[!-~]*)?"
)
_LONGEST_TOPIC = 300

Row = tuple[str, str, list[tuple[Event, int]]]
"""Template's name, topic, and (event, subscribed at) of what is told there."""


def subscribe(service: Service, caller: Caller, arn: str, event: str, topic: str) -> None:
    """Has a topic told of an event; first of all it gets a test message. Asking again changes nothing.

    Raises InvalidInput, NoSuchEntity for an unknown template or topic, AccessDenied where nothing may be published
    there, TemporarilyUnavailable where that cannot be found out now, LimitExceeded beyond the account's quota.
    """
    with audited(service, caller, "SubscribeToEvent", arn) as change:
        wanted = _template(caller, arn, event, topic)
        told = _introduced(service, caller, wanted, event, topic)
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            _hold(connection, caller, wanted)
            at = milliseconds()
            if not stored.add(connection, Subscription(wanted.id, cast(Event, event), topic, at)):
                return
            _refuse_more(service, stored.count(connection, caller.account))
            if not told:
                stored.announce(connection, caller.account, topic, _test_message(wanted, at), at)
            change.done(connection, event=event, topic=topic)


def unsubscribe(service: Service, caller: Caller, arn: str, event: str, topic: str) -> None:
    """Takes a subscription back; one that is not there is no error. Raises InvalidInput, NoSuchEntity."""
    with audited(service, caller, "UnsubscribeFromEvent", arn) as change:
        wanted = _template(caller, arn, event, topic)
        with service.database.write() as connection:
            _hold(connection, caller, wanted)
            if stored.remove(connection, wanted.id, event, topic):
                change.done(connection, event=event, topic=topic)


def list_(
    service: Service,
    caller: Caller,
    *,
    arn: str | None = None,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[Row]:
    """Subscriptions of a template, or of all; those of one template and topic together.

    Raises InvalidInput, NoSuchEntity for an unknown template.
    """
    length = paging.size(max_results, cap=MOST)
    wanted = None if arn is None else owned(caller, arn, "template", "INVALID_RESOURCE_ARN")
    pager = paging.Pager(service.keys["paging"], paging.query("subscriptions", caller.account, arn))
    after = pager.after(token)
    with service.database.read() as connection:
        if wanted is not None and templates.get(connection, caller.account, *wanted.ids) is None:
            raise unknown(wanted)
        found = stored.places(
            connection,
            caller.account,
            template_id=wanted.id if wanted else None,
            after=tuple(after) if after else None,
            limit=length + 1,
        )
        part = paging.page(found, length, pager, lambda place: list(place[1:]))
        return paging.Page(_rows(connection, caller, part.items), part.next_token)


def _rows(connection: Connection, caller: Caller, places: tuple[tuple[str, str, str], ...]) -> tuple[Row, ...]:
    events: dict[tuple[str, str], list[tuple[Event, int]]] = {}
    for one in stored.of_places(connection, [(template, topic) for _, template, topic in places]):
        events.setdefault((one.template, one.topic), []).append((one.event, one.subscribed_at))
    return tuple(
        (str(caller.arn("template", target, template)), topic, events[template, topic])
        for target, template, topic in places
    )


def _template(caller: Caller, arn: str, event: str, topic: str) -> Arn:
    if event not in EVENTS:
        raise InvalidInput("INVALID_EVENT", f"{event[:100]!r} is not one of {', '.join(EVENTS)}")
    if len(topic) > _LONGEST_TOPIC or not _TOPIC.fullmatch(topic):
        message = f"{topic[:300]!r} is neither the ARN of an SNS topic nor an address that begins with https://"
        raise InvalidInput("INVALID_SNS_TOPIC_ARN", message)
    return owned(caller, arn, "template", "INVALID_RESOURCE_ARN")


def _hold(connection: Connection, caller: Caller, wanted: Arn) -> None:
    if not templates.lock(connection, caller.account, *wanted.ids):
        raise unknown(wanted)


def _introduced(service: Service, caller: Caller, wanted: Arn, event: str, topic: str) -> bool:
    """Whether the topic has had its first message, or needs none; before any transaction, since it may take long."""
    if service.notifier is None:
        return False
    with service.database.read() as connection:
        if templates.get(connection, caller.account, *wanted.ids) is None:
            raise unknown(wanted)
        if any((one.event, one.topic) == (event, topic) for one in stored.of_template(connection, wanted.id)):
            return True
        _refuse_more(service, stored.count(connection, caller.account) + 1)
    topics.introduce(service.notifier, caller.account, topic, _test_message(wanted, milliseconds()))
    return True


def _refuse_more(service: Service, number: int) -> None:
    quota = service.quotas.subscriptions
    if number > quota:
        raise LimitExceeded("EVENT_SUBSCRIPTION_LIMIT_EXCEEDED", f"the account may have {quota} subscriptions")


def _test_message(template: Arn, at: int) -> dict[str, str]:
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"event": TEST_EVENT, "template": str(template), "target": str(template.parent), "time": moment}
