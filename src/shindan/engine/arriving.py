"""What hosts hand in, noted for the runs that wait for it; part of the transaction that takes it in.

A run that wants samples has a host's delivery when its inventory came and its window ended. Samples come from agents
alone: of a host without one, the inventory is all that there is to wait for.
"""

from __future__ import annotations

from sqlalchemy import Connection

from shindan.engine.jobs import Jobs
from shindan.engine.wants import united
from shindan.engine.work import advance_key
from shindan.model.arn import parse
from shindan.model.packages import package_of
from shindan.store import agents, run_hosts
from shindan.store.run_hosts import Waiting


def delivered(connection: Connection, jobs: Jobs, host_id: str, facts: str, at: int) -> None:
    """Notes a host's inventory, by its digest. The runs are looked at again, since this may have been the last."""
    for one in run_hosts.collecting(connection, [host_id]):
        run_hosts.bring(connection, one.run, host_id, facts, at)
        if one.sampled_at is not None or not (wants_samples(one) and agents.active(connection, host_id)):
            _whole(connection, jobs, one, at)


def sampled(connection: Connection, jobs: Jobs, one: Waiting, digests: list[str], at: int, *, last: bool) -> None:
    """Notes what was sampled on a host for a run, by digests; `last` ends the window."""
    run_hosts.sample(connection, one.run, one.host, digests, at if last else None)
    if last and one.facts_at is not None and one.delivered_at is None:
        _whole(connection, jobs, one, at)


def wants_samples(one: Waiting) -> bool:
    """Whether a run wants anything sampled."""
    return bool(united(name for arn in one.packages if (name := package_of(parse(arn))) is not None).sampled)


def _whole(connection: Connection, jobs: Jobs, one: Waiting, at: int) -> None:
    run_hosts.deliver(connection, one.run, one.host, at)
    jobs.enqueue("advance", {"run": one.run}, key=advance_key(one.run), conn=connection)
