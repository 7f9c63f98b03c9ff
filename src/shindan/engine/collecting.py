"""From the start of a run to all data in: whom to wait for, how long, and who never delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.moving import move
from shindan.engine.outside import OUTSIDE
from shindan.engine.silence import why_nothing_came
from shindan.engine.wants import WANTS
from shindan.engine.work import Work, packages_of
from shindan.model.agent import Agent
from shindan.model.exclusion import Exclusion
from shindan.model.run import Run, RunHost, RunState
from shindan.store import agents, exclusions, run_hosts

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
    half = run_hosts.settle(connection, run.id)
    _tell_silent(connection, run)
    exclusions.add(connection, run.id, [*_absent(connection, run), *_cut(connection, run, half)])
    run_hosts.set_health(connection, run.id, "IDLE")
    move(connection, work.jobs, work.region, run, "DATA_COLLECTED", data_collected=True)
    return AT_ONCE


def _duration(work: Work, run: Run) -> float:
    return float(run.duration if work.timing.duration is None else work.timing.duration)


def _enough(work: Work, connection: Connection, run: Run) -> bool:
    """Whether waiting longer brings nothing: no hosts at all, or all delivered.

    Runtime Behavior Analysis wants the whole window of whoever is watched; of a host without an agent, facts from
    before the run count there, too.
    """
    if not run_hosts.any_of(connection, run.id):
        return True
    by = run.started_at if "runtime" in packages_of(run) else None
    return work.timing.early_end and run_hosts.awaited(connection, run.id, by) == 0


def _tell_silent(connection: Connection, run: Run) -> None:
    """Notes as unhealthy what has an agent that was never heard: it is not a host without one."""
    unheard = [host.host for host in run_hosts.unheard(connection, run.id)]
    rows = [
        {"in_run": run.id, "of": host, "new_health": "UNHEALTHY", "new_code": "UNHEALTHY",
         "new_details": why_nothing_came(agent, milliseconds())}
        for host, agent in sorted(agents.of_hosts(connection, unheard).items())
    ]  # fmt: skip
    run_hosts.tell_health(connection, rows)


def _absent(connection: Connection, run: Run) -> Iterator[Exclusion]:
    hosts = run_hosts.of_run(connection, run.id)
    if not hosts:
        yield Exclusion("NO_INSTANCES", tuple(("RULES_PACKAGE_ARN", arn) for arn in run.packages))
    known = agents.of_hosts(connection, [host.host for host in hosts if host.delivered_at is None])
    from_outside = set(packages_of(run)) == {OUTSIDE}
    for host in hosts:
        # What looks from outside alone does without an agent, or says itself why it could not.
        if host.delivered_at is None and not (from_outside and host.unheard):
            yield absent(host, known.get(host.host))


def absent(host: RunHost, agent: Agent | None = None) -> Exclusion:
    """The exclusion of a host that delivered nothing: nobody knows an agent on it, or its agent is silent."""
    if agent is not None:
        return Exclusion("AGENT_UNHEALTHY", (("INSTANCE_ID", host.host),), _sentence(agent))
    code = "AGENT_NOT_FOUND" if host.unheard else "AGENT_UNHEALTHY"
    return Exclusion(code, (("INSTANCE_ID", host.host),), host.health_details)


def _cut(connection: Connection, run: Run, half: Sequence[str]) -> Iterator[Exclusion]:
    """For hosts that handed in their inventory, and then not all that was to be sampled."""
    known = agents.of_hosts(connection, half)
    watching = [arn for name, arn in packages_of(run).items() if WANTS[name].sampled]
    for host in half:
        why = f"Its window was cut: {_sentence(known[host])}" if host in known else "Its window was cut."
        for arn in watching:
            yield Exclusion("NOT_OBSERVED", (("INSTANCE_ID", host), ("RULES_PACKAGE_ARN", arn)), why)


def _sentence(agent: Agent) -> str:
    text = why_nothing_came(agent, milliseconds())
    return f"{text[0].upper()}{text[1:]}."
