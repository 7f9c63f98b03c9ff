"""Events of runs, put into the outbox by the transaction that makes them true (specification, section 9.3)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine.jobs import Jobs
from shindan.engine.work import run_arn
from shindan.model.run import Run
from shindan.store import outbox, subscriptions

DELIVER = "deliver"
"""The job that empties the outbox."""


def announce(
    connection: Connection, jobs: Jobs, region: str, run: Run, event: str, at: int, more: Sequence[Mapping[str, Any]]
) -> None:
    """Has an event of a run delivered to whoever subscribed to it: one message for each of `more`'s extra members."""
    topics = [one.topic for one in subscriptions.of_template(connection, run.template) if one.event == event]
    if not topics or not more:
        return
    arn = run_arn(region, run)
    common = {"event": event, "template": str(arn.parent), "target": str(arn.parent.parent), "run": str(arn)}
    payloads = [{**common, **extra, "time": iso(at)} for extra in more]
    outbox.add(connection, run.account, run.id, event, topics, payloads, at)
    jobs.enqueue(DELIVER, {}, key=DELIVER, conn=connection)


def findings_count(counts: Mapping[str, int]) -> dict[str, Any]:
    """The counts of a completed run: in the original's own form, which is no JSON, and as a map."""
    text = ", ".join(f"{arn}={number}" for arn, number in counts.items())
    return {"findingsCount": f"{{{text}}}", "findingsCountMap": dict(counts)}


def iso(at: int) -> str:
    """A moment (ms) as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
