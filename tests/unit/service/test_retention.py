"""What is let go of, and what stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from service_world import ACCOUNT, World, worlds
from shindan.engine.clock import milliseconds
from shindan.model.arn import parse
from shindan.service.retention import Keep, prune
from shindan.store import audit
from shindan.store.tables import host as hosts
from shindan.store.tables import run
from stores import BACKENDS

DAY = 86_400_000


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_runs_that_ended_long_ago_go_and_running_ones_never(world: World) -> None:
    template = parse(world.template(world.target()))
    old, young, running = (world.run(template, state) for state in ("COMPLETED", "COMPLETED", "EVALUATING_RULES"))
    now = milliseconds()
    with world.database.write() as connection:
        for arn, days in ((old, 11), (young, 9)):
            connection.execute(update(run).where(run.c.id == arn.id).values(completed_at=now - days * DAY))
    assert prune(world.service, Keep(runs=0)).runs == 0
    assert prune(world.service, Keep(runs=10)).runs == 1
    with world.database.read() as connection:
        assert set(connection.execute(select(run.c.id)).scalars()) == {young.id, running.id}


def test_an_inventory_goes_when_nothing_names_it_and_it_is_old(world: World) -> None:
    blobs = world.service.blobs
    first = world.host("web1", packages={"openssl": "1"})
    second = world.host("web1", packages={"openssl": "2"})
    assert (first.id, first.facts == second.facts) == (second.id, False)
    young = blobs.put(b"not yet named")
    _age(world, first.facts or "", days=31)
    _age(world, second.facts or "", days=31)
    assert prune(world.service, Keep(facts=30)).blobs == 1
    assert set(blobs.digests()) == {second.facts, young}
    assert prune(world.service, Keep(facts=30)).blobs == 0


def test_putting_an_old_blob_again_keeps_it(world: World) -> None:
    digest = world.service.blobs.put(b"content")
    _age(world, digest, days=99)
    world.service.blobs.put(b"content")
    assert prune(world.service, Keep(facts=30)).blobs == 0


def test_the_audit_and_hosts_that_are_silent(world: World) -> None:
    host = world.host("web1")
    now = milliseconds()
    with world.database.write() as connection:
        connection.execute(update(hosts).where(hosts.c.id == host.id).values(last_seen=now - 31 * DAY))
        for days in (1, 500):
            audit.note(
                connection,
                account=ACCOUNT,
                caller="x",
                action=f"{days}",
                resource="",
                outcome="done",
                at=now - days * DAY,
            )
    gone = prune(world.service, Keep(audit=400))
    assert (gone.audit, gone.archived) == (1, [host.id])
    with world.database.read() as connection:
        actions = [entry.action for entry in audit.entries(connection, ACCOUNT)]
        archived = connection.execute(select(func.count()).where(hosts.c.archived)).scalar_one()
    assert ("1" in actions, "500" in actions, archived) == (True, False, 1)


def _age(world: World, digest: str, days: int) -> None:
    then = milliseconds() / 1000 - days * 86_400
    os.utime(world.service.blobs.path(digest), (then, then))
