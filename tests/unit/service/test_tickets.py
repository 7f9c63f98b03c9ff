"""Tickets of findings: one for each rule or finding, never a second, and closed when it is mended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channeled import HIGH, LOW, MEDIUM, Channeled, channeled, flaw
from receivers import Receiver, receiver
from shindan.cloud.instance import Instance
from shindan.engine import leaving, trying
from shindan.engine.meeting import meet_account
from shindan.model.channel import Channel
from shindan.model.host import Host
from shindan.service import channels, hosts_admin
from shindan.service.channel_text import ChannelText, TicketText
from shindan.store import hosts as stored_hosts
from shindan.store import tables
from stores import BACKENDS

JIRA = TicketText(preset="jira", parameters={"project": "SEC"})
EVENTS = ("finding-opened", "finding-fixed")


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


@pytest.fixture(params=BACKENDS)
def here(
    request: pytest.FixtureRequest, tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Channeled]:
    yield from channeled(request.param, tmp_path, monkeypatch, lambda one: replace(one, ca=hook.ca))


def tracker(here: Channeled, hook: Receiver, ticketing: TicketText = JIRA, **more: Any) -> Channel:
    address = hook.url.replace("/hook?x=1", "/rest/api/2/issue")
    headers = {"Authorization": "Bearer hidden-word"}
    return here.channel("jira", address, events=EVENTS, headers=headers, ticketing=ticketing, **more)


def told(here: Channeled, one: Channel) -> None:
    """Has requests put together and sent."""
    here.digest()
    here.deliver(one)
    here.times.go(minutes=1)


def test_a_ticket_of_a_rule_from_its_opening_to_its_end(here: Channeled, hook: Receiver) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(3)]
    one = tracker(here, hook)
    hook.replies += [b'{"id":"1","key":"SEC-7"}']
    here.seen(hosts[:2], [flaw("CVE-2026-0001", kev="2026-12-24")])
    told(here, one)
    (body,) = hook.bodies
    assert hook.asked == [("POST", "/rest/api/2/issue")]
    fields = body["fields"]
    assert (fields["project"], fields["issuetype"]) == ({"key": "SEC"}, {"name": "Bug"})
    assert fields["summary"] == "High: CVE-2026-0001 openssl a flaw in openssl" and "kev" in fields["labels"]
    assert "Hosts (2): web-0, web-1" in fields["description"]
    assert "https://shindan.test/console/findings?rule=CVE-2026-0001" in fields["description"]
    headers = hook.posts[0][0]
    assert headers["authorization"] == "Bearer hidden-word" and headers["content-type"] == "application/json"
    here.seen(hosts, [flaw("CVE-2026-0001", kev="2026-12-24")])  # a third host, and another run
    told(here, one)
    assert len(hook.bodies) == 1, "no second ticket"
    here.seen(hosts[:2], [])
    told(here, one)
    assert len(hook.bodies) == 1, "one host still has it"
    here.seen(hosts, [])
    told(here, one)
    assert hook.asked[1:] == [("POST", "/rest/api/2/issue/SEC-7/transitions")]
    assert hook.bodies[1]["transition"] == {"id": "31"} and here.rows(tables.ticket) == []
    here.seen(hosts, [flaw("CVE-2026-0001", kev="2026-12-24")])
    told(here, one)
    assert len(hook.bodies) == 3, "it is back, and gets another ticket"
    log = channels.log(here.world.service, here.world.caller, "jira").items
    assert [line.what for line in log] == ["ticket: CVE-2026-0001", "closes: CVE-2026-0001", "ticket: CVE-2026-0001"]


def test_a_ticket_for_each_finding(here: Channeled, hook: Receiver) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(2)]
    one = tracker(here, hook, TicketText(preset="generic-json", per="finding"))
    two = [flaw("CVE-2026-0001", about="a"), flaw("CVE-2026-0001", about="b")]
    here.seen(hosts, two)
    told(here, one)
    assert len({body["id"] for body in hook.bodies}) == len(hook.bodies) == 4
    assert {body["action"] for body in hook.bodies} == {"open"}
    here.seen(hosts[:1], two[:1])
    told(here, one)
    (closed,) = hook.bodies[4:]
    assert closed["action"] == "close" and closed["id"] in {body["id"] for body in hook.bodies[:4]}
    assert closed["finding"]["subject"] == "b" and closed["finding"]["hosts"][0]["name"] == "web-0"


def test_hostile_names_stay_in_their_place(here: Channeled, hook: Receiver) -> None:
    name = 'a", "project": {"key": "EVIL"}, "x": "\u202e</script>\\'
    one = tracker(here, hook)
    here.seen([here.world.host(name[:60])], [flaw("CVE-2026-0001", name, title=name)])
    told(here, one)
    (body,) = hook.bodies
    assert list(body) == ["fields"] and body["fields"]["project"] == {"key": "SEC"}
    assert name in body["fields"]["description"]


def test_an_hour_has_room_for_so_many_and_the_worst_come_first(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook, TicketText(preset="generic-json"), most=2)
    some = [flaw(f"CVE-2026-{number:04}", f"lib{number}", 2 - number % 3) for number in range(6)]
    here.seen([host], some)
    told(here, one)
    assert [body["finding"]["severity"] for body in hook.bodies] == ["High", "High"]
    told(here, one)
    assert len(hook.bodies) == 2
    here.times.go(hours=1)
    told(here, one)
    here.times.go(hours=1, minutes=1)
    told(here, one)
    assert len({body["id"] for body in hook.bodies}) == len(hook.bodies) == 6 and here.rows(tables.happening) == []


def test_who_was_killed_after_sending_does_not_send_again(here: Channeled, hook: Receiver) -> None:
    one = tracker(here, hook)
    here.seen([here.world.host("web-1")], [flaw("CVE-2026-0001")])
    here.digest()
    (row,) = here.rows(tables.outbox)
    here.deliver(one)
    with here.world.database.write() as connection:  # as if it had been killed before it could note that
        connection.execute(tables.outbox.update().values(done_at=None, status="", due_at=row.due_at))
    here.deliver(one)
    assert len(hook.bodies) == 1 and here.waiting() == []


def test_what_was_given_up_is_tried_again(here: Channeled, hook: Receiver) -> None:
    one = tracker(here, hook)
    here.seen([here.world.host("web-1")], [flaw("CVE-2026-0001", severity=HIGH)])
    hook.answers += [400]
    told(here, one)
    (line,) = channels.log(here.world.service, here.world.caller, "jira").items
    assert (line.status, line.detail, line.attempts) == ("INTERNAL_ERROR", "the receiver answered 400", 1)
    told(here, one)
    assert len(hook.bodies) == 1
    channels.resume(here.world.service, here.world.caller, "jira")
    told(here, one)
    assert len(hook.bodies) == 2 and [row.state for row in here.rows(tables.ticket)] == ["open"]


def test_one_that_is_back_while_its_ticket_is_being_closed_gets_another(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook)
    here.seen([host], [flaw("CVE-2026-0001")])
    told(here, one)
    here.seen([host], [])
    here.digest()
    here.times.go(minutes=1)
    here.seen([host], [flaw("CVE-2026-0001")])
    told(here, one)
    told(here, one)
    assert [path.rpartition("/")[2] for _, path in hook.asked] == ["issue", "transitions", "issue"]


def test_headers_do_not_follow_to_another_place(here: Channeled, hook: Receiver) -> None:
    one = tracker(here, hook)
    elsewhere = hook.url.replace("localhost", "127.0.0.1")
    text = ChannelText(name="jira", address=elsewhere, ticketing=JIRA)
    channels.update(here.world.service, here.world.caller, one.id, text)
    assert "hidden-word" not in repr(here.rows(tables.channel))
    channels.update(
        here.world.service, here.world.caller, one.id, ChannelText(name="jira", address=hook.url, ticketing=JIRA)
    )
    channels.test(here.world.service, here.world.caller, "jira")
    assert "authorization" not in hook.posts[-1][0]


def test_a_test_opens_a_ticket_about_a_made_up_finding(here: Channeled, hook: Receiver) -> None:
    tracker(here, hook)
    hook.replies += [b'{"key": "SEC-1"}']
    went = channels.test(here.world.service, here.world.caller, "jira")
    assert went.arrived and went.detail == "the receiver answered 200: SEC-1"
    assert "Test of Shindan" in json.dumps(hook.bodies[0]) and here.rows(tables.ticket) == []
    hook.answers += [401]
    assert channels.test(here.world.service, here.world.caller, "jira").status == "ACCESS_DENIED"
    assert trying.TRIES["ACCESS_DENIED"] < trying.TRIES["INTERNAL_ERROR"]


@pytest.mark.parametrize(
    ("reply", "key"),
    [(b'{"key": "SEC-7"}', "SEC-7"), (b'{"key": 7}', "7"), (b"<html>", None), (b'{"key": {}}', None), (b"", None),
     (b'{"key": "' + b"A" * 5000 + b'"}', "A" * 200), (b'{"key": "../../x?y"}', "../../x?y")],
    ids=["a text", "a number", "no JSON", "no text", "nothing", "very long", "a path"],
)  # fmt: skip
def test_what_the_other_side_calls_a_ticket(here: Channeled, hook: Receiver, reply: bytes, key: str | None) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook)
    hook.replies += [reply]
    here.seen([host], [flaw("CVE-2026-0001")])
    told(here, one)
    (row,) = here.rows(tables.ticket)
    assert row.key == (key if key is not None else row.about)
    here.seen([host], [])
    told(here, one)
    _, path = hook.asked[1]
    assert path.startswith("/rest/api/2/issue/") and path.endswith("/transitions") and path.count("/") == 6


# ── hosts that go, and come back ──


def archived(here: Channeled, host: Host) -> None:
    hosts_admin.archive(here.world.service, here.world.caller, host.id)


def removed(here: Channeled, host: Host) -> None:
    hosts_admin.remove(here.world.service, here.world.caller, host.id)


def merged(here: Channeled, host: Host) -> None:
    hosts_admin.merge(here.world.service, here.world.caller, host.id, here.world.host("another").id)


def unseen(here: Channeled, host: Host) -> None:
    here.times.go(days=400)
    assert host.id in hosts_admin.archive_unseen(here.world.service, host.account)


def terminated(here: Channeled, host: Host) -> None:
    gone = Instance(host.id, gone=True)
    meet_account(here.work, host.account, "arn:aws:iam::123456789012:role/r", lambda *_: iter([gone]))


GOING = [archived, removed, merged, unseen, terminated]


def closings(hook: Receiver) -> list[dict[str, Any]]:
    return [body for body in hook.bodies if body.get("action") == "close"]


@pytest.mark.parametrize("goes", GOING, ids=lambda one: one.__name__)
@pytest.mark.parametrize("per", ["rule", "finding"])
def test_a_ticket_whose_findings_went_with_their_host_is_closed(
    here: Channeled, hook: Receiver, goes: Callable[[Channeled, Host], None], per: Any
) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook, TicketText(preset="generic-json", per=per))
    here.seen([host], [flaw("CVE-2026-0001", severity=MEDIUM), flaw("CVE-2026-0002", "curl")])
    told(here, one)
    assert len(hook.bodies) == 2 and closings(hook) == []
    goes(here, host)
    here.deliver(one)
    assert {body["finding"]["rule"] for body in closings(hook)} == {"CVE-2026-0001", "CVE-2026-0002"}
    assert {body["id"] for body in closings(hook)} == {body["id"] for body in hook.bodies[:2]}
    (said,) = [body["finding"] for body in closings(hook) if body["finding"]["rule"] == "CVE-2026-0001"]
    assert (said["severity"], said["hosts_number"], said["hosts"]) == ("Medium", 1, [{"id": host.id, "name": "web-1"}])
    assert here.rows(tables.ticket) == []


def test_a_ticket_stays_while_another_host_has_it(here: Channeled, hook: Receiver) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(3)]
    one = tracker(here, hook, TicketText(preset="generic-json"))
    here.seen(hosts, [flaw("CVE-2026-0001")])
    told(here, one)
    removed(here, hosts[0])
    archived(here, hosts[1])
    told(here, one)
    assert closings(hook) == []
    here.seen(hosts[2:], [])  # what the archived one has is nobody's work
    told(here, one)
    assert len(closings(hook)) == 1


def test_what_was_mended_and_not_told_yet_is_closed_when_its_host_goes(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook, TicketText(preset="generic-json"))
    here.seen([host], [flaw("CVE-2026-0001")])
    told(here, one)
    here.seen([host], [])
    removed(here, host)
    told(here, one)
    assert len(closings(hook)) == 1 and here.rows(tables.ticket) == []


def test_a_ticket_that_was_not_sent_yet_is_opened_and_closed(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook, TicketText(preset="generic-json"))
    here.seen([host], [flaw("CVE-2026-0001")])
    here.digest()
    removed(here, host)
    here.deliver(one)
    assert [body["action"] for body in hook.bodies] == ["open", "close"] and here.rows(tables.ticket) == []


def test_a_ticket_that_was_given_up_is_not_closed(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    one = tracker(here, hook, TicketText(preset="generic-json"))
    here.seen([host], [flaw("CVE-2026-0001")])
    hook.answers += [400]
    told(here, one)
    removed(here, host)
    told(here, one)
    assert closings(hook) == [] and here.rows(tables.ticket) == []


def test_who_does_not_hear_of_what_is_mended_has_nothing_closed(here: Channeled, hook: Receiver) -> None:
    host = here.world.host("web-1")
    address = hook.url
    one = here.channel("jira", address, events=("finding-opened",), ticketing=TicketText(preset="generic-json"))
    here.seen([host], [flaw("CVE-2026-0001")])
    told(here, one)
    removed(here, host)
    told(here, one)
    assert closings(hook) == [] and len(here.rows(tables.ticket)) == 1


def test_what_went_while_a_channel_was_paused_is_closed_when_it_goes_on(here: Channeled, hook: Receiver) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(2)]
    one = tracker(here, hook, TicketText(preset="generic-json"))
    here.seen(hosts[:1], [flaw("CVE-2026-0001")])
    here.seen(hosts[1:], [flaw("CVE-2026-0002", "curl")])
    told(here, one)
    channels.pause(here.world.service, here.world.caller, "jira")
    removed(here, hosts[0])
    here.seen(hosts[1:], [])
    told(here, one)
    assert closings(hook) == []
    channels.resume(here.world.service, here.world.caller, "jira")
    told(here, one)
    assert {body["finding"]["rule"] for body in closings(hook)} == {"CVE-2026-0001", "CVE-2026-0002"}


def back_by_hand(here: Channeled, host: Host) -> None:
    hosts_admin.archive(here.world.service, here.world.caller, host.id, archived=False)


def back_with_facts(here: Channeled, host: Host) -> None:
    here.world.host("web-1", host_id=host.id, tags={"stage": "prod"})


def back_by_its_agent(here: Channeled, host: Host) -> None:
    with here.world.database.write() as connection:
        said = {"new_health": "HEALTHY", "new_code": "IDLE", "new_details": "", "new_last_seen": 1, "new_version": "1"}
        back = stored_hosts.tell_health(connection, [{"of": host.id, **said}])
        leaving.note_back(connection, here.world.service.jobs, host.account, back)
        assert stored_hosts.tell_health(connection, [{"of": host.id, **said}]) == []


@pytest.mark.parametrize("comes", [back_by_hand, back_with_facts, back_by_its_agent], ids=lambda one: one.__name__)
def test_a_host_that_is_back_has_tickets_again(
    here: Channeled, hook: Receiver, comes: Callable[[Channeled, Host], None]
) -> None:
    host, other = here.world.host("web-1", tags={"stage": "prod"}), here.world.host("db-1")
    one = tracker(here, hook, TicketText(preset="generic-json"), least="Medium", tags=("stage=prod",))
    here.seen([host, other], [flaw("CVE-2026-0001"), flaw("CVE-2026-0002", "curl", LOW)])
    told(here, one)
    for leaves in (host, other):
        archived(here, leaves)
    told(here, one)
    comes(here, host)
    back_by_hand(here, other)
    for _ in range(2):
        told(here, one)
    assert [(body["action"], body["finding"]["rule"]) for body in hook.bodies] == [
        ("open", "CVE-2026-0001"), ("close", "CVE-2026-0001"), ("open", "CVE-2026-0001"),
    ]  # fmt: skip
    assert [row.state for row in here.rows(tables.ticket)] == ["open"]


def test_hosts_that_go_are_told_to_nobody_else(here: Channeled) -> None:
    host = here.world.host("web-1")
    here.channel(events=EVENTS)
    here.seen([host], [flaw("CVE-2026-0001")])
    assert len(here.digest()) == 1
    archived(here, host)
    back_by_hand(here, host)
    removed(here, host)
    assert len(here.digest()) == 1
