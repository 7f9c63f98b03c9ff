"""A worker that is killed anywhere while a schedule begins a run: the next look begins it, once and whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from scheduled import NIGHTLY, Scheduled, scheduled
from shindan.model.schedule import ReportWish
from shindan.service import schedule_starts
from shindan.store.database import Database
from shindan.store.tables import audit, run, run_host, run_state, schedule_event, schedule_report
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    yield from scheduled(request.param, tmp_path, monkeypatch)


def killed_after(here: Scheduled, account: str, id_: str, statements: int) -> bool:
    """Has a process of its own do what a schedule has to do; whether it was killed after so many statements."""
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
        schedule_starts.begin(replace(here.world.service, database=database), account, id_)
    finally:
        os._exit(0 if left[0] > 0 else 1)


def rows(here: Scheduled) -> list[int]:
    tables = (run, run_host, run_state, schedule_event, schedule_report)
    with here.world.database.read() as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
        started = audit.c.action == "StartAssessmentRun"
        return [*counts, connection.execute(select(func.count()).select_from(audit).where(started)).scalar_one()]


def test_a_run_begins_once_wherever_its_worker_was_killed(here: Scheduled) -> None:
    for number in range(3):
        here.world.host(f"web-{number}")
    here.channel()
    one = here.schedule(replace(NIGHTLY, report=ReportWish("ops")))
    here.times.to("2026-11-25T03:00:05+01:00")
    statements = 1
    while killed_after(here, one.account, one.id, statements):
        assert rows(here) == [0] * 6, f"something was left behind after {statements} statements"
        statements += 1
    assert statements > 12
    here.look()
    assert rows(here) == [1, 3, 1, 1, 1, 1]
