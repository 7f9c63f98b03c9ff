"""The state machine of a run as a table: what each state waits for, and the move that it makes.

Every move is one transaction that holds the run's row, so doing it twice does nothing, and a worker that was killed
leaves the run where the next one goes on. No job sleeps: who has to wait leaves a delayed job behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from shindan.engine import collecting, evaluating
from shindan.engine.moving import move
from shindan.engine.work import Work, advance_key, packages_of
from shindan.model.exclusion import Exclusion, Scopes
from shindan.model.run import BEFORE_EVALUATION, Run, RunState
from shindan.store import exclusions, runs

Step = Callable[[Work, Connection, Run], float]
"""Makes a run's next move if it is time; returns 0 where it did, else the seconds until it may be time."""

STEPS: Mapping[RunState, Step] = {
    "CREATED": collecting.ordered,
    "START_DATA_COLLECTION_PENDING": collecting.ordered,
    "START_DATA_COLLECTION_IN_PROGRESS": collecting.begin,
    "COLLECTING_DATA": collecting.collect,
    "STOP_DATA_COLLECTION_PENDING": collecting.drain,
    "DATA_COLLECTED": evaluating.queue,
    "START_EVALUATING_RULES_PENDING": evaluating.wait_for_feeds,
}
"""All states before the end but EVALUATING_RULES, which is many transactions (`evaluating.evaluate`)."""

_TRIES = 5


def advance(work: Work, args: Mapping[str, Any]) -> None:
    """The job: moves a run as far as it goes now. A run whose moves fail again and again ends as ERROR."""
    run_id = str(args["run"])
    try:
        while _moved(work, run_id):
            pass
    except Exception as error:
        if int(args.get("attempt", 1)) < _TRIES:
            raise
        _give_up(work, run_id, error)
        raise


def _moved(work: Work, run_id: str) -> bool:
    with work.database.write() as connection:
        run = runs.lock(connection, run_id)
        if run is None or run.ended:
            return False
        if run.stop == "skip" and run.state in BEFORE_EVALUATION:
            cancel(connection, work, run)
            return False
        if run.state in STEPS:
            pause = STEPS[run.state](work, connection, run)
            if pause:
                key = f"{advance_key(run_id)} later"
                work.jobs.enqueue("advance", {"run": run_id}, key=key, delay=pause, conn=connection)
            return not pause
    evaluating.evaluate(work, run)
    return True


def cancel(connection: Connection, work: Work, run: Run) -> None:
    """Ends a run that somebody stopped without wanting results."""
    work.jobs.cancel(f"finish {run.id}", connection)
    move(connection, work.jobs, work.region, run, "CANCELED")


def _give_up(work: Work, run_id: str, error: Exception) -> None:
    with work.database.write() as connection:
        run = runs.lock(connection, run_id)
        if run is not None and not run.ended:
            scopes: Scopes = tuple(("RULES_PACKAGE_ARN", arn) for arn in packages_of(run).values())
            detail = f"{type(error).__name__}: {error}"[:500]
            exclusions.add(connection, run.id, [Exclusion("EVALUATION_ERROR", scopes, detail)])
            move(connection, work.jobs, work.region, run, "ERROR")
