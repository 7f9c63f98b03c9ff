"""Subscriptions: one for each template, event and topic; the topic is told with a test message first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service_world import ACCOUNT, World, pages, worlds
from shindan.model.arn import parse
from shindan.model.refusals import LimitExceeded, Refusal
from shindan.service import subscriptions
from shindan.service.service import Quotas
from shindan.store.tables import outbox
from stores import BACKENDS

SNS = "arn:aws:sns:us-west-2:123456789012:findings"
HOOK = "https://example.org:8443/hook?x=1"
UNKNOWN = f"arn:aws:inspector:us-west-2:{ACCOUNT}:target/0-00000000/template/0-00000000"


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_a_topic_is_told_first_and_once(world: World, noon: object) -> None:
    weekly = world.template(world.target())
    for _ in range(2):
        subscriptions.subscribe(world.service, world.caller, weekly, "FINDING_REPORTED", SNS)
    with world.database.read() as connection:
        (row,) = connection.execute(select(outbox)).all()
    assert (row.account, row.topic, row.event, row.run) == (ACCOUNT, SNS, "ENABLE_ASSESSMENT_NOTIFICATIONS", "")
    assert row.payload == {
        "event": "ENABLE_ASSESSMENT_NOTIFICATIONS",
        "template": weekly,
        "target": str(parse(weekly).parent),
        "time": "2026-11-24T12:00:00.000Z",
    }


def test_lists_go_together_by_template_and_topic(world: World) -> None:
    target = world.target()
    weekly, daily = world.template(target, "weekly"), world.template(target, "daily")
    wanted = [
        (weekly, SNS, "FINDING_REPORTED"),
        (weekly, SNS, "ASSESSMENT_RUN_STARTED"),
        (weekly, HOOK, "OTHER"),
        (daily, SNS, "OTHER"),
    ]
    for arn, topic, event in wanted:
        subscriptions.subscribe(world.service, world.caller, arn, event, topic)
    found = pages(subscriptions.list_, world.service, world.caller, max_results=2)
    assert [len(page) for page in found] == [2, 1]
    rows = [(arn, topic, event) for page in found for arn, topic, events in page for event, _ in events]
    assert sorted(rows) == sorted(wanted)
    of_daily = subscriptions.list_(world.service, world.caller, arn=daily).items
    assert [(arn, topic) for arn, topic, _ in of_daily] == [(daily, SNS)]
    assert subscriptions.list_(world.service, world.other).items == ()


def test_unsubscribing(world: World) -> None:
    weekly = world.template(world.target())
    subscriptions.subscribe(world.service, world.caller, weekly, "OTHER", SNS)
    for _ in range(2):
        subscriptions.unsubscribe(world.service, world.caller, weekly, "OTHER", SNS)
    assert subscriptions.list_(world.service, world.caller, arn=weekly).items == ()


@pytest.mark.parametrize(
    ("arn", "event", "topic", "code"),
    [
        ("x", "OTHER", SNS, "INVALID_RESOURCE_ARN"),
        (UNKNOWN.rpartition("/template")[0], "OTHER", SNS, "INVALID_RESOURCE_ARN"),
        (UNKNOWN, "SOMETHING", SNS, "INVALID_EVENT"),
        (UNKNOWN, "OTHER", "findings", "INVALID_SNS_TOPIC_ARN"),
        (UNKNOWN, "OTHER", "http://169.254.169.254/latest", "INVALID_SNS_TOPIC_ARN"),
        (UNKNOWN, "OTHER", "https://x\n", "INVALID_SNS_TOPIC_ARN"),
        (UNKNOWN, "OTHER", "https://user@example.org/", "INVALID_SNS_TOPIC_ARN"),
        (UNKNOWN, "OTHER", "https://example.org/" + "x" * 300, "INVALID_SNS_TOPIC_ARN"),
        (UNKNOWN.replace(ACCOUNT, "9" * 12), "OTHER", SNS, "ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE"),
        (UNKNOWN, "OTHER", SNS, "ASSESSMENT_TEMPLATE_DOES_NOT_EXIST"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused(world: World, arn: str, event: str, topic: str, code: str) -> None:
    for verb in (subscriptions.subscribe, subscriptions.unsubscribe):
        with pytest.raises(Refusal) as caught:
            verb(world.service, world.caller, arn, event, topic)
        assert getattr(caught.value, "code", "") == code
    with world.database.read() as connection:
        assert connection.execute(select(outbox)).all() == []


def test_an_unknown_template_has_no_list(world: World) -> None:
    with pytest.raises(Refusal, match="there is no template"):
        subscriptions.list_(world.service, world.caller, arn=UNKNOWN)


def test_the_quota_leaves_neither_subscription_nor_message(tmp_path: Path) -> None:
    for small in worlds("sqlite", tmp_path, Quotas(subscriptions=1)):
        weekly = small.template(small.target())
        subscriptions.subscribe(small.service, small.caller, weekly, "OTHER", SNS)
        with pytest.raises(LimitExceeded) as caught:
            subscriptions.subscribe(small.service, small.caller, weekly, "OTHER", HOOK)
        assert caught.value.code == "EVENT_SUBSCRIPTION_LIMIT_EXCEEDED"
        subscriptions.subscribe(small.service, small.caller, weekly, "OTHER", SNS)
        with small.database.read() as connection:
            assert len(connection.execute(select(outbox)).all()) == 1
