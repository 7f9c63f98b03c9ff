"""From the start of a run to all data in: whom to wait for, how long, and who never delivered."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.jobs import Jobs
from shindan.engine.moving import move
from shindan.engine.work import Work, advance_key, packages_of
from shindan.model.exclusion import Exclusion
from shindan.model.run import Run, RunHost, RunState
from shindan.store import exclusions, run_hosts

AT_ONCE = 0.0


def ordered(work: Work, connection: Connection, run: Run) -> float:
    """CREATED, and the two states of orders: agents ask for what is wanted of them, so nothing is sent."""
    following: dict[RunState, RunState] = {
        "CREATED": "START_DATA_COLLECTION_PENDING",
        "START_DATA_COLLECTION_PENDING": "START_DATA_COLLECTION_IN_PROGRESS",
    }
    move(connection, work.jobs, work.region, run, following[run.state])
    return AT_ONCE


def begin(work: Work, connection: Connection, run: Run) -> float:
    """Begins to collect, and has the run looked at again when its time is over."""
    move(connection, work.jobs, work.region, run, "COLLECTING_DATA")
    run_hosts.set_health(connection, run.id, "RUNNING")
    key = f"finish {run.id}"
    work.jobs.enqueue("advance", {"run": run.id}, key=key, delay=_duration(work, run), conn=connection)
    return AT_ONCE


def collect(work: Work, connection: Connection, run: Run) -> float:
    """Collects until somebody stops the run, its time is over, or everybody has delivered."""
    assert run.started_at is not None
    left = run.started_at + _duration(work, run) * 1000 - milliseconds()
    if not run.stop and left > 0 and not _enough(work, connection, run):
        return left / 1000
    work.jobs.cancel(f"finish {run.id}", connection)
    move(connection, work.jobs, work.region, run, "STOP_DATA_COLLECTION_PENDING")
    return AT_ONCE


def drain(work: Work, connection: Connection, run: Run) -> float:
    """Waits a little for last uploads of those that may still send; then says who delivered nothing."""
    left = run.state_changed_at + work.timing.drain * 1000 - milliseconds()
    if left > 0 and run_hosts.awaited(connection, run.id):
        return left / 1000
    exclusions.add(connection, run.id, list(_absent(connection, run)))
    run_hosts.set_health(connection, run.id, "IDLE")
    move(connection, work.jobs, work.region, run, "DATA_COLLECTED", data_collected=True)
    return AT_ONCE


def delivered(connection: Connection, jobs: Jobs, host_id: str, facts: str, at: int) -> None:
    """Notes what a host handed in for the runs that wait for it; part of the transaction that takes it in.

    `facts` is the digest of its inventory. The runs are looked at again, since this may have been the last.
    """
    for run_id in run_hosts.collecting(connection, host_id):
        run_hosts.deliver(connection, run_id, host_id, facts, at)
        jobs.enqueue("advance", {"run": run_id}, key=advance_key(run_id), conn=connection)


def _duration(work: Work, run: Run) -> float:
    return float(run.duration if work.timing.duration is None else work.timing.duration)


def _enough(work: Work, connection: Connection, run: Run) -> bool:
    """Whether waiting longer brings nothing: no hosts at all, or all delivered.

    Runtime Behavior Analysis wants the whole window of whoever is watched; facts from before the run count there, too.
    """
    if not run_hosts.any_of(connection, run.id):
        return True
    by = run.started_at if "runtime" in packages_of(run) else None
    return work.timing.early_end and run_hosts.awaited(connection, run.id, by) == 0


def _absent(connection: Connection, run: Run) -> Iterator[Exclusion]:
    hosts = run_hosts.of_run(connection, run.id)
    if not hosts:
        yield Exclusion("NO_INSTANCES", tuple(("RULES_PACKAGE_ARN", arn) for arn in run.packages))
    for host in hosts:
        if host.delivered_at is None:
            yield absent(host)


def absent(host: RunHost) -> Exclusion:
    """The exclusion of a host that delivered nothing: nobody knows an agent on it, or its agent is silent."""
    code = "AGENT_NOT_FOUND" if host.facts is None and host.health == "UNKNOWN" else "AGENT_UNHEALTHY"
    return Exclusion(code, (("INSTANCE_ID", host.host),), host.health_details)
