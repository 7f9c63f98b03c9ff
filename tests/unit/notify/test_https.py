"""HTTPS receivers: the shape of SNS, a signature that openssl accepts, and no way to where only the service can go."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from receivers import LOOPBACK, MOMENT, Receiver, dripping, outside, receiver
from shindan.model.event import Message
from shindan.notify import Notifier, https, lines
from shindan.notify.envelope import string_to_sign
from shindan.notify.lines import Lines
from shindan.notify.reach import Forbidden, NoSuchName, look_up, may_reach
from shindan.notify.signing import Signer, fingerprint_of, new_key
from support import need_tool

PAYLOAD = {"event": "OTHER", "template": "arn:t", "time": "2026-11-24T12:00:00.000Z"}
MESSAGE = Message("5d0b5c2e-0000-5000-8000-000000000001", "123456789012", "", PAYLOAD, 1_795_521_600_161)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver."""
    with receiver(tmp_path) as made:
        yield made


def test_an_event_comes_as_sns_would_send_it(hook: Receiver) -> None:
    signer = Signer(*new_key(MOMENT))
    assert Notifier.to(outside(signer, ca=hook.ca)).send(hook.url, MESSAGE).arrived
    ((headers, body),) = hook.posts
    assert list(body) == [
        "Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
    ]  # fmt: skip
    assert body["Type"] == headers["x-amz-sns-message-type"] == "Notification"
    assert body["MessageId"] == headers["x-amz-sns-message-id"] == MESSAGE.id
    assert body["TopicArn"] == headers["x-amz-sns-topic-arn"]
    assert body["TopicArn"].startswith("arn:aws:sns:us-west-2:123456789012:shindan-")
    assert body["Message"] == '{"event":"OTHER","template":"arn:t","time":"2026-11-24T12:00:00.000Z"}'
    assert (body["Timestamp"], body["SignatureVersion"]) == ("2026-11-24T12:00:00.161Z", "2")
    assert body["SigningCertURL"] == f"https://shindan.test/{signer.file_name}"
    assert headers["host"] == hook.url.split("/")[2] and headers["content-type"] == "text/plain; charset=UTF-8"


def test_the_first_message_comes_behind_a_question(hook: Receiver) -> None:
    assert Notifier.to(outside(ca=hook.ca)).introduce(hook.url, MESSAGE).arrived
    question, first = hook.bodies
    assert (question["Type"], first["Type"]) == ("SubscriptionConfirmation", "Notification")
    assert question["TopicArn"] == first["TopicArn"]
    where = f"https://shindan.test/?Action=ConfirmSubscription&TopicArn={first['TopicArn']}&Token={question['Token']}"
    assert question["SubscribeURL"] == where
    hook.answers.append(403)
    assert Notifier.to(outside(ca=hook.ca)).introduce(hook.url, MESSAGE).status == "ACCESS_DENIED"
    assert len(hook.posts) == 3, "who says no to the question is sent nothing else"


@pytest.mark.system
def test_openssl_accepts_the_signature_and_none_of_another_text(hook: Receiver, tmp_path: Path) -> None:
    openssl = need_tool("openssl", "openssl")
    signer = Signer(*new_key(MOMENT))
    Notifier.to(outside(signer, ca=hook.ca)).introduce(hook.url, MESSAGE)
    (tmp_path / "cert.pem").write_text(signer.certificate)
    public = subprocess.run(
        [openssl, "x509", "-in", "cert.pem", "-noout", "-pubkey"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    (tmp_path / "public.pem").write_bytes(public)

    def accepted(text: str, signature: str) -> bool:
        (tmp_path / "text").write_text(text, newline="")
        (tmp_path / "signature").write_bytes(base64.b64decode(signature))
        argv = [openssl, "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "text"]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True).returncode == 0

    # Written out by hand from the SNS developer guide, not by the code under test.
    question, first = hook.bodies
    names = {
        "Notification": ("Message", "MessageId", "Timestamp", "TopicArn", "Type"),
        "SubscriptionConfirmation": (
            "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
        ),
    }  # fmt: skip
    for body in (question, first):
        text = "".join(f"{name}\n{body[name]}\n" for name in names[body["Type"]])
        assert text == string_to_sign(body)
        assert accepted(text, body["Signature"])
        assert not accepted(text.replace("2026", "2027"), body["Signature"])


@pytest.mark.parametrize(
    ("answer", "status", "lasting"),
    [
        (200, "SUCCESS", False),
        (204, "SUCCESS", False),
        (302, "INTERNAL_ERROR", False),
        (401, "ACCESS_DENIED", False),
        (403, "ACCESS_DENIED", False),
        (404, "TOPIC_DOES_NOT_EXIST", False),
        (410, "TOPIC_DOES_NOT_EXIST", True),
        (429, "INTERNAL_ERROR", False),
        (500, "INTERNAL_ERROR", False),
    ],
)
def test_what_the_receiver_answers(hook: Receiver, answer: int, status: str, lasting: bool) -> None:
    hook.answers.append(answer)
    sent = Notifier.to(outside(ca=hook.ca)).send(hook.url, MESSAGE)
    assert (sent.status, sent.lasting) == (status, lasting)
    assert len(hook.posts) == 1, "no redirect is followed"


def test_a_certificate_that_nobody_vouches_for_is_refused(hook: Receiver) -> None:
    sent = Notifier.to(outside()).send(hook.url, MESSAGE)
    assert sent.status == "INTERNAL_ERROR" and "CERTIFICATE_VERIFY_FAILED" in sent.detail
    assert hook.posts == []


def test_a_certificate_of_another_name_is_refused(hook: Receiver) -> None:
    sent = Notifier.to(outside(ca=hook.ca)).send(hook.url.replace("localhost", "127.0.0.1"), MESSAGE)
    assert sent.status == "INTERNAL_ERROR" and hook.posts == []


def test_loopback_is_not_dialled_without_leave(hook: Receiver) -> None:
    sent = Notifier.to(outside(ca=hook.ca, networks=())).send(hook.url, MESSAGE)
    assert (sent.status, sent.lasting) == ("ACCESS_DENIED", True)
    assert "notify_networks" in sent.detail and hook.posts == []


def test_a_connection_is_kept_for_the_next_message(hook: Receiver) -> None:
    notifier = Notifier.to(outside(ca=hook.ca))
    hook.answers += [200, 500]
    assert [notifier.send(hook.url, MESSAGE).status for _ in range(4)] == [
        "SUCCESS", "INTERNAL_ERROR", "SUCCESS", "SUCCESS",
    ]  # fmt: skip
    assert (len(hook.posts), hook.connections) == (4, 1)


def test_a_connection_that_ended_meanwhile_is_replaced(hook: Receiver) -> None:
    notifier = Notifier.to(outside(ca=hook.ca))
    assert notifier.send(hook.url, MESSAGE).arrived
    hook.drop()
    assert notifier.send(hook.url, MESSAGE).arrived
    assert (len(hook.posts), hook.connections) == (2, 2)


def test_each_message_is_looked_up_and_an_address_that_was_not_is_not_used(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = Notifier.to(outside(ca=hook.ca))
    assert notifier.send(hook.url, MESSAGE).arrived
    means = ["127.0.0.2"]

    def elsewhere(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", (address, port)) for address in means]

    monkeypatch.setattr(socket, "getaddrinfo", elsewhere)
    sent = notifier.send(hook.url, MESSAGE)  # nobody listens there
    assert sent.status == "INTERNAL_ERROR" and "ConnectError" in sent.detail
    means[:] = ["10.0.0.1"]
    assert notifier.send(hook.url, MESSAGE).status == "ACCESS_DENIED"
    assert len(hook.posts) == 1, "the connection that was kept is to where the name does not lead any more"


def test_two_names_on_one_address_share_no_connection(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = Notifier.to(outside(ca=hook.ca))
    assert notifier.send(hook.url, MESSAGE).arrived
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *args, **more: real("localhost", *args, **more))
    sent = notifier.send(hook.url.replace("localhost", "other.example"), MESSAGE)
    assert "CERTIFICATE_VERIFY_FAILED" in sent.detail and len(hook.posts) == 1


def test_connections_are_kept_for_a_while_and_not_too_many(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(hook.ca))
    kept = Lines(lambda: context, 5.0)
    place = look_up(hook.url, LOOPBACK)
    monkeypatch.setattr(lines, "MOST", 2)
    made = [kept.take(place) for _ in range(3)]
    for line in made:
        kept.give(line)
    assert [line.open for line in made] == [False, True, True]
    monkeypatch.setattr(lines, "IDLE", -1.0)
    kept.tidy()
    assert not any(line.open for line in made)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"])
def test_a_receiver_that_drips_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drip: bytes) -> None:
    monkeypatch.setattr(https, "ANSWER_SECONDS", 0.5)
    with dripping(tmp_path, drip) as (url, ca):
        began = time.monotonic()
        sent = Notifier.to(outside(ca=ca)).send(url, MESSAGE)
        assert time.monotonic() - began < 5
    headers_came = drip.endswith(b"\r\n\r\n")
    assert sent.arrived is headers_came and (headers_came or "TimeoutError" in sent.detail)


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        sent = Notifier.to(outside()).send(f"https://localhost:{free.getsockname()[1]}/", MESSAGE)
    assert sent.status == "INTERNAL_ERROR" and "ConnectError" in sent.detail


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("93.184.216.34", (), True),
        ("2606:2800:220:1::1", (), True),
        ("127.0.0.1", (), False),
        ("::1", (), False),
        ("0.0.0.0", (), False),
        ("169.254.169.254", (), False),
        ("fe80::1", (), False),
        ("fd00:ec2::254", (), False),
        ("10.1.2.3", (), False),
        ("172.16.0.1", (), False),
        ("192.168.1.1", (), False),
        ("100.64.0.1", (), False),
        ("224.0.0.1", (), False),
        ("ff02::1", (), False),
        ("255.255.255.255", (), False),
        ("::ffff:169.254.169.254", (), False),
        ("64:ff9b::a9fe:a9fe", (), False),
        ("2002:a9fe:a9fe::1", (), False),
        ("::ffff:93.184.216.34", (), True),
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("192.168.1.1", ("10.0.0.0/8",), False),
        ("169.254.169.254", ("10.0.0.0/8",), False),
        ("169.254.169.254", ("169.254.0.0/16",), True),
        ("fd12::1", ("fd12::/16",), True),
    ],
)
def test_where_messages_may_go(address: str, allowed: tuple[str, ...], may: bool) -> None:
    assert may_reach(ip_address(address), [ip_network(one) for one in allowed]) is may


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://169.254.169.254/latest/meta-data/", Forbidden),
        ("https://[::ffff:169.254.169.254]/", Forbidden),
        ("https://[::1]:8443/", Forbidden),
        ("https://localhost/", Forbidden),
        ("http://93.184.216.34/", NoSuchName),
        ("https://user@93.184.216.34/", NoSuchName),
        ("https://93.184.216.34:99999/", NoSuchName),
        ("https:///x", NoSuchName),
        ("https://93.184.216.34/\r\nx: y", NoSuchName),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_addresses_that_are_refused(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        look_up(url, ())


def test_the_address_that_was_looked_at_is_dialled() -> None:
    place = look_up("https://LOCALHOST:8443/a%20b?x=1", LOOPBACK)
    assert (place.url, place.host) == ("https://127.0.0.1:8443/a%20b?x=1", "localhost")
    assert look_up("https://[::ffff:7f00:1]/", LOOPBACK).authority == "[::ffff:7f00:1]"


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        look_up("https://two-faced.example/", ())


def test_an_address_that_no_channel_takes() -> None:
    sent = Notifier.to(outside()).send("mailto:somebody@example.org", MESSAGE)
    assert (sent.status, sent.lasting) == ("INTERNAL_ERROR", True)


def test_a_certificate_is_called_by_its_fingerprint() -> None:
    key, certificate = new_key(MOMENT)
    signer = Signer(key, certificate)
    assert signer.file_name == f"SimpleNotificationService-{fingerprint_of(certificate)}.pem"
    with pytest.raises(ValueError):
        Signer(certificate, certificate)
