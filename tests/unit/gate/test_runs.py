"""Whole runs of hosts with agents, by the real job engine: who delivers, who is silent, and what is said of whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from run_world import QUICK, RunWorld, advisories, run_world, until
from service_world import CVE
from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn
from shindan.model.exclusion import Exclusion
from shindan.model.run import RunView
from shindan.service import agents_admin, exclusions, runs, stored_findings
from shindan.store import agents as stored
from shindan.store import run_hosts
from shindan.store.database import Database
from stores import BACKENDS, databases
from unit.gate.agents import LINES, Agent, Enqueued, Gate, batch, fact, package, served, unchanged
from unit.gate.test_poll import RUNTIME

NEW = [*LINES[:3], package("openssl", "3.0.18-1~deb12u1")]
PROCESS = fact("gap", "sampling", reason="in a test", kinds=["process"])


@contextmanager
def living(database: Database, folder: Path, **timing: float) -> Iterator[tuple[RunWorld, Gate]]:
    """A world at work, with its agents' door."""
    wanted = replace(QUICK, **timing)  # type: ignore[arg-type]
    with run_world(database, folder, timing=wanted) as made, served(made.world, []) as port:
        yield made, Gate(made.world, port, Enqueued(), [])


@pytest.fixture(params=BACKENDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RunWorld, Gate]]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with living(database, tmp_path / "data") as made:
            yield made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    yield from databases("sqlite", tmp_path)


def ordered(agent: Agent, run: Arn) -> dict[str, object]:
    """What the agent is told once the run wants it."""
    found: list[dict[str, object]] = []

    def told() -> bool:
        order = agent.poll().body["order"]
        if order:
            found.append(order)
        return bool(order)

    until(told)
    assert found[0]["run"] == run.id
    return found[0]


def excluded(world: RunWorld, arn: Arn) -> list[Exclusion]:
    names = exclusions.list_(world.service, world.world.caller, str(arn)).items
    return list(exclusions.describe(world.service, world.world.caller, list(names)).items) if names else []


def findings(world: RunWorld, arn: Arn) -> set[tuple[str, str]]:
    names = stored_findings.list_(world.service, world.world.caller, runs=[str(arn)], max_results=100).items
    read = stored_findings.describe(world.service, world.world.caller, list(names)).items if names else ()
    return {(one.asset.agent, one.id) for one in read}


def states(view: RunView) -> list[str]:
    return [change.state for change in view.states]


def test_a_run_ends_as_soon_as_its_agents_have_delivered(house: tuple[RunWorld, Gate]) -> None:
    world, gate = house
    agent = gate.agent()
    arn = world.start()
    assert not world.view(arn).run.ended, "the facts of its enrolment are none"
    ordered(agent, arn)
    assert agent.upload(batch(LINES, run=arn.id)).status == 200
    view = world.ended(arn)
    assert view.run.state == "COMPLETED" and excluded(world, arn) == []
    assert findings(world, arn) == {(agent.host, "CVE-2026-0001"), (agent.host, "CVE-2026-0002")}
    assert agent.poll().body["order"] is None


def test_what_is_fresh_is_asked_for_again_and_unchanged_will_do(house: tuple[RunWorld, Gate]) -> None:
    world, gate = house
    agent, sent = gate.agent(), batch(LINES)
    agent.upload(sent)
    arn = world.start()
    until(lambda: world.view(arn).run.state == "COLLECTING_DATA")
    time.sleep(0.3)
    assert world.view(arn).run.state == "COLLECTING_DATA", "an agent that lives delivers, whatever came before"
    ordered(agent, arn)
    assert agent.upload(unchanged(sent)).status == 200
    assert world.ended(arn).run.state == "COMPLETED"
    rows = {name: count for name, count, _ in runs.telemetry(world.service, world.world.caller, str(arn))}
    assert rows["InspectorPackageInfo"] == 2 and rows["Total"] == 5, "it counts as what it stands for"


def test_hosts_with_and_without_an_agent_are_in_one_run(house: tuple[RunWorld, Gate]) -> None:
    world, gate = house
    agent, other = gate.agent(), world.world.host("db-1", packages={"curl": "7.88.1-10"})
    arn = world.start()
    ordered(agent, arn)
    agent.upload(batch(NEW, run=arn.id))
    world.ended(arn)
    assert findings(world, arn) == {(other.id, "CVE-2026-0003")}


def test_agents_that_died_or_failed_end_as_exclusions_that_say_why(tmp_path: Path, database: Database) -> None:
    advisories(tmp_path / "data")
    with living(database, tmp_path / "data", duration=3.0, drain=1) as (world, gate):
        good, killed, cut, full, gone = (
            gate.agent(machine=f"{n:032x}", hardware=f"{n + 9:032x}", hostname=f"h{n}") for n in range(1, 6)
        )
        for one in (good, killed, cut, full):
            assert one.poll().status == 200
        agents_admin.revoke(world.service, world.world.caller, gone.host)
        arn = world.start()
        for one in (good, killed, cut, full):
            ordered(one, arn)
        with database.write() as connection:  # as if it had died before the run
            stored.change(connection, killed.host, seen_at=milliseconds() - 200_000)
        half = batch(LINES, run=arn.id)
        cut.part(half, "0" * 32, 0, half.packed[:50])
        full.poll(state="FAULT", detail="no space left on device: /var/lib/shindan-agent/spool")
        good.upload(batch(LINES, run=arn.id))
        view = world.ended(arn)
        assert view.run.state == "COMPLETED_WITH_ERRORS"
        assert (view.run.completed_at or 0) - (view.run.started_at or 0) >= 3000
        said = {dict(one.scopes)["INSTANCE_ID"]: (one.code, one.detail) for one in excluded(world, arn)}
        assert {host for host, _ in findings(world, arn)} == {good.host}, "nothing of the others is lost or made up"
    assert set(said) == {killed.host, cut.host, full.host, gone.host}
    assert said[killed.host][0] == "AGENT_UNHEALTHY" and said[killed.host][1].startswith("No contact since 20")
    assert "delivered nothing" in said[cut.host][1]
    assert "no space left on device" in said[full.host][1] and "FAULT" in said[full.host][1]
    assert "was revoked" in said[gone.host][1]


def test_an_agent_that_comes_back_during_the_drain_is_not_lost(tmp_path: Path, database: Database) -> None:
    advisories(tmp_path / "data")
    with living(database, tmp_path / "data", duration=0.5, drain=60) as (world, gate):
        agent = gate.agent()
        arn = world.start()
        until(lambda: world.view(arn).run.state == "STOP_DATA_COLLECTION_PENDING")
        order = ordered(agent, arn)
        assert isinstance(order["until"], int) and order["until"] <= milliseconds()
        agent.upload(batch(LINES, run=arn.id))
        assert world.ended(arn).run.state == "COMPLETED"


def test_a_window_is_waited_for_and_counted(house: tuple[RunWorld, Gate]) -> None:
    world, gate = house
    agent = gate.agent()
    arn = world.start(packages=[CVE, RUNTIME])
    ordered(agent, arn)
    agent.upload(batch(LINES, run=arn.id))
    time.sleep(0.3)
    assert world.view(arn).run.state == "COLLECTING_DATA"
    sent = batch([PROCESS] * 3, kinds=["process"], what="sampled", run=arn.id, last=True)
    assert agent.upload(sent).status == 200
    view = world.ended(arn)
    assert [one.code for one in excluded(world, arn)] == ["NOT_AVAILABLE_YET"], "of the package that has no rules yet"
    assert "DATA_COLLECTED" in states(view)
    rows = {name: count for name, count, _ in runs.telemetry(world.service, world.world.caller, str(arn))}
    assert rows["InspectorPackageInfo"] == 2 and rows["Total"] == 8


def test_a_window_that_was_cut_costs_the_window_and_not_the_inventory(tmp_path: Path, database: Database) -> None:
    advisories(tmp_path / "data")
    with living(database, tmp_path / "data", duration=1.0, drain=0) as (world, gate):
        agent = gate.agent()
        arn = world.start(packages=[CVE, RUNTIME])
        ordered(agent, arn)
        agent.upload(batch(LINES, run=arn.id))
        agent.upload(batch([PROCESS], kinds=["process"], what="sampled", run=arn.id))
        world.ended(arn)
        assert findings(world, arn) >= {(agent.host, "CVE-2026-0001")}
        (cut,) = [one for one in excluded(world, arn) if one.code == "NOT_OBSERVED"]
        with database.read() as connection:
            (member,) = run_hosts.of_run(connection, arn.id)
    assert dict(cut.scopes) == {"INSTANCE_ID": agent.host, "RULES_PACKAGE_ARN": RUNTIME}
    assert cut.detail.startswith("Its window was cut: ") and len(member.samples) == 1
