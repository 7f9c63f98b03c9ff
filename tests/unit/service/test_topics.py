"""Who subscribes a topic learns at once whether it can be told anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from sqlalchemy import func, select

from receivers import REGION, Receiver, insist_on_rights, moto, outside, receiver
from service_world import ACCOUNT, World, worlds
from shindan.model.refusals import AccessDenied, NoSuchEntity, TemporarilyUnavailable
from shindan.notify import Notifier
from shindan.service import signing, subscriptions
from shindan.store.tables import outbox, subscription
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


def rows(world: World) -> tuple[int, int]:
    """How many subscriptions there are, and messages that wait."""
    with world.database.read() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (subscription, outbox)
        )


def subscribe(world: World, notifier: Notifier, topic: str, template: str) -> None:
    service = replace(world.service, notifier=notifier)
    subscriptions.subscribe(service, world.caller, template, "FINDING_REPORTED", topic)


def test_a_receiver_is_asked_and_told_once(world: World, hook: Receiver) -> None:
    template = world.template(world.target())
    for _ in range(2):
        subscribe(world, Notifier.to(outside(ca=hook.ca)), hook.url, template)
    assert [body["Type"] for body in hook.bodies] == ["SubscriptionConfirmation", "Notification"]
    assert hook.told[0]["event"] == "ENABLE_ASSESSMENT_NOTIFICATIONS"
    assert rows(world) == (1, 0), "told already, so that nothing waits"


@pytest.mark.parametrize(
    ("answer", "refusal", "code"),
    [
        (403, AccessDenied, "ACCESS_DENIED_TO_SNS_TOPIC"),
        (404, NoSuchEntity, "SNS_TOPIC_DOES_NOT_EXIST"),
        (500, TemporarilyUnavailable, ""),
    ],
)
def test_who_does_not_want_it(world: World, hook: Receiver, answer: int, refusal: type[Exception], code: str) -> None:
    template = world.template(world.target())
    hook.answers.append(answer)
    with pytest.raises(refusal) as refused:
        subscribe(world, Notifier.to(outside(ca=hook.ca)), hook.url, template)
    assert getattr(refused.value, "code", "") == code
    assert rows(world) == (0, 0)


def test_an_address_inside_is_refused(world: World) -> None:
    template = world.template(world.target())
    with pytest.raises(AccessDenied, match="not public") as refused:
        subscribe(world, Notifier.to(outside()), "https://169.254.169.254/latest/meta-data", template)
    assert refused.value.code == "ACCESS_DENIED_TO_SNS_TOPIC"


def test_an_unknown_template_has_nobody_dialled(world: World, hook: Receiver) -> None:
    unknown = f"arn:aws:inspector:us-west-2:{ACCOUNT}:target/0-00000000/template/0-00000000"
    with pytest.raises(NoSuchEntity):
        subscribe(world, Notifier.to(outside(ca=hook.ca)), hook.url, unknown)
    assert hook.posts == []


def test_topics_of_sns(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    template = world.template(world.target())
    with moto(monkeypatch) as aws:
        topic = boto3.client("sns", region_name=REGION, endpoint_url=aws).create_topic(Name="findings")["TopicArn"]
        notifier = Notifier.to(outside(aws_endpoint=aws))
        with pytest.raises(NoSuchEntity) as missing:
            subscribe(world, notifier, f"{topic}-not", template)
        assert missing.value.code == "SNS_TOPIC_DOES_NOT_EXIST"
        insist_on_rights(aws, 0)
        with pytest.raises(AccessDenied) as denied:
            subscribe(world, notifier, topic, template)
        insist_on_rights(aws, 1_000_000)
        assert denied.value.code == "ACCESS_DENIED_TO_SNS_TOPIC"
        subscribe(world, notifier, topic, template)
    assert rows(world) == (1, 0)


def test_the_key_of_signatures_is_made_once_and_published(world: World) -> None:
    keys = world.service.keys
    first, second = signing.signer(world.database, keys), signing.signer(world.database, keys)
    assert first.certificate == second.certificate
    assert signing.certificate(world.database, first.file_name) == first.certificate
    assert signing.certificate(world.database, "SimpleNotificationService-0.pem") is None
    other = {**keys, "secrets": b"x" * 32}
    replaced = signing.signer(world.database, other)
    assert replaced.certificate != first.certificate, "sealed with a master key that is lost"
