"""Polls: signatures, sequence numbers, clocks, clones, what an agent is told, and how its host is afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from console_world import OPENSSL, see
from service_world import CIS, CVE, world
from shindan.engine import silence
from shindan.engine.clock import milliseconds
from shindan.gate import polls
from shindan.model.arn import parse
from shindan.model.packages import package_arn
from shindan.model.scap import ScapNamed
from shindan.service import agents_admin, channels, hosts_admin, vault
from shindan.service.channel_text import ChannelText, TicketText
from shindan.store import agents as stored
from shindan.store import hosts, run_hosts
from shindan.store.tables import happening, run
from signing import signed
from stores import BACKENDS, databases
from unit.gate.agents import BOOT, LINES, Agent, Enqueued, Gate, batch, gate, served

SCAP_ARN = str(package_arn("us-west-2", "scap"))
RUNTIME = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-vg5GGHSD"


@pytest.fixture(params=BACKENDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    for database in databases(request.param, tmp_path):
        with gate(database, tmp_path) as made:
            yield made


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Gate]:
    for database in databases("sqlite", tmp_path):
        with gate(database, tmp_path) as made:
            yield made


def run_of(house: Gate, host: str, state: str = "COLLECTING_DATA", packages: tuple[str, ...] = (CVE,)) -> str:
    """A run of an hour that began now, with this host."""
    template = house.world.template(house.world.target(f"t{time.monotonic_ns()}"))
    arn = house.world.run(parse(template), state, [host])  # type: ignore[arg-type]
    with house.world.database.write() as connection:
        columns = {"packages": list(packages), "started_at": milliseconds(), "state_changed_at": milliseconds()}
        connection.execute(update(run).where(run.c.id == arn.id).values(**columns))
    return arn.id


def test_a_first_poll_is_told_all_that_the_protocol_has(house: Gate) -> None:
    told = house.agent().poll()
    assert told.status == 200 and told.body["protocol"] == 1
    assert set(told.body) == {"protocol", "now", "next", "order", "inventory", "limits", "update"}
    assert abs(told.body["now"] - time.time() * 1000) < 60_000
    assert 5 <= told.body["next"] <= 60 and told.body["order"] is None and told.body["inventory"] == "send"
    assert told.body["limits"] == {"part_bytes": 1048576, "batch_bytes": 67108864, "lines": 200000}


def test_what_it_says_of_itself_is_kept(house: Gate) -> None:
    agent = house.agent()
    said = {"skew": 1.5, "spool": {"bytes": 9, "batches": 1}, "cost": {"rss_kb": 19_000, "cpu_ms": 12}, "release": "r"}
    assert agent.poll(version="0.2.0", detail="all is well", **said).status == 200
    kept = agents_admin.show(house.world.service, house.world.caller, agent.host)
    assert (kept.version, kept.state, kept.detail, kept.boot) == ("0.2.0", "IDLE", "all is well", BOOT)
    assert kept.told["skew"] == 1.5 and kept.told["spool"] == {"bytes": 9, "batches": 1}
    assert kept.told["cost"]["rss_kb"] == 19_000 and kept.seen_at is not None and kept.sequence == agent.sequence


@pytest.mark.parametrize(
    ("state", "health", "code"),
    [
        ("IDLE", "HEALTHY", "IDLE"), ("RUNNING", "HEALTHY", "RUNNING"), ("THROTTLED", "HEALTHY", "THROTTLED"),
        ("SHUTDOWN", "UNHEALTHY", "SHUTDOWN"), ("FAULT", "UNHEALTHY", "UNHEALTHY"),
    ],
)  # fmt: skip
def test_its_state_becomes_the_hosts_health_and_that_in_its_run(
    house: Gate, state: str, health: str, code: str
) -> None:
    agent = house.agent()
    run_id = run_of(house, agent.host)
    assert agent.poll(state=state, detail="why it is so").status == 200
    host = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    assert (host.health, host.health_code, host.health_details) == (health, code, "why it is so")
    with house.world.database.read() as connection:
        (member,) = run_hosts.of_run(connection, run_id)
    assert (member.health, member.health_code, member.health_details) == (health, code, "why it is so")


def test_a_number_that_was_seen_is_refused_and_the_agent_goes_on_behind_the_last(house: Gate) -> None:
    agent = house.agent()
    assert agent.poll().status == 200
    agent.sequence = 499
    assert agent.poll().status == 200
    agent.sequence = 499
    told = agent.poll(state="FAULT")
    assert told.error == (409, "SequenceSeen") and told.body["sequence"] == 500
    host = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    assert host.health == "HEALTHY", "a refused poll changes nothing"
    assert agent.poll().status == 200


def test_a_request_that_was_recorded_cannot_be_played_again(door: Gate) -> None:
    agent = door.agent()
    seen: list[tuple[Any, ...]] = []
    send = door.send

    def recorded(*args: Any, **more: Any) -> Any:
        seen.append(args)
        return send(*args, **more)

    door.send = recorded  # type: ignore[method-assign]
    assert agent.poll().status == 200
    assert send(*seen[0]).error == (409, "SequenceSeen")


@pytest.mark.parametrize("number", ["", "0", "-1", "1e3", "07", "9" * 17], ids=repr)
def test_a_number_is_a_number(door: Gate, number: str) -> None:
    agent = door.agent()
    headers = {"x-shindan-sequence": number}
    told = agent.ask("POST", "/agent/v1/poll", b'{"protocol":1,"version":"1","state":"IDLE"}', headers)
    assert told.error == (400, "Malformed")


def test_the_number_must_be_signed(door: Gate) -> None:
    agent = door.agent()
    body = b'{"protocol":1,"version":"1","state":"IDLE"}'
    url = f"http://127.0.0.1:{door.port}/agent/v1/poll"
    sent = signed(body, {}, key=agent.key, service="shindan-agent", url=url, at=time.time())
    told = door.send("POST", "/agent/v1/poll", body, {**sent, "x-shindan-sequence": "7"})
    assert told.error == (403, "SignatureRefused") and "must be signed" in told.body["message"]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"key": "another"}, (403, "SignatureRefused")),
        ({"key": "unknown"}, (401, "KeyRefused")),
        ({"service": "inspector"}, (403, "SignatureRefused")),
        ({"region": "eu-west-1"}, (403, "SignatureRefused")),
        ({"unsigned": {"x-amz-extra": "1"}}, (403, "SignatureRefused")),
    ],
    ids=str,
)
def test_a_signature_that_is_not_right_is_refused(door: Gate, how: dict[str, Any], error: tuple[int, str]) -> None:
    agent = door.agent()
    assert agent.poll().status == 200
    keys = {"another": replace(agent.key, secret="s" * 40), "unknown": replace(agent.key, id="SAGTUNKNOWN000000000")}
    how = {**how, "key": keys[how["key"]]} if "key" in how else how
    body = json.dumps({"protocol": 1, "version": "1", "state": "FAULT"}).encode()
    assert agent.ask("POST", "/agent/v1/poll", body, **how).error == error
    assert hosts_admin.show(door.world.service, door.world.caller, agent.host).health == "HEALTHY"


def test_a_request_without_a_signature_is_refused(door: Gate) -> None:
    assert door.send("POST", "/agent/v1/poll", b"{}").error == (401, "NotSigned")
    assert door.send("GET", f"/agent/v1/batches/{'0' * 32}").error == (401, "NotSigned")


@pytest.mark.parametrize("off", [-4000, -301.5, 302, 86_400 * 400])
def test_a_clock_that_is_off_is_told_by_how_much(door: Gate, off: float) -> None:
    agent = door.agent()
    told = agent.ask("POST", "/agent/v1/poll", b"{}", at=time.time() + off)
    assert told.error == (403, "ClockSkew")
    assert abs(told.body["now"] / 1000 - time.time()) < 60
    assert agent.poll().status == 200


def test_two_machines_with_one_key_are_told_apart_by_their_boots(house: Gate) -> None:
    agent = house.agent()
    first, second = "1" * 32, "2" * 32
    assert agent.poll(boot=first).status == 200
    assert agent.poll(boot=first).status == 200
    assert agent.poll(boot=second).status == 200, "it may have booted"
    assert agent.poll(boot=second).status == 200
    assert agent.poll(boot=first).error == (409, "CloneSeen"), "nobody goes back to a boot"
    assert agent.poll(boot=second).status == 200
    assert agent.poll(boot="3" * 32).status == 200, "and the one that stays may boot again"


@pytest.mark.parametrize(
    "said",
    [
        {"state": "BORED"}, {"state": None}, {"version": 1}, {"version": "v" * 65}, {"detail": "d" * 1001},
        {"boot": "../x"}, {"inventory": "x"}, {"skew": "much"}, {"skew": 1e300}, {"spool": {"bytes": -1}},
        {"cost": {"rss_kb": 2**70}}, {"cost": [1]}, {"protocol": "1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_poll_that_is_malformed_is_refused(door: Gate, said: dict[str, Any]) -> None:
    agent = door.agent()
    told = agent.poll(**said)
    assert told.error == (400, "Malformed") and told.body["message"]


def test_a_poll_has_a_size(door: Gate) -> None:
    agent = door.agent()
    assert agent.ask("POST", "/agent/v1/poll", b"x" * 5000).error == (413, "TooLarge")
    assert agent.poll(protocol=2).error == (426, "ProtocolUnknown")
    assert agent.poll(colour="blue").status == 200, "newer agents say more"


def test_a_revoked_agent_is_not_listened_to(house: Gate) -> None:
    agent = house.agent()
    assert agent.poll().status == 200
    agents_admin.revoke(house.world.service, house.world.caller, agent.host)
    assert agent.poll().error == (401, "KeyRefused")
    assert agent.upload(batch(LINES)).error == (401, "KeyRefused")
    assert hosts_admin.show(house.world.service, house.world.caller, agent.host).health == "UNKNOWN"


def test_the_agent_of_a_removed_host_is_told_so(house: Gate) -> None:
    agent = house.agent()
    assert agent.poll().status == 200
    hosts_admin.remove(house.world.service, house.world.caller, agent.host)
    assert agent.poll().error == (401, "KeyRefused")


def test_a_merged_host_keeps_its_agent(house: Gate) -> None:
    agent, kept = house.agent(), house.world.host("db-1")
    hosts_admin.merge(house.world.service, house.world.caller, agent.host, kept.id)
    assert agent.poll().status == 200
    assert agents_admin.show(house.world.service, house.world.caller, kept.id).seen_at is not None


def test_another_master_key_ends_all_keys(house: Gate) -> None:
    agent = house.agent()
    vault.renew(house.world.database, house.world.service.data)
    with house.world.database.read() as connection:
        assert stored.secret(connection, agent.key.id) is None
        assert not stored.any_there(connection)


@pytest.mark.parametrize(
    ("state", "packages", "sampled"),
    [
        ("START_DATA_COLLECTION_PENDING", (CVE,), []),
        ("START_DATA_COLLECTION_IN_PROGRESS", (CVE, CIS), []),
        ("COLLECTING_DATA", (CVE, RUNTIME), ["process", "listener", "connection"]),
    ],
)
def test_a_run_that_collects_wants_what_its_packages_want(
    house: Gate, state: str, packages: tuple[str, ...], sampled: list[str]
) -> None:
    agent = house.agent()
    run_id = run_of(house, agent.host, state, packages)
    told = agent.poll()
    order = told.body["order"]
    assert order["run"] == run_id and order["sampled"] == sampled and order["interval"] == 10
    assert {"platform", "host", "kernel", "package", "repository", "module", "language_package"} <= set(order["kinds"])
    assert abs(order["until"] - milliseconds() - 3_600_000) < 60_000
    assert told.body["next"] <= 15
    assert set(order) == {"run", "kinds", "until", "interval", "sampled", "plan"}, "facts are named, never commands"


def test_a_run_of_scap_content_names_it_and_no_path(door: Gate) -> None:
    agent = door.agent()
    named = ScapNamed("ssg-debian11-ds.xml", "standard", "0" * 64)
    run_id = run_of(door, agent.host, packages=(SCAP_ARN, CVE))
    with door.world.database.write() as connection:
        pairs = [["team", None], *([key, value] for key, value in named.attributes.items())]
        connection.execute(update(run).where(run.c.id == run_id).values(attributes=pairs))
    order = agent.poll().body["order"]
    assert "scap" in order["kinds"]
    assert order["plan"] == {"scap": {"content": "ssg-debian11-ds.xml", "profile": "standard", "sha256": "0" * 64}}


@pytest.mark.parametrize("state", ["CREATED", "DATA_COLLECTED", "EVALUATING_RULES", "COMPLETED", "CANCELED"])
def test_a_run_that_does_not_collect_wants_nothing(door: Gate, state: str) -> None:
    agent = door.agent()
    run_of(door, agent.host, state)
    assert agent.poll().body["order"] is None


def test_a_run_that_is_stopped_wants_what_there_is_at_once(house: Gate) -> None:
    agent = house.agent()
    run_of(house, agent.host, "STOP_DATA_COLLECTION_PENDING")
    assert agent.poll().body["order"]["until"] <= milliseconds()


def test_an_order_is_for_the_hosts_of_the_run_alone(house: Gate) -> None:
    mine, other = house.agent(), house.agent(machine="e" * 32, hardware="f" * 32)
    run_of(house, mine.host)
    assert other.poll().body["order"] is None and mine.poll().body["order"] is not None


@pytest.mark.parametrize(
    ("fleet", "at_work", "least", "most"),
    [
        (1, False, 5, 6),
        (3000, False, 12, 18),
        (10_000, False, 40, 60),
        (100_000, False, 48, 60),
        (10_000, True, 12, 15),
    ],
)
def test_the_pause_grows_with_the_fleet_and_is_spread(fleet: int, at_work: bool, least: float, most: float) -> None:
    found = {polls.pause(fleet, at_work=at_work) for _ in range(300)}
    assert least <= min(found) and max(found) <= most and len(found) > 5


def test_silence_makes_a_host_unhealthy_and_a_word_heals_it(house: Gate) -> None:
    agent, spoken = house.agent(), house.agent(machine="e" * 32, hardware="f" * 32)
    run_id = run_of(house, agent.host)
    assert agent.poll().status == spoken.poll().status == 200
    with house.world.database.write() as connection:
        stored.change(connection, agent.host, seen_at=milliseconds() - 400_000)
        assert silence.mark(connection, milliseconds() - 300_000) == [agent.host]
    with house.world.database.read() as connection:
        (member,) = run_hosts.of_run(connection, run_id)
        host = hosts.named(connection, house.world.caller.account, [agent.host])[0]
    assert (host.health, host.health_code) == (member.health, member.health_code) == ("UNHEALTHY", "UNHEALTHY")
    assert host.health_details == member.health_details and host.health_details.startswith("no contact since 20")
    assert hosts_admin.show(house.world.service, house.world.caller, spoken.host).health == "HEALTHY"
    assert agent.poll().status == 200
    assert hosts_admin.show(house.world.service, house.world.caller, agent.host).health == "HEALTHY"


def test_many_agents_at_once_are_each_told_their_own(house: Gate) -> None:
    fleet = [house.agent(machine=f"{n:032x}", hardware=f"{n + 99:032x}") for n in range(1, 9)]
    wanted = run_of(house, fleet[3].host)

    def ask(agent: Agent) -> Any:
        return [agent.poll() for _ in range(3)][-1]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, fleet))
    assert [one.status for one in told] == [200] * 8
    assert [bool(one.body["order"]) for one in told] == [n == 3 for n in range(8)]
    assert told[3].body["order"]["run"] == wanted


@pytest.mark.parametrize(("kept", "closed"), [(0, True), (1, False)], ids=["too many", "not too many"])
def test_of_a_large_fleet_tls_connections_are_not_all_kept(tmp_path: Path, kept: int, closed: bool) -> None:
    """That TLS ends before the server is as good as TLS here."""
    for database in databases("sqlite", tmp_path):
        made = world(database, tmp_path)
        with served(made, [], kept) as port:
            agent = Gate(made, port, Enqueued(), []).agent()
            assert agent.poll().headers.get("connection") is None
            said = {"protocol": 1, "version": "0.1.0", "boot": BOOT, "state": "IDLE", "detail": "", "inventory": ""}
            over_tls = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1"}
            told = agent.ask("POST", "/agent/v1/poll", json.dumps(said).encode(), unsigned=over_tls)
            assert (told.status, told.headers.get("connection") == "close") == (200, closed)


def polls_again(agent: Agent) -> None:
    assert agent.poll().status == 200


def enrols_again(agent: Agent) -> None:
    assert agent.gate.agent().host == agent.host


def hands_facts_in(agent: Agent) -> None:
    assert agent.upload(batch(LINES)).status == 200


@pytest.mark.parametrize("comes", [polls_again, enrols_again, hands_facts_in], ids=lambda one: one.__name__)
def test_tickets_are_to_be_opened_again_for_a_host_that_is_back(house: Gate, comes: Callable[[Agent], None]) -> None:
    service, caller = house.world.service, house.world.caller
    agent = house.agent()
    text = ChannelText(name="tracker", address="https://tracker.example/x", ticketing=TicketText(preset="generic-json"))
    channels.create(service, caller, text)
    see(house.world, [hosts_admin.show(service, caller, agent.host)], [OPENSSL], 1_000)
    hosts_admin.archive(service, caller, agent.host)
    house.jobs.jobs.clear()
    for _ in range(2):
        comes(agent)
    assert not hosts_admin.show(service, caller, agent.host).archived
    with house.world.database.read() as connection:
        (row,) = connection.execute(select(happening))
    assert (row.event, row.hosts) == ("finding-opened", [agent.host])
    assert [name for name, _ in house.jobs.jobs].count("digest") == 1
