"""Enrolment: what a token is good for, which host an agent becomes, and what does not get in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service_world import ACCOUNT, OTHER
from shindan.engine.clock import milliseconds
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import agent_tokens, agents_admin, hosts_admin, submissions
from shindan.store import agents as stored
from shindan.store import audit
from stores import BACKENDS, databases
from unit.gate.agents import BOOT, HARDWARE, MACHINE, Gate, gate


@pytest.fixture(params=BACKENDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    for database in databases(request.param, tmp_path):
        with gate(database, tmp_path) as made:
            yield made


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Gate]:
    """For what never gets as far as the database."""
    for database in databases("sqlite", tmp_path):
        with gate(database, tmp_path) as made:
            yield made


def host_of(house: Gate, id_: str) -> Any:
    return hosts_admin.show(house.world.service, house.world.caller, id_)


def test_a_token_makes_a_host_with_a_key_of_its_own(house: Gate) -> None:
    token = house.token(tags=[("env", "prod"), ("owner", "ops")])
    told = house.enrol(token, tags={"env": "mine", "role": "web"})
    assert told.status == 200 and told.body["protocol"] == 1 and told.body["sequence"] == 0
    assert told.body["region"] == "us-west-2" and told.body["key"]["id"].startswith("SAGT")
    host = host_of(house, told.body["host"])
    assert (host.hostname, host.platform, host.health, host.health_code) == ("web-1", "debian:12", "HEALTHY", "IDLE")
    assert dict(host.tags) == {"env": "prod", "owner": "ops", "role": "web"}, "the operator's tags come first"
    (kept,) = agent_tokens.list_(house.world.service, house.world.caller)
    assert kept.uses == 1 and kept.last_used_at is not None
    with house.world.database.read() as connection:
        entries = {entry.action: entry for entry in audit.entries(connection, ACCOUNT)}
        sealed = stored.secret(connection, told.body["key"]["id"])
    assert entries["EnrolHost"].resource == host.id and entries["EnrolHost"].caller == f"token:{kept.id}"
    assert entries["CreateAgentToken"].resource == kept.id
    assert sealed is not None and told.body["key"]["secret"].encode() not in sealed


def test_the_text_of_a_token_is_nowhere_in_the_database(house: Gate) -> None:
    text = house.token()
    with house.world.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM agent_token").all()
        entries = connection.exec_driver_sql("SELECT * FROM audit").all()
    assert text.split("_")[2] not in f"{rows}{entries}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("unknown", "not known here"),
        ("wrong secret", "not known here"),
        ("no token", "not known here"),
        ("revoked", "was revoked"),
        ("expired", "has expired"),
        ("used up", "used 1 times"),
    ],
)
def test_who_has_no_good_token_learns_only_what_the_right_secret_may_know(
    house: Gate, wrong: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, caller = house.world.service, house.world.caller
    made = agent_tokens.create(service, caller, seconds=60, max_uses=1)
    text = made.text
    if wrong == "unknown":
        text = f"shat_{'a' * 10}_{'B' * 40}"
    elif wrong == "wrong secret":
        text = f"shat_{made.token.id}_{'B' * 40}"
        agent_tokens.revoke(service, caller, made.token.id)
    elif wrong == "no token":
        text = "password"
    elif wrong == "revoked":
        agent_tokens.revoke(service, caller, made.token.id)
    elif wrong == "used up":
        assert house.enrol(text).status == 200
    elif wrong == "expired":
        monkeypatch.setattr(agent_tokens, "milliseconds", lambda: milliseconds() - 120_000)
        text = agent_tokens.create(service, caller, seconds=60).text
        monkeypatch.undo()
    told = house.enrol(text, machine="e" * 32, hardware="f" * 32)
    assert told.error == (401, "TokenRefused") and said in told.body["message"]
    assert "key" not in told.body


def test_guessing_is_slowed_down_for_the_address_that_guesses_and_no_other(house: Gate) -> None:
    for _ in range(10):
        assert house.enrol("shat_x_y", peer="127.0.0.2").status == 401
    told = house.enrol(house.token(), peer="127.0.0.2")
    assert told.error == (429, "TooMany") and 1 <= int(told.headers["retry-after"]) <= 60
    assert house.enrol(house.token(), peer="127.0.0.3").status == 200


def test_an_answer_that_was_lost_does_not_use_a_token_up(house: Gate) -> None:
    token = house.token(max_uses=1)
    first, second = house.enrol(token), house.enrol(token)
    assert second.status == 200 and second.body["host"] == first.body["host"]
    assert second.body["key"] != first.body["key"]
    assert house.enrol(token, machine="e" * 32, hardware="f" * 32).error == (401, "TokenRefused")


def test_a_host_that_is_known_gets_a_new_key_and_the_old_one_ends(house: Gate) -> None:
    first = house.agent()
    assert first.poll().status == 200
    again = house.agent()
    assert again.host == first.host and again.poll().status == 200
    assert first.poll().error == (401, "KeyRefused")


def test_a_host_whose_facts_were_handed_in_by_hand_is_the_same_host(house: Gate) -> None:
    about = submissions.About(hostname="web-1", machine_id="0123456789abcdef0123456789abcdef")
    known = house.world.host("web-1", about=about)
    machine = hashlib.sha256(b"shindan host 0123456789abcdef0123456789abcdef").hexdigest()[:32]
    assert house.agent(machine=machine).host == known.id


def test_a_clone_of_a_machine_that_lives_has_an_identity_of_its_own(house: Gate) -> None:
    model = house.agent()
    clone = house.agent(hardware="d" * 32)
    assert clone.host != model.host
    assert house.agent(hardware="d" * 32).host == clone.host, "and keeps it"
    assert house.agent().host == model.host


def test_a_machine_that_moved_to_other_hardware_stays_what_it_is(house: Gate) -> None:
    before = house.agent()
    with house.world.database.write() as connection:
        stored.change(connection, before.host, enrolled_at=milliseconds() - 1_000_000, seen_at=None)
    assert house.agent(hardware="d" * 32).host == before.host


def test_who_asks_for_a_new_identity_gets_one(house: Gate) -> None:
    first = house.agent()
    second, third = house.agent(anew=True), house.agent(anew=True)
    assert len({first.host, second.host, third.host}) == 3


def test_on_ec2_the_id_is_the_instances(house: Gate) -> None:
    instance = {"id": "i-0123456789abcdef0", "account": "111", "region": "eu-west-1", "image": "ami-1"}
    agent = house.agent(instance=instance)
    assert agent.host == "i-0123456789abcdef0" and host_of(house, agent.host).image == "ami-1"
    assert house.agent(instance=instance, machine="e" * 32).host == agent.host
    theirs = agent_tokens.create(house.world.service, house.world.other).text
    assert house.enrol(theirs, instance=instance).error == (409, "HostTaken")


def test_a_token_of_another_account_makes_a_host_of_that_account(house: Gate) -> None:
    mine = house.agent()
    theirs = house.agent(token=agent_tokens.create(house.world.service, house.world.other).text)
    assert theirs.host != mine.host
    assert hosts_admin.show(house.world.service, house.world.other, theirs.host).account == OTHER
    assert agents_admin.of_host(house.world.service, house.world.caller, theirs.host) is None


@pytest.mark.parametrize(
    "said",
    [
        {"machine": ""}, {"machine": "../../etc/passwd"}, {"machine": MACHINE.upper()}, {"hardware": "x"},
        {"boot": 7}, {"tags": {"": "x"}}, {"tags": {"k" * 200: "x"}}, {"tags": ["a"]},
        {"tags": {f"k{n}": "v" for n in range(51)}}, {"instance": {"id": "i-../../x"}}, {"instance": {"id": "ami-1"}},
        {"hostname": "h" * 300}, {"platform": {"id": 3}}, {"protocol": "1"},
    ],
    ids=str,
)  # fmt: skip
def test_an_application_that_is_malformed_is_refused_with_the_reason(door: Gate, said: dict[str, Any]) -> None:
    told = door.enrol(door.token(), **said)
    assert told.error == (400, "Malformed") and told.body["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 5000, b'{"protocol":1}'], ids=repr)
def test_a_body_that_is_none_is_refused(door: Gate, body: bytes) -> None:
    assert door.send("POST", "/agent/v1/enrol", body).error == (400, "Malformed")


def test_a_body_that_is_too_large_is_not_read_to_its_end(door: Gate) -> None:
    assert door.send("POST", "/agent/v1/enrol", b"x" * 20_000).error == (413, "TooLarge")


def test_what_a_host_says_of_itself_has_no_control_characters(house: Gate) -> None:
    agent = house.agent(hostname="web\x1b[31m\x00", platform={"id": "debian", "version_id": "12", "name": "D\x07"})
    host = host_of(house, agent.host)
    assert "\x1b" not in host.hostname and "\x00" not in host.hostname and "\x07" not in host.system


def test_an_agent_of_another_protocol_is_told_which_one_is_spoken(house: Gate) -> None:
    told = house.enrol(house.token(), protocol=2)
    assert told.error == (426, "ProtocolUnknown") and told.body["spoken"] == [1]
    assert house.send("POST", "/agent/v2/enrol", b"{}").error == (426, "ProtocolUnknown")
    assert house.send("GET", "/agent/v1/enrol").error == (404, "NotFound")
    assert house.send("GET", "/agent/anything/else").error == (404, "NotFound")


def test_what_is_not_known_of_an_application_is_passed_over(house: Gate) -> None:
    assert house.enrol(house.token(), colour="blue", boot=BOOT, hardware=HARDWARE).status == 200


def test_tokens_have_bounds(house: Gate) -> None:
    service, caller = house.world.service, house.world.caller
    for wrong in ({"seconds": 0}, {"seconds": 10**12}, {"max_uses": 0}, {"tags": [("", None)]}):
        with pytest.raises(InvalidInput):
            agent_tokens.create(service, caller, **wrong)
    with pytest.raises(NoSuchEntity):
        agent_tokens.revoke(service, caller, "nothing")
    mine = agent_tokens.create(service, caller).token.id
    with pytest.raises(NoSuchEntity):
        agent_tokens.revoke(service, house.world.other, mine)


def test_an_account_has_so_many_tokens(house: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_tokens, "MOST", 2)
    first = agent_tokens.create(house.world.service, house.world.caller).token.id
    agent_tokens.create(house.world.service, house.world.caller)
    with pytest.raises(LimitExceeded):
        agent_tokens.create(house.world.service, house.world.caller)
    agent_tokens.revoke(house.world.service, house.world.caller, first)
    agent_tokens.create(house.world.service, house.world.caller)
