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

OURS = ("findingsCountMap",)
"""Members that the original does not send; topics of SNS get none of them."""


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
    of_sns = [topic for topic in topics if topic.startswith("arn:")]
    others = [topic for topic in topics if topic not in of_sns]
    if of_sns:
        # To the letter as the original sends it.
        plain = ({name: value for name, value in one.items() if name not in OURS} for one in payloads)
        outbox.add(connection, run.account, run.id, event, of_sns, plain, at)
    outbox.add(connection, run.account, run.id, event, others, payloads, at)
    jobs.enqueue(DELIVER, {}, key=DELIVER, conn=connection)


def findings_count(counts: Mapping[str, int]) -> dict[str, Any]:
    """The counts of a completed run: in the original's own form, which is no JSON, and as a map."""
    text = ", ".join(f"{arn}={number}" for arn, number in counts.items())
    return {"findingsCount": f"{{{text}}}", "findingsCountMap": dict(counts)}


def iso(at: int) -> str:
    """A moment (ms) as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
