"""A worker that is killed while it tells receivers of runs: the next one goes on, and only what was on its way comes twice.

The workers are processes of their own and the receiver speaks HTTPS; the database and the service here outlive them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from receivers import Receiver, receiver
from run_world import RunWorld, advisories, notifier, run_world, until
from shindan.engine.clock import milliseconds
from shindan.engine.trying import TAKEN
from shindan.model.arn import Arn
from shindan.model.event import message_id
from shindan.service import runs, subscriptions
from shindan.store.tables import delivery, outbox
from stores import BACKENDS, databases
from support import REPOSITORY

pytestmark = pytest.mark.slow

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}
HOSTS, FINDINGS = 12, 3
EVENTS = ("ASSESSMENT_RUN_STARTED", "ASSESSMENT_RUN_STATE_CHANGED", "FINDING_REPORTED", "ASSESSMENT_RUN_COMPLETED")
STATES = 9
PATIENCE = 120
EACH_RUN = 1 + STATES + HOSTS * FINDINGS + 1
"""Events of one run, told to each of two receivers."""


@contextmanager
def _worker(living: RunWorld, folder: Path, hook: Receiver) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that does runs and sends events, killed at the end."""
    program = [sys.executable, str(REPOSITORY / "tests/run_world.py"), living.service.database.url, str(folder), "0"]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"}
    process = subprocess.Popen([*program, str(hook.ca)], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _begun(living: RunWorld, hook: Receiver, folder: Path) -> list[Arn]:
    """Two runs of hosts of their own, whose events go to two addresses of the receiver."""
    service = replace(living.service, notifier=notifier(living.service.database, folder, hook.ca))
    found = []
    for name in ("red", "blue"):
        for number in range(HOSTS):
            living.world.host(f"{name}-{number}", tags={"fleet": name}, packages=OLD)
        template = living.world.template(living.world.target(name, [("fleet", name)]), name)
        for address in (hook.url, f"{hook.url}&y=2"):
            for event in EVENTS:
                subscriptions.subscribe(service, living.world.caller, template, event, address)
        found.append(runs.start(service, living.world.caller, template))
    hook.posts.clear()  # what came so far was the asking whether it may be told
    return found


def _rows(living: RunWorld) -> list[Any]:
    with living.service.database.read() as connection:
        return list(connection.execute(select(outbox).where(outbox.c.run != "").order_by(outbox.c.number)))


def _let_time_pass(living: RunWorld) -> None:
    """The minute is over for which a message and its topic are in the hands of whoever took them."""
    taken = outbox.c.done_at.is_(None) & (outbox.c.due_at > milliseconds())
    with living.service.database.write() as connection:
        connection.execute(update(outbox).where(taken).values(due_at=outbox.c.due_at - TAKEN))
        connection.execute(update(delivery).values(busy_until=delivery.c.busy_until - TAKEN))


KILLS = {"sqlite": (3, 25, 80, 130), "postgresql": (25, 80)}
"""Number of the post that a worker does not live to see answered, by database."""


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_what_was_on_its_way_comes_twice(tmp_path: Path, backend: str) -> None:
    folder = tmp_path / "data"
    advisories(folder)
    with receiver(tmp_path) as hook:
        for database in databases(backend, tmp_path):
            with run_world(database, folder, working=False) as living:
                _begun(living, hook, folder)
                suspects = [_killed(living, folder, hook, number) for number in KILLS[backend]]
                with _worker(living, folder, hook):
                    until(
                        lambda: len(_rows(living)) == 4 * EACH_RUN and all(row.done_at for row in _rows(living)),
                        PATIENCE,
                    )
                _check(_rows(living), hook, suspects)


def _killed(living: RunWorld, folder: Path, hook: Receiver, number: int) -> set[str]:
    """Kills a worker when the receiver has that post and has not answered it; ids of what then may come twice.

    That is what somebody took and nobody noted as done: this post, and one of every other run and address at most.
    """
    hook.hold(number)
    with _worker(living, folder, hook):
        assert hook.held.wait(PATIENCE), "nothing came"
    hook.let_go.set()
    taken = [row for row in _rows(living) if row.attempts and row.done_at is None]
    assert len({(row.topic, row.run) for row in taken}) == len(taken), "one of a run and an address at a time"
    on_their_way = {message_id(row.account, row.number, row.created_at) for row in taken}
    assert hook.bodies[number - 1]["MessageId"] in on_their_way
    _let_time_pass(living)
    return on_their_way


def _check(rows: list[Any], hook: Receiver, suspects: list[set[str]]) -> None:
    counted = Counter(body["MessageId"] for body in hook.bodies)
    twice = {id_ for id_, number in counted.items() if number > 1}
    assert len(counted) == len(rows) == 4 * EACH_RUN, "every event came to every receiver"
    assert twice <= set().union(*suspects), "what was acknowledged and noted comes once"
    assert len(suspects) <= len(twice) and max(counted.values()) <= len(suspects) + 1
    assert all(row.status == "SUCCESS" for row in rows)
    first: dict[tuple[str, str], list[dict[str, Any]]] = {}
    seen: set[str] = set()
    for body in hook.bodies:
        if body["MessageId"] not in seen:
            seen.add(body["MessageId"])
            first.setdefault(_group(body), []).append(json.loads(body["Message"]))
    wanted: dict[str, list[Any]] = {}
    for row in rows:
        if row.topic == hook.url:
            wanted.setdefault(row.payload["run"], []).append(row.payload)
    assert len(first) == 4
    for (_, run), told in first.items():
        assert told == wanted[run], "in the order of the run"


def _group(body: dict[str, Any]) -> tuple[str, str]:
    """(Address, run): whose order is kept."""
    return str(body["TopicArn"]), str(json.loads(body["Message"])["run"])
