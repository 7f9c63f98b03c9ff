"""Channels: made, changed, tried, and never shown in full; each account sees its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channeled import SNS, Channeled, channeled, flaw
from mail_server import mailbox
from receivers import Receiver, receiver
from service_world import pages
from shindan.api.own_calls import own_calls
from shindan.engine import trying
from shindan.model.refusals import AccessDenied, InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import channels, vault
from shindan.service.caller import Caller
from shindan.service.channel_text import ChannelText, TicketText, text_of, wish_of
from shindan.service.retention import Keep, prune
from shindan.store import tables
from stores import BACKENDS

MAIL = "mailtos://me:hidden-word@mail.example.org?to=ops@example.org"


@pytest.fixture(params=BACKENDS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channeled]:
    with receiver(tmp_path) as made:
        yield from channeled(request.param, tmp_path, monkeypatch, lambda one: replace(one, ca=made.ca))


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


@pytest.fixture
def lite(tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channeled]:
    """On SQLite alone, with a receiver that is trusted."""
    yield from channeled("sqlite", tmp_path, monkeypatch, lambda one: replace(one, ca=hook.ca))


def test_a_channel_from_its_making_to_its_end(here: Channeled) -> None:
    service, caller = here.world.service, here.world.caller
    made = here.channel(least="high", tags=("env=prod", "team"), every="30m", zone="Asia/Tokyo", language="ja")
    (view,) = channels.list_(service, caller)
    assert view.channel == made == channels.get(service, caller, "ops").channel and view.last is None
    assert (made.kind, made.shown, made.pace.minutes) == ("sns", SNS, 30)
    assert made.conditions.tags == (("env", "prod"), ("team", None)) and made.conditions.least == "High"
    assert wish_of(text_of(made)).conditions == made.conditions and wish_of(text_of(made)).pace == made.pace
    changed = channels.update(service, caller, made.id, ChannelText(name="all", kev=True, at="08:30"))
    assert (changed.name, changed.shown, changed.conditions.kev, changed.pace.at) == ("all", SNS, True, "08:30")
    assert channels.same_address(service, caller, "all", SNS) and not channels.same_address(service, caller, "all", "x")
    channels.pause(service, caller, "all")
    assert channels.get(service, caller, "all").channel.paused
    channels.resume(service, caller, "all")
    channels.delete(service, caller, "all")
    with pytest.raises(NoSuchEntity):
        channels.get(service, caller, "all")
    with here.world.database.read() as connection:
        told = select(tables.audit.c.action, tables.audit.c.outcome).order_by(tables.audit.c.number)
        noted = connection.execute(told).all()
    mine = [action for action, outcome in noted if "Channel" in action and outcome == "done"]
    assert mine == ["CreateChannel", "UpdateChannel", "PauseChannel", "ResumeChannel", "DeleteChannel"]


def test_an_address_is_nowhere_in_full(here: Channeled, tmp_path: Path) -> None:
    made = here.channel(address=MAIL)
    hook = here.channel("hook", "https://hooks.example/services/T00/hidden-word?token=hidden-word")
    assert made.shown == "mailtos://me:****@mail.example.org/ops@example.org" and made.carries_files
    assert hook.shown == "https://hooks.example/services/…"
    answers = [own_calls()["ListChannels"](here.world.service, here.world.caller, {}), made, hook]
    for table in tables.metadata.sorted_tables:
        answers += [tuple(row) for row in here.rows(table)]
    assert "hidden-word" not in repr(answers) and "mail.example.org" in repr(answers)


def test_channels_of_others_are_not_there(here: Channeled) -> None:
    service, other = here.world.service, here.world.other
    made = here.channel()
    assert channels.list_(service, other) == []
    for verb in (channels.get, channels.delete, channels.pause, channels.resume, channels.test, channels.log):
        with pytest.raises(NoSuchEntity):
            verb(service, other, made.id)
    with pytest.raises(NoSuchEntity):
        channels.update(service, other, "ops", ChannelText(name="ops"))
    with pytest.raises(NoSuchEntity):
        channels.same_address(service, other, "ops", SNS)
    with pytest.raises(NoSuchEntity):
        channels.send_report(service, other, "ops", "a.pdf", b"", "application/pdf")
    assert channels.create(service, other, ChannelText(name="ops", address=SNS)).account == other.account
    with here.world.database.read() as connection, pytest.raises(NoSuchEntity):
        channels.must_exist(connection, other.account, ["ops", "nobody"])


def test_every_verb_asks_for_its_right(lite: Channeled) -> None:
    service = lite.world.service
    lite.channel()
    nobody = Caller(lite.world.caller.account, lite.world.caller.region, "nobody")
    reader = replace(nobody, policies=({"Statement": {"Effect": "Allow", "Action": "shindan:List*", "Resource": "*"}},))
    text = ChannelText(name="ops", address=SNS)
    calls: dict[str, Any] = {
        "CreateChannel": lambda who: channels.create(service, who, replace_name(text)),
        "UpdateChannel": lambda who: channels.update(service, who, "ops", text),
        "DeleteChannel": lambda who: channels.delete(service, who, "ops"),
        "PauseChannel": lambda who: channels.pause(service, who, "ops"),
        "ResumeChannel": lambda who: channels.resume(service, who, "ops"),
        "TestChannel": lambda who: channels.test(service, who, "ops"),
        "SendReport": lambda who: channels.send_report(service, who, "ops", "a", b"", "text/html"),
        "Same": lambda who: channels.same_address(service, who, "ops", SNS),
    }
    for call in calls.values():
        with pytest.raises(AccessDenied):
            call(reader)
    for read in (channels.list_, lambda s, c: channels.get(s, c, "ops"), lambda s, c: channels.log(s, c, "ops")):
        read(service, reader)
        with pytest.raises(AccessDenied):
            read(service, nobody)


def replace_name(text: ChannelText) -> ChannelText:
    return ChannelText(name="another", address=text.address)


REFUSED: dict[str, dict[str, Any]] = {
    "no address": {"address": None},
    "no name": {"name": ""},
    "an event that is none": {"events": ("finding-open",)},
    "no event": {"events": ()},
    "a severity that is none": {"least": "Critical"},
    "a rules package that is none": {"rules": ("cvs",)},
    "both every and at": {"every": "30m", "at": "08:30"},
    "seconds": {"every": "90s"},
    "no zone": {"zone": "Mars/Olympus"},
    "a language that is none": {"language": "tlh"},
    "an ARN of something else": {"address": "arn:aws:s3:::bucket"},
    "http": {"address": "http://hooks.example/"},
    "a word": {"address": "ops"},
    "a password in an address": {"address": "https://me:secret@hooks.example/"},
    "a port that is none": {"address": "https://hooks.example:99999/"},
    "a line in an address": {"address": "https://hooks.example/\r\nx: y"},
    "the server's own log": {"address": "syslog://"},
    "unknown to apprise": {"address": "nosuch://host"},
    "headers without tickets": {"headers": {"x-token": "abc"}},
    "a header of the request's own": {"headers": {"Host": "x"}, "ticketing": TicketText(preset="generic-json")},
    "a header with a line": {"headers": {"x": "a\r\nb"}, "ticketing": TicketText(preset="generic-json")},
    "a preset without its parameter": {"ticketing": TicketText(preset="jira")},
    "a template that gives no JSON": {"ticketing": TicketText(open="{{ finding.title }} x")},
    "a template with an unknown word": {"ticketing": TicketText(open="{{ nobody }}")},
    "a template of a number": {"ticketing": TicketText(open="1")},
    "a method that is none": {"ticketing": TicketText(preset="generic-json", method="GET")},
    "a path elsewhere": {"ticketing": TicketText(preset="generic-json", close_path="@evil.example/")},
    "tickets by mail": {"address": MAIL, "ticketing": TicketText(preset="generic-json")},
    "an emptied package pattern": {"packages": ("",)},
    "NUL": {"name": "a\0b"},
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_is_no_channel(lite: Channeled, case: str) -> None:
    text = ChannelText(**{"name": "ops", "address": "https://hooks.example/x", **REFUSED[case]})
    with pytest.raises(InvalidInput) as refusal:
        channels.create(lite.world.service, lite.world.caller, text)
    assert len(str(refusal.value)) > 10 and "secret@" not in str(refusal.value)


def test_names_and_numbers_have_bounds(lite: Channeled, monkeypatch: pytest.MonkeyPatch) -> None:
    lite.channel()
    with pytest.raises(InvalidInput, match="already"):
        lite.channel()
    lite.channel("second")
    with pytest.raises(InvalidInput, match="already"):
        channels.update(lite.world.service, lite.world.caller, "second", ChannelText(name="ops"))
    monkeypatch.setattr(channels, "MOST", 2)
    with pytest.raises(LimitExceeded):
        lite.channel("third")


def test_a_digest_arrives_signed_and_is_in_the_log(lite: Channeled, hook: Receiver) -> None:
    made = lite.channel(address=hook.url)
    lite.seen([lite.world.host("web-1")], [flaw("CVE-2026-0001")])
    lite.digest()
    hook.answers += [503]
    lite.deliver(made)
    (waits,) = channels.log(lite.world.service, lite.world.caller, "ops").items
    assert (waits.attempts, waits.status, waits.detail, waits.done_at) == (
        1,
        "INTERNAL_ERROR",
        "the receiver answered 503",
        None,
    )
    lite.times.go(minutes=1)
    lite.deliver(made)
    (line,) = channels.log(lite.world.service, lite.world.caller, "ops").items
    assert (line.what, line.attempts, line.status, line.detail) == ("opened: 1 High", 2, "SUCCESS", "")
    told = hook.told[-1]
    assert told["event"] == "DIGEST" and told["opened"] == {"High": 1}
    assert told["link"] == "https://shindan.test/console/findings?severity=High"
    assert told["text"].startswith("1 finding opened: High 1\n") and hook.bodies[0] == hook.bodies[1]


def test_what_cannot_be_sent_is_given_up_and_told(lite: Channeled, hook: Receiver) -> None:
    made = lite.channel(address=hook.url)
    lite.seen([lite.world.host("web-1")], [flaw("CVE-2026-0001")])
    lite.digest()
    hook.answers += [500] * 20
    for _ in range(trying.TRIES["INTERNAL_ERROR"]):
        lite.deliver(made)
        lite.times.go(minutes=15)
    (line,) = channels.log(lite.world.service, lite.world.caller, "ops").items
    assert (line.attempts, line.status) == (10, "INTERNAL_ERROR") and line.done_at is not None
    assert line.detail == "the receiver answered 500" and lite.waiting() == []


def test_the_log_has_pages_and_an_end(lite: Channeled, hook: Receiver) -> None:
    service, caller = lite.world.service, lite.world.caller
    lite.channel(address=hook.url)
    for _ in range(5):
        assert channels.test(service, caller, "ops").arrived
        lite.times.go(minutes=1)
    found = pages(channels.log, service, caller, "ops", max_results=2)
    assert [len(page) for page in found] == [2, 2, 1] and found[0][0].at > found[2][0].at
    lite.channel("other")
    with pytest.raises(InvalidInput):
        channels.log(service, caller, "other", token=channels.log(service, caller, "ops", max_results=2).next_token)
    lite.times.go(days=31)
    prune(service, Keep())
    assert channels.log(service, caller, "ops").items == ()


def test_a_test_says_how_it_went(lite: Channeled, hook: Receiver) -> None:
    service, caller = lite.world.service, lite.world.caller
    lite.channel(address=hook.url)
    assert channels.test(service, caller, "ops").arrived
    question, message = hook.bodies
    assert question["Type"] == "SubscriptionConfirmation" and json.loads(message["Message"])["event"] == "TEST"
    hook.answers += [403]
    went = own_calls()["TestChannel"](service, caller, {"channel": "ops"})
    assert went == {"status": "ACCESS_DENIED", "detail": "the receiver answered 403"}
    last = channels.get(service, caller, "ops").last
    assert last is not None and (last.what, last.status, last.attempts) == ("test message", "ACCESS_DENIED", 1)


def test_a_report_goes_by_mail(lite: Channeled) -> None:
    service, caller = lite.world.service, lite.world.caller
    lite.channel("hook", "https://hooks.example/x")
    with mailbox() as mails:
        lite.channel(
            address=f"mailto://me:word@127.0.0.1:{mails.port}?mode=insecure&from=a@example.org&to=b@example.org",
            language="ja",
        )
        channels.send_report(service, caller, "ops", "weekly.pdf", b"%PDF", "application/pdf", subject="毎週の評価")
        (mail,) = mails.mails
        said = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        assert mail["subject"] == "[Shindan] 毎週の評価"
        assert len(said) == 2 and all("レポートを添付します：weekly.pdf" in text for text in said)
        (file,) = mail.iter_attachments()
        assert (file.get_filename(), file.get_content(), file.get_content_type()) == (
            "weekly.pdf",
            b"%PDF",
            "application/pdf",
        )
        mails.refuse = "552 too big"
        with pytest.raises(channels.NotSent, match=r"weekly\.pdf could not be sent to ops"):
            channels.send_report(service, caller, "ops", "weekly.pdf", b"%PDF", "application/pdf")
    with pytest.raises(InvalidInput, match="takes no files"):
        channels.send_report(service, caller, "hook", "weekly.pdf", b"%PDF", "application/pdf")
    with pytest.raises(NoSuchEntity):
        channels.send_report(service, caller, "nobody", "weekly.pdf", b"%PDF", "application/pdf")
    log = channels.log(service, caller, "ops").items
    assert [(line.what, line.status) for line in log] == [
        ("report: weekly.pdf", "INTERNAL_ERROR"),
        ("report: weekly.pdf", "SUCCESS"),
    ]


def test_without_the_master_key_channels_wait_for_an_address(lite: Channeled, tmp_path: Path) -> None:
    service, caller = lite.world.service, lite.world.caller
    lite.channel()
    lost = replace(service, keys=vault.renew(service.database, tmp_path))
    assert channels.get(lost, caller, "ops").channel.paused
    for verb in (channels.resume, channels.test):
        with pytest.raises(InvalidInput, match="lost with the master key"):
            verb(lost, caller, "ops")
    channels.update(lost, caller, "ops", ChannelText(name="ops", address=SNS))
    channels.resume(lost, caller, "ops")
    assert channels.same_address(lost, caller, "ops", SNS)
