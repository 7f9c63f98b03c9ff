"""Topics of SNS: moto, over HTTP, is the judge of what boto3 is made to send."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from receivers import REGION, answering, insist_on_rights, moto, outside, proxy_page
from shindan.model.event import Message
from shindan.notify import Notifier
from shindan.notify.sns import SnsChannel

PAYLOAD = {"event": "OTHER", "template": "arn:ü", "time": "2026-11-24T12:00:00.000Z"}
MESSAGE = Message("5d0b5c2e-0000-5000-8000-000000000001", "123456789012", "0-Ab12Cd34", PAYLOAD, 1)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """AWS, as far as moto is it."""
    with moto(monkeypatch) as address:
        yield address


def _topic(aws: str, name: str) -> tuple[str, Any, str]:
    """(topic's ARN, SQS client, address of a queue that the topic fills)."""
    sns = boto3.client("sns", region_name=REGION, endpoint_url=aws)
    sqs = boto3.client("sqs", region_name=REGION, endpoint_url=aws)
    fifo = name.endswith(".fifo")
    topic = sns.create_topic(Name=name, Attributes={"FifoTopic": "true"} if fifo else {})["TopicArn"]
    queue = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if fifo else {})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, sqs, queue


def test_an_event_arrives_as_it_is(aws: str) -> None:
    topic, sqs, queue = _topic(aws, "findings")
    assert Notifier.to(outside(aws_endpoint=aws)).send(topic, MESSAGE).arrived
    (got,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert got["Body"] == MESSAGE.text and list(json.loads(got["Body"])) == list(PAYLOAD)


def test_a_repetition_reaches_a_fifo_topic_once(aws: str) -> None:
    topic, sqs, queue = _topic(aws, "findings.fifo")
    notifier = Notifier.to(outside(aws_endpoint=aws))
    assert notifier.send(topic, MESSAGE).arrived and notifier.send(topic, MESSAGE).arrived
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert {one["Attributes"]["MessageGroupId"] for one in got} == {"0-Ab12Cd34"}
    assert len(got) == 1


def _numbered(number: int, size: int = 0) -> Message:
    payload = {**PAYLOAD, "n": number, "filler": "x" * size}
    return Message(f"5d0b5c2e-0000-5000-8000-{number:012}", "123456789012", "0-Ab12Cd34", payload, 1)


@pytest.mark.parametrize(("number", "size"), [(10, 0), (23, 0), (7, 60_000)], ids=["ten", "more", "large"])
def test_several_of_a_topic_go_together_and_in_order(aws: str, number: int, size: int) -> None:
    topic, sqs, queue = _topic(aws, "findings")
    notifier = Notifier.to(outside(aws_endpoint=aws))
    assert notifier.together(topic).most == 10
    results = notifier.send_all(topic, [_numbered(n, size) for n in range(number)])
    assert [sent.status for sent in results] == ["SUCCESS"] * number
    got: list[int] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        got += [json.loads(one["Body"])["n"] for one in messages]
    assert got == list(range(number))


def test_fifo_topics_get_one_of_a_run_at_a_time(aws: str) -> None:
    notifier = Notifier.to(outside(aws_endpoint=aws))
    assert notifier.together(f"arn:aws:sns:{REGION}:123456789012:x.fifo") == (10, 1)
    topic, sqs, queue = _topic(aws, "findings.fifo")
    both = [MESSAGE, replace(_numbered(2), group="0-Other000")]
    assert all(sent.arrived for sent in notifier.send_all(topic, both))
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert {one["Attributes"]["MessageGroupId"] for one in got} == {"0-Ab12Cd34", "0-Other000"}


PARTLY = """
<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>
<Failed><member><Id>1</Id><Code>InternalError</Code><Message>later</Message><SenderFault>false</SenderFault></member>
<member><Id>2</Id><Code>KMSAccessDenied</Code><Message>no</Message><SenderFault>true</SenderFault></member></Failed>
<Successful><member><Id>0</Id><MessageId>x</MessageId></member></Successful>
</PublishBatchResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>
"""


def test_what_sns_says_of_each_is_told_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with answering(lambda _: (200, PARTLY.strip())) as address:
        channel = SnsChannel(outside(aws_endpoint=address))
        sent = channel.send_all(f"arn:aws:sns:{REGION}:123456789012:x", [_numbered(n) for n in range(4)])
    assert [one.status for one in sent] == ["SUCCESS", "INTERNAL_ERROR", "ACCESS_DENIED", "INTERNAL_ERROR"]
    assert "later" in sent[1].detail and "did not say" in sent[3].detail


def test_a_topic_that_is_gone_is_told_of_all(aws: str) -> None:
    topic = f"arn:aws:sns:{REGION}:123456789012:nothing"
    sent = Notifier.to(outside(aws_endpoint=aws)).send_all(topic, [_numbered(n) for n in range(3)])
    assert [one.status for one in sent] == ["TOPIC_DOES_NOT_EXIST"] * 3


def test_a_topic_that_is_not_there(aws: str) -> None:
    topic = f"arn:aws:sns:{REGION}:123456789012:nothing"
    sent = Notifier.to(outside(aws_endpoint=aws)).introduce(topic, MESSAGE)
    assert sent.status == "TOPIC_DOES_NOT_EXIST" and "NotFound" in sent.detail


def test_who_may_not_publish(aws: str) -> None:
    topic, _, _ = _topic(aws, "findings")
    iam = boto3.client("iam", region_name=REGION, endpoint_url=aws)
    iam.create_user(UserName="shindan")
    key = iam.create_access_key(UserName="shindan")["AccessKey"]
    insist_on_rights(aws, 0)
    with pytest.MonkeyPatch.context() as patched:
        assert Notifier.to(outside(aws_endpoint=aws)).send(topic, MESSAGE).status == "ACCESS_DENIED", "unknown key"
        patched.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patched.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        sent = Notifier.to(outside(aws_endpoint=aws)).send(topic, MESSAGE)

    assert sent.status == "ACCESS_DENIED" and "sns:Publish" in sent.detail.replace("SNS:Publish", "sns:Publish")


def test_nobody_there() -> None:
    sent = SnsChannel(outside(aws_endpoint="http://127.0.0.1:9"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "x")
        found = sent.send(f"arn:aws:sns:{REGION}:123456789012:findings", MESSAGE)
    assert (found.status, found.lasting) == ("INTERNAL_ERROR", False)


def test_an_answer_that_is_none_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with answering(proxy_page) as address:
        sent = SnsChannel(outside(aws_endpoint=address)).send(f"arn:aws:sns:{REGION}:123456789012:x", MESSAGE)
    assert (sent.status, sent.lasting) == ("INTERNAL_ERROR", False)


def test_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    sent = Notifier.to(outside(aws_endpoint="http://127.0.0.1:9")).send(f"arn:aws:sns:{REGION}:123456789012:x", MESSAGE)
    assert sent.status == "ACCESS_DENIED" and "no AWS credentials" in sent.detail


def test_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] in ("boto3", "botocore"):
            raise ImportError(name)
        return real(name, *args, **more)

    for name in [name for name in sys.modules if name.partition(".")[0] in ("boto3", "botocore")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    sent = Notifier.to(outside()).send(f"arn:aws:sns:{REGION}:123456789012:x", MESSAGE)
    assert (sent.status, sent.lasting) == ("ACCESS_DENIED", True) and "shindan[aws]" in sent.detail
