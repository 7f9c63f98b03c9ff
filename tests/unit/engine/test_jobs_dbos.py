"""The job engine behind its port, on both databases: what is promised of keys, transactions, failures and deaths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from run_world import until
from shindan.engine.executor_id import Slot
from shindan.engine.jobs_dbos import DbosJobs
from shindan.store.database import Database
from shindan.store.tables import job_key
from stores import BACKENDS, databases
from support import REPOSITORY


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from databases(request.param, tmp_path)


class Done:
    """Handlers that note what they were given; `block` holds those named `slow` until it is set."""

    def __init__(self) -> None:
        self.args: list[dict[str, Any]] = []
        self.block = threading.Event()
        self.begun = threading.Event()
        self.failures = 0

    def note(self, args: Mapping[str, Any]) -> None:
        self.args.append(dict(args))

    def slow(self, args: Mapping[str, Any]) -> None:
        self.begun.set()
        assert self.block.wait(20)
        self.note(args)

    def fragile(self, args: Mapping[str, Any]) -> None:
        self.failures += 1
        if self.failures < 2:
            raise ValueError("not yet")
        self.note(args)

    def whats(self) -> list[object]:
        return [args.get("what") for args in self.args]


@pytest.fixture
def jobs(database: Database, tmp_path: Path) -> Iterator[DbosJobs]:
    made = DbosJobs(database, tmp_path / "jobs", poll=0.1, beat=0.5, dead_after=2, longest_pause=0.1)
    made.migrate()
    yield made
    made.close()


def started(jobs: DbosJobs) -> Done:
    done = Done()
    jobs.start({"note": done.note, "slow": done.slow, "fragile": done.fragile})
    return done


def test_a_job_is_part_of_the_transaction_that_asks_for_it(database: Database, jobs: DbosJobs) -> None:
    done = started(jobs)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        jobs.enqueue("note", {"what": "undone"}, key="a", conn=connection)
        raise ZeroDivisionError
    with database.write() as connection:
        jobs.enqueue("note", {"what": "done"}, key="a", conn=connection)
    until(lambda: bool(done.args))
    jobs.enqueue("note", {"what": "last"}, key="b")
    until(lambda: len(done.args) > 1)
    assert done.whats() == ["done", "last"]


def test_a_waiting_key_is_taken_and_a_running_one_is_free(jobs: DbosJobs) -> None:
    for what in ("first", "superfluous"):
        jobs.enqueue("slow", {"what": what}, key="k")
    done = started(jobs)
    assert done.begun.wait(20)
    # The first runs and may have looked already: whoever asks now must not be forgotten.
    for what in ("again", "superfluous"):
        jobs.enqueue("slow", {"what": what}, key="k")
    done.block.set()
    until(lambda: len(done.args) == 2)
    assert done.whats() == ["first", "again"]


def test_what_waits_can_be_taken_back(jobs: DbosJobs) -> None:
    jobs.enqueue("note", {"what": "taken back"}, key="k", delay=0.1)
    jobs.cancel("k")
    jobs.cancel("unknown")
    jobs.enqueue("note", {"what": "kept"}, key="k", delay=0.1)
    done = started(jobs)
    until(lambda: bool(done.args))
    assert done.whats() == ["kept"]


def test_a_delay_is_waited_for(jobs: DbosJobs) -> None:
    done = started(jobs)
    began = time.monotonic()
    jobs.enqueue("note", {"what": "late"}, key="late", delay=1)
    jobs.enqueue("note", {"what": "soon"}, key="soon")
    until(lambda: len(done.args) == 2)
    assert done.whats() == ["soon", "late"]
    assert time.monotonic() - began >= 1


def test_what_fails_is_tried_again(jobs: DbosJobs) -> None:
    done = started(jobs)
    jobs.enqueue("fragile", {"what": "x"}, key="k")
    until(lambda: bool(done.args))
    assert (done.failures, done.args[0]["attempt"]) == (2, 2)


def test_a_timetable_is_kept(jobs: DbosJobs) -> None:
    jobs.cron("note", "* * * * * *")
    done = started(jobs)
    until(lambda: len(done.args) >= 2)
    assert [args["at"] for args in done.args] == sorted({args["at"] for args in done.args})


def test_nobody_who_writes_the_database_can_run_code(database: Database, jobs: DbosJobs) -> None:
    jobs.enqueue("note", {"what": "äöü"}, key="k")
    table = "workflow_input" if database.is_sqlite else "dbos.workflow_input"
    with database.read() as connection:
        (stored,) = connection.execute(text(f"SELECT inputs FROM {table}")).scalars()
        kept = connection.execute(select(job_key.c.key)).scalars().all()
    assert json.loads(stored)["args"][2:] == ["note", {"what": "äöü"}, 1]
    assert kept == ["k"]


def test_a_process_has_one_worker(database: Database, jobs: DbosJobs, tmp_path: Path) -> None:
    started(jobs)
    assert jobs.working
    with pytest.raises(RuntimeError, match="has a worker already"):
        DbosJobs(database, tmp_path / "other").start({})


def test_what_another_process_enqueues_in_a_file_is_seen_long_before_the_next_poll(
    database: Database, tmp_path: Path
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL is asked every few seconds")
    worker, other = DbosJobs(database, tmp_path / "jobs", poll=60), DbosJobs(Database(database.url), tmp_path)
    done = Done()
    worker.start({"note": done.note})
    try:
        began = time.monotonic()
        other.enqueue("note", {"what": "a"}, key="a")  # its bell rings for nobody
        until(lambda: bool(done.args))
        assert time.monotonic() - began < 30
    finally:
        other.close()
        worker.close()


def test_workers_of_one_machine_have_ids_of_their_own_that_last(tmp_path: Path) -> None:
    first, second = Slot(tmp_path), Slot(tmp_path)
    ids = first.id, second.id
    assert len(set(ids)) == 2
    first.close()
    again = Slot(tmp_path)
    assert again.id == ids[0]
    assert Slot(tmp_path / "elsewhere").id.split("-")[0] != ids[0].split("-")[0]


@pytest.mark.slow
@pytest.mark.parametrize("same", [True, False], ids=["restarted", "another machine"])
def test_the_job_of_a_killed_worker_is_done_by_another(
    database: Database, jobs: DbosJobs, tmp_path: Path, same: bool
) -> None:
    jobs.enqueue("hold", {"what": "held"}, key="k")
    file, folder = tmp_path / "begun", tmp_path / ("jobs" if same else "other")
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"}
    program = [sys.executable, str(REPOSITORY / "tests/job_worker.py"), database.url, str(folder), str(file)]
    child = subprocess.Popen(program, env=environment)
    try:
        until(lambda: file.exists() and file.read_text() == "held\n")
    finally:
        child.kill()
        child.wait()
    done = Done()
    jobs.start({"hold": done.note})
    until(lambda: bool(done.args))
    assert (done.whats(), file.read_text()) == (["held"], "held\n")
