"""One move of a run from state to state: the row, its history and its events, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from shindan.engine.announcing import announce
from shindan.engine.clock import milliseconds
from shindan.engine.happening import note_run
from shindan.engine.jobs import Jobs
from shindan.model.run import ENDED, Run, RunState, may_follow
from shindan.store import runs


def move(connection: Connection, jobs: Jobs, region: str, run: Run, state: RunState, **columns: Any) -> int:
    """Moves a locked run and announces it; returns the moment. Raises ValueError for a move that there is not."""
    if not may_follow(run.state, state):
        raise ValueError(f"run {run.id} cannot go from {run.state} to {state}")
    at = max(milliseconds(), run.state_changed_at)
    if state == "COLLECTING_DATA":
        columns["started_at"] = at
    if state in ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "ERROR", "CANCELED"):
        columns["completed_at"] = at
    runs.move(connection, run.id, state, at, **columns)
    announce(connection, jobs, region, run, "ASSESSMENT_RUN_STATE_CHANGED", at, [{"newstate": state}])
    if state in ENDED:
        note_run(connection, jobs, run, state, columns.get("counts"))
    return at
