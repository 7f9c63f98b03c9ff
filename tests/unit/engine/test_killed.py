"""A worker that is killed in the middle of a run: the next one goes on, and the run ends the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from run_world import RunWorld, advisories, run_world
from shindan.model.arn import Arn
from shindan.service import runs, subscriptions
from shindan.store.tables import finding, issue, outbox, run_host, usage
from stores import BACKENDS, databases
from support import REPOSITORY

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}
HOSTS = 90


@contextmanager
def worker(living: RunWorld, folder: Path, drain: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, killed at the end."""
    program = [sys.executable, str(REPOSITORY / "tests/run_world.py"), living.service.database.url, str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"}
    process = subprocess.Popen([*program, str(drain)], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def state_of(living: RunWorld, arn: Arn) -> str:
    return living.view(arn).run.state


def evaluated(living: RunWorld) -> int:
    with living.service.database.read() as connection:
        statement = select(func.count()).select_from(run_host).where(run_host.c.evaluated)
        return connection.execute(statement).scalar_one()


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_survives_its_worker_wherever_that_is_killed(tmp_path: Path, backend: str) -> None:
    folder = tmp_path / "data"
    advisories(folder)
    for database in databases(backend, tmp_path):
        with run_world(database, folder, working=False) as living:
            for number in range(HOSTS):
                living.world.host(f"web-{number}", packages=OLD)
            template = living.world.template(living.world.target())
            for event in ("ASSESSMENT_RUN_STATE_CHANGED", "ASSESSMENT_RUN_COMPLETED", "FINDING_REPORTED"):
                topic = "arn:aws:sns:us-west-2:123456789012:told"
                subscriptions.subscribe(living.service, living.world.caller, template, event, topic)
            arn = runs.start(living.service, living.world.caller, template)
            killed: set[object] = set()
            while state_of(living, arn) not in ("COMPLETED", "COMPLETED_WITH_ERRORS"):
                # Whatever has been seen already is let pass; the first new thing to be seen is the last for this one.
                with worker(living, folder) as process:
                    deadline = time.monotonic() + 60
                    while (state := state_of(living, arn)) in killed and not living.view(arn).run.ended:
                        done = evaluated(living)
                        if state == "EVALUATING_RULES" and 0 < done < HOSTS and ("batch", done) not in killed:
                            killed.add(("batch", done))
                            break
                        assert process.poll() is None and time.monotonic() < deadline
                    killed.add(state)
            check(living, arn)
            assert {"CREATED", "COMPLETED"} <= killed | {state_of(living, arn)}


def check(living: RunWorld, arn: Arn) -> None:
    """The run has what an undisturbed one has, and nothing twice."""
    view = living.view(arn)
    assert dict(view.run.counts) == {"High": HOSTS, "Medium": HOSTS, "Low": HOSTS, "Informational": 0, "Undefined": 0}
    states = [change.state for change in view.states]
    assert len(states) == len(set(states)) == 9
    with living.service.database.read() as connection:
        pairs = connection.execute(select(finding.c.host, finding.c.rule)).all()
        assert len(pairs) == len(set(pairs)) == HOSTS * 3
        assert connection.execute(select(func.count()).select_from(issue)).scalar() == HOSTS * 3
        assert connection.execute(select(usage.c.units)).scalar() == HOSTS
        told = connection.execute(select(outbox.c.event, outbox.c.payload).where(outbox.c.run != "")).all()
    payloads = [str(sorted(payload.items())) for _, payload in told]
    assert len(payloads) == len(set(payloads))
    events = [event for event, _ in told]
    assert events.count("ASSESSMENT_RUN_STATE_CHANGED") == 9
    assert events.count("ASSESSMENT_RUN_COMPLETED") == 1
    assert events.count("FINDING_REPORTED") == HOSTS * 3
