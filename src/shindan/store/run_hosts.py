"""The hosts of a run: what each was when it began, whether it delivered, and whether it was evaluated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, exists, func, insert, select, update

from shindan.model.assessment import Pairs
from shindan.model.run import ENDED, RunHost
from shindan.model.stored_finding import Asset
from shindan.store.tables import run, run_host

_AT_ONCE = 500
_STATES = (
    "CREATED", "START_DATA_COLLECTION_PENDING", "START_DATA_COLLECTION_IN_PROGRESS", "COLLECTING_DATA",
    "STOP_DATA_COLLECTION_PENDING",
)  # fmt: skip

# Built once: every poll of an agent asks these.
_COLLECTING = (
    select(
        run.c.id, run.c.state, run.c.packages, run.c.duration, run.c.created_at, run.c.started_at,
        run.c.state_changed_at, run.c.attributes,
        run_host.c.host, run_host.c.health, run_host.c.health_code, run_host.c.health_details,
        run_host.c.facts, run_host.c.facts_at, run_host.c.sampled_at, run_host.c.delivered_at, run_host.c.samples,
    )
    .join_from(run, run_host, run.c.id == run_host.c.run)
    .where(run.c.state.in_(_STATES), run_host.c.host.in_(bindparam("hosts", expanding=True)))
    .order_by(run.c.number, run_host.c.host)
)  # fmt: skip
_HEALTH = (
    update(run_host)
    .where(run_host.c.run == bindparam("in_run"), run_host.c.host == bindparam("of"))
    .values(
        health=bindparam("new_health"),
        health_code=bindparam("new_code"),
        health_details=bindparam("new_details"),
    )
)


class Waiting(NamedTuple):
    """A host in a run that waits for data: the run's part, then the host's. `packages` are names as given (ARNs);
    `health` is that with its code and details; `samples` how many there are; other moments as in the tables.
    """

    run: str
    host: str
    state: str
    packages: tuple[str, ...]
    duration: int
    created_at: int
    started_at: int | None
    state_changed_at: int
    health: tuple[str, str, str]
    facts: str | None
    facts_at: int | None
    sampled_at: int | None
    delivered_at: int | None
    samples: int
    attributes: Pairs = ()


def add(connection: Connection, run_id: str, hosts: Iterable[tuple[RunHost, Asset]]) -> None:
    """Keeps the hosts of a new run."""
    rows = [
        {
            "run": run_id,
            "host": one.host,
            "health": one.health,
            "health_code": one.health_code,
            "health_details": one.health_details,
            "scaling_group": one.scaling_group,
            "facts": one.facts,
            "samples": [],
            "delivered_at": one.delivered_at,
            "telemetry": list(one.telemetry),
            "asset": asdict(asset),
        }
        for one, asset in hosts
    ]
    if rows:
        connection.execute(insert(run_host), rows)


def busy(
    connection: Connection, account: str, ids: Collection[str], limit: int = 11
) -> list[tuple[str, str, str, str]]:
    """Which of these hosts take part in runs that have not ended: (host, and ids of target, template and run)."""
    statement = (
        select(run_host.c.host, run.c.target, run.c.template, run.c.id)
        .join_from(run, run_host, run.c.id == run_host.c.run)
        .where(run.c.account == account, run.c.state.not_in(sorted(ENDED)))
        .order_by(run_host.c.host)
    )
    wanted = set(ids)
    rows = (tuple(row) for row in connection.execute(statement))
    return [row for row in rows if row[0] in wanted][:limit]


def count_in_progress(connection: Connection, account: str) -> int:
    """How many of the account's hosts take part in runs that have not ended."""
    going = run.c.account == account, run.c.state.not_in(sorted(ENDED))
    statement = select(func.count()).select_from(run.join(run_host, run.c.id == run_host.c.run)).where(*going)
    return connection.execute(statement).scalar_one()


def collecting(connection: Connection, host_ids: Sequence[str]) -> list[Waiting]:
    """These hosts in the runs that still wait for data, oldest run first."""
    return [
        Waiting(
            row.id, row.host, row.state, tuple(row.packages), row.duration, row.created_at, row.started_at,
            row.state_changed_at, (row.health, row.health_code, row.health_details), row.facts, row.facts_at,
            row.sampled_at, row.delivered_at, len(row.samples),
            tuple((key, value) for key, value in row.attributes),
        )
        for row in connection.execute(_COLLECTING, {"hosts": list(host_ids)})
    ]  # fmt: skip


def bring(connection: Connection, run_id: str, host_id: str, facts: str, at: int) -> None:
    """Notes the inventory that a host handed in for a run, which may want more of it."""
    mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
    connection.execute(update(run_host).where(mine).values(facts=facts, facts_at=at))


def sample(connection: Connection, run_id: str, host_id: str, digests: Sequence[str], at: int | None) -> None:
    """Adds to what was sampled on a host for a run; `at` where that was the last of it."""
    mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
    known = connection.execute(select(run_host.c.samples).where(mine).with_for_update()).scalar_one()
    columns = {"samples": [*known, *digests], **({} if at is None else {"sampled_at": at})}
    connection.execute(update(run_host).where(mine).values(columns))


def deliver(connection: Connection, run_id: str, host_id: str, at: int) -> None:
    """Notes that a host has delivered all that a run wants."""
    mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
    connection.execute(update(run_host).where(mine).values(delivered_at=at))


def settle(connection: Connection, run_id: str) -> list[str]:
    """Takes what came for the whole, where an inventory came but not all of the samples; these hosts."""
    half = run_host.c.run == run_id, run_host.c.delivered_at.is_(None), run_host.c.facts_at.is_not(None)
    whole = update(run_host).where(*half).values(delivered_at=run_host.c.facts_at)
    return sorted(connection.execute(whole.returning(run_host.c.host)).scalars())


def tell_health(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Notes how hosts of runs are; each row has `in_run`, `of`, and `new_health`, `new_code`, `new_details`."""
    if rows:
        connection.execute(_HEALTH, list(rows))


def awaited(connection: Connection, run_id: str, by: int | None = None) -> int:
    """How many hosts with an agent have not delivered (by a moment, unless they were watched to the end)."""
    missing: ColumnElement[bool] = run_host.c.delivered_at.is_(None)
    if by is not None:
        missing = missing | (run_host.c.delivered_at > by) & run_host.c.sampled_at.is_(None)
    known = (run_host.c.health != "UNKNOWN") | run_host.c.facts.is_not(None)
    statement = select(func.count()).select_from(run_host).where(run_host.c.run == run_id, missing, known)
    return connection.execute(statement).scalar_one()


def of_run(connection: Connection, run_id: str) -> list[RunHost]:
    """All hosts of a run, by id."""
    rows = connection.execute(select(run_host).where(run_host.c.run == run_id).order_by(run_host.c.host))
    return [_record(row) for row in rows]


def any_of(connection: Connection, run_id: str) -> bool:
    """Whether a run has hosts at all."""
    return bool(connection.execute(select(exists().where(run_host.c.run == run_id))).scalar_one())


def to_evaluate(connection: Connection, run_id: str, limit: int) -> list[RunHost]:
    """Hosts that delivered and were not evaluated yet, by id."""
    statement = select(run_host).where(
        run_host.c.run == run_id, ~run_host.c.evaluated, run_host.c.delivered_at.is_not(None)
    )
    return [_record(row) for row in connection.execute(statement.order_by(run_host.c.host).limit(limit))]


def unheard(connection: Connection, run_id: str) -> list[RunHost]:
    """Hosts of which nothing came, ever, on which no agent is known, and that were not evaluated; by id."""
    nothing = run_host.c.delivered_at.is_(None), run_host.c.facts.is_(None), run_host.c.health == "UNKNOWN"
    statement = select(run_host).where(run_host.c.run == run_id, ~run_host.c.evaluated, *nothing)
    return [_record(row) for row in connection.execute(statement.order_by(run_host.c.host))]


def unevaluated(connection: Connection, run_id: str, ids: Sequence[str]) -> set[str]:
    """Those of some hosts of a run that were not evaluated yet."""
    mine = run_host.c.run == run_id, ~run_host.c.evaluated, run_host.c.host.in_(ids)
    return set(connection.execute(select(run_host.c.host).where(*mine)).scalars())


def evaluated(connection: Connection, run_id: str, skipped: Mapping[str, int]) -> None:
    """Notes that hosts were evaluated, and how many findings about kernels that do not run each was spared."""
    for host_id, number in skipped.items():
        mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
        connection.execute(update(run_host).where(mine).values(evaluated=True, skipped=number))


def set_telemetry(connection: Connection, run_id: str, counts: Mapping[str, Sequence[tuple[str, int, int]]]) -> None:
    """Notes what hosts delivered: (message type, count, bytes) each."""
    for host_id, rows in counts.items():
        mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
        connection.execute(update(run_host).where(mine).values(telemetry=[list(row) for row in rows]))


def set_health(connection: Connection, run_id: str, code: str) -> None:
    """Gives a run's healthy hosts another health code: RUNNING while it collects, IDLE afterwards."""
    mine = (run_host.c.run == run_id) & (run_host.c.health == "HEALTHY")
    connection.execute(update(run_host).where(mine).values(health_code=code))


def listed(
    connection: Connection,
    run_id: str,
    *,
    healths: Collection[str] = (),
    codes: Collection[str] = (),
    after: str | None = None,
    limit: int,
) -> list[RunHost]:
    """A run's hosts of these healths and codes (none: any), by id, from behind `after` on."""
    statement = select(run_host).where(run_host.c.run == run_id)
    if healths:
        statement = statement.where(run_host.c.health.in_(healths))
    if codes:
        statement = statement.where(run_host.c.health_code.in_(codes))
    if after is not None:
        statement = statement.where(run_host.c.host > after)
    return [_record(row) for row in connection.execute(statement.order_by(run_host.c.host).limit(limit))]


def assets(connection: Connection, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Asset]:
    """What hosts were at the time of runs, by (run, host)."""
    runs, hosts = {run_id for run_id, _ in places}, {host_id for _, host_id in places}
    statement = select(run_host.c.run, run_host.c.host, run_host.c.asset)
    statement = statement.where(run_host.c.run.in_(runs), run_host.c.host.in_(hosts))
    return {(row.run, row.host): _asset(row.asset) for row in connection.execute(statement)}


def in_scaling_groups(connection: Connection, account: str, groups: Collection[str]) -> list[str]:
    """Hosts that were in one of these scaling groups in any run of the account."""
    statement = select(run_host.c.host).distinct().join_from(run_host, run, run.c.id == run_host.c.run)
    statement = statement.where(run.c.account == account, run_host.c.scaling_group.in_(groups))
    return list(connection.execute(statement).scalars())


def _asset(stored: Mapping[str, Any]) -> Asset:
    return Asset(
        agent=stored["agent"],
        hostname=stored["hostname"],
        scaling_group=stored["scaling_group"],
        image=stored["image"],
        tags=tuple((key, value) for key, value in stored["tags"]),
        addresses=tuple(stored["addresses"]),
        network=tuple(stored["network"]),
    )


def _record(row: Row[Any]) -> RunHost:
    return RunHost(
        host=row.host,
        health=row.health,
        health_code=row.health_code,
        health_details=row.health_details,
        scaling_group=row.scaling_group,
        facts=row.facts,
        facts_at=row.facts_at,
        samples=tuple(row.samples),
        delivered_at=row.delivered_at,
        telemetry=tuple((kind, count, size) for kind, count, size in row.telemetry),
        evaluated=row.evaluated,
    )
