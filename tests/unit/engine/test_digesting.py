"""What channels are told: noted with what makes it true, told together, once, and never too often."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from channeled import HIGH, LOW, MEDIUM, Channeled, channeled, flaw
from service_world import ACCOUNT, OTHER
from shindan.engine import happening
from shindan.engine.digesting import digest
from shindan.engine.silence import sweep
from shindan.model.arn import parse
from shindan.service import channels, suppressions
from shindan.store import channels as stored
from shindan.store import issues, tables
from shindan.store.database import Database
from stores import BACKENDS

ALL = ("finding-opened", "finding-fixed")


@pytest.fixture(params=BACKENDS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channeled]:
    yield from channeled(request.param, tmp_path, monkeypatch)


def test_many_findings_are_one_message(here: Channeled) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(4)]
    here.channel(events=ALL)
    many = [flaw(f"CVE-2026-{number:04}", f"lib{number}", LOW) for number in range(30)]
    worst = [flaw("CVE-2026-9001", severity=HIGH, kev="2026-12-24"), flaw("CVE-2026-9002", "curl", HIGH)]
    here.seen(hosts, many)
    here.seen(hosts[:2], [*many, *worst])
    (told,) = here.digest()
    assert told["opened"] == {"High": 4, "Low": 120} and told["fixed"] == {}
    first, second, *rest = told["worst"]
    assert (first["rule"], first["kev"], first["on"]) == ("CVE-2026-9001", "2026-12-24", ["web-0", "web-1"])
    assert (second["rule"], second["hosts"], second["fixed_in"]) == ("CVE-2026-9002", 2, "3.0.17")
    assert len(rest) == 8 and told["more"] == 22
    assert (told["channel"], told["account"], told["time"]) == ("ops", ACCOUNT, "2026-11-24T12:00:00.000Z")
    assert here.digest() == [told], "told once"
    here.times.go(minutes=1)
    here.seen(hosts, many)
    (_, later) = here.digest()
    assert later["fixed"] == {"High": 4} and later["opened"] == {}
    here.seen(hosts[2:], many)
    assert len(here.digest()) == 2, "seen again is nothing new"


def test_other_accounts_and_paused_channels_hear_nothing(here: Channeled) -> None:
    host = here.world.host("web-1")
    mine = here.channel()
    theirs = replace(mine, id="0-zzzzzzzz", account=OTHER, name="theirs")
    with here.world.database.write() as connection:
        assert stored.add(connection, theirs, b"x")
    channels.pause(here.world.service, here.world.caller, "ops")
    here.seen([host], [flaw("CVE-2026-0001")])
    assert here.digest() == [] and here.rows(tables.happening) == []
    channels.resume(here.world.service, here.world.caller, mine.id)
    here.seen([host], [flaw("CVE-2026-0001"), flaw("CVE-2026-0002")])
    assert [one["opened"] for one in here.digest()] == [{"High": 1}], "what came while it was paused is not told"


def test_tags_of_hosts_choose(here: Channeled) -> None:
    prod, test = here.world.host("web-1", tags={"env": "prod"}), here.world.host("web-2", tags={"env": "test"})
    here.channel(tags=("env=prod",))
    here.seen([prod, test], [flaw("CVE-2026-0001")])
    (told,) = here.digest()
    assert told["opened"] == {"High": 1} and told["worst"][0]["on"] == ["web-1"]


def test_what_a_run_brings_is_told_when_it_has_ended_and_what_was_suppressed_never(here: Channeled) -> None:
    host = here.world.host("web-1")
    run = here.world.run(parse(here.world.template(here.world.target())))
    here.channel(events=("finding-opened", "run-completed"))
    suppressions.create(here.world.service, here.world.caller, [("component", "curl")], "known")
    here.seen([host], [flaw("CVE-2026-0001"), flaw("CVE-2026-0002", "curl", MEDIUM)], run=run.id)
    assert here.digest() == []
    with here.world.database.write() as connection:
        connection.execute(update(tables.run).where(tables.run.c.id == run.id).values(state="COMPLETED"))
        issues.mark(connection, ACCOUNT, 0)
    (told,) = here.digest()
    assert told["opened"] == {"High": 1} and [one["rule"] for one in told["worst"]] == ["CVE-2026-0001"]


def test_nothing_is_told_of_what_was_mended_before_it_could_be(here: Channeled) -> None:
    host = here.world.host("web-1")
    here.channel(every="30m")
    here.seen([host], [flaw("CVE-2026-0001")])
    here.times.go(minutes=10)
    here.seen([host], [])
    here.times.go(minutes=30)
    assert here.digest() == [] and here.rows(tables.happening) == []


def test_a_digest_waits_for_its_time(here: Channeled) -> None:
    host = here.world.host("web-1")
    here.channel("half-hourly", every="30m")
    here.channel("daily", at="08:30", zone="Asia/Tokyo")
    here.seen([host], [flaw("CVE-2026-0001")])
    assert here.digest() == []
    here.times.go(minutes=29)
    here.seen([host], [flaw("CVE-2026-0001"), flaw("CVE-2026-0002")])
    assert here.digest() == []
    here.times.go(minutes=1)
    assert [(one["channel"], one["opened"]) for one in here.digest()] == [("half-hourly", {"High": 2})]
    here.times.to("2026-11-25T08:29:59+09:00")
    assert len(here.digest()) == 1
    here.times.to("2026-11-25T08:30:10+09:00")
    assert [(one["channel"], one["opened"]) for one in here.digest()][1:] == [("daily", {"High": 2})]


def test_an_hour_has_an_end_and_loses_nothing(here: Channeled) -> None:
    host = here.world.host("web-1")
    here.channel(most=3)
    for number in range(10):
        here.seen([host], [flaw(f"CVE-2026-{each:04}") for each in range(number + 1)])
        told = here.digest()
        here.times.go(minutes=1)
    assert [one["opened"] for one in told] == [{"High": 1}] * 3
    quiet = [one.get("quiet_until") for one in told]
    assert quiet[:2] == [None, None] and quiet[2] == 1_795_521_600_000 + 3_600_000
    here.times.to("2026-11-24T13:00:01+00:00")
    assert here.digest()[3]["opened"] == {"High": 7}, "all that came meanwhile, in one"


def test_runs_agents_and_the_installation(here: Channeled) -> None:
    host = here.world.host("web-1")
    here.channel(events=("run-completed", "run-failed", "agent-unhealthy", "feed-stale", "certificate-ending"))
    with here.world.database.write() as connection:
        jobs = here.world.service.jobs
        detail = {"name": "debian", "why": "its newest record is 9 days old"}
        happening.note_installation(connection, jobs, "feed-stale", detail)
        row = {
            "host": host.id, "account": ACCOUNT, "key": "k", "secret": b"", "told": {}, "kinds": [], "enrolled_at": 1,
            "seen_at": 1,
        }  # fmt: skip
        connection.execute(insert(tables.agent).values(row))
    sweep(here.work, {})
    sweep(here.work, {})
    (told,) = here.digest()
    assert [one["what"] for one in told["happened"]] == ["feed-stale", "agent-unhealthy"]
    assert told["happened"][1]["hostname"] == "web-1" and "no contact since" in told["happened"][1]["why"]


def test_a_channel_that_is_gone_leaves_nothing_behind(here: Channeled) -> None:
    host = here.world.host("web-1")
    one = here.channel()
    here.seen([host], [flaw("CVE-2026-0001")])
    here.digest()
    here.seen([host], [flaw("CVE-2026-0001"), flaw("CVE-2026-0002")])
    channels.delete(here.world.service, here.world.caller, one.id)
    for table in (tables.channel, tables.happening, tables.channel_message, tables.outbox):
        assert here.rows(table) == []


def killed_after(here: Channeled, statements: int, what: Any) -> bool:
    """Has a process of its own do something; whether it was killed after so many statements."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = [statements]
    try:
        database = Database(here.world.database.url)

        def count(*_: Any) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(database.engine, "after_cursor_execute", count)
        service = replace(here.world.service, database=database)
        what(replace(here, world=replace(here.world, service=service)))
    finally:
        os._exit(0 if left[0] > 0 else 1)


@pytest.mark.slow
def test_wherever_it_is_killed_it_is_told_once(here: Channeled) -> None:
    hosts = [here.world.host(f"web-{number}") for number in range(3)]
    here.channel(events=ALL)
    statements = 1
    while killed_after(here, statements, lambda one: one.seen(hosts, [flaw("CVE-2026-0001"), flaw("CVE-2026-0002")])):
        assert here.rows(tables.happening) == here.rows(tables.issue) == [], f"half of it, after {statements}"
        statements += 1
    assert statements > 5 and len(here.rows(tables.happening)) == 2
    statements = 1
    while killed_after(here, statements, lambda one: digest(one.work, {})):
        assert here.waiting() == [] and len(here.rows(tables.happening)) == 2, f"half of it, after {statements}"
        statements += 1
    assert statements > 5
    (told,) = here.waiting()
    assert told["opened"] == {"High": 6} and here.rows(tables.happening) == []
