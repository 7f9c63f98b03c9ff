"""The hosts of a run: what each was when it began, whether it delivered, and whether it was evaluated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select, update

from shindan.model.run import ENDED, RunHost
from shindan.model.stored_finding import Asset
from shindan.store.tables import run, run_host

_AT_ONCE = 500


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


def collecting(connection: Connection, host_id: str) -> list[str]:
    """Ids of the runs that still wait for what this host delivers."""
    states = ("COLLECTING_DATA", "STOP_DATA_COLLECTION_PENDING", "START_DATA_COLLECTION_IN_PROGRESS")
    more = ("CREATED", "START_DATA_COLLECTION_PENDING")
    statement = select(run.c.id).join_from(run, run_host, run.c.id == run_host.c.run)
    statement = statement.where(run_host.c.host == host_id, run.c.state.in_((*states, *more)))
    return list(connection.execute(statement.order_by(run.c.number)).scalars())


def deliver(connection: Connection, run_id: str, host_id: str, facts: str, at: int) -> None:
    """Notes that a host delivered for a run."""
    mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
    connection.execute(update(run_host).where(mine).values(facts=facts, delivered_at=at))


def awaited(connection: Connection, run_id: str, by: int | None = None) -> int:
    """How many hosts with an agent have not delivered (by a moment)."""
    missing: ColumnElement[bool] = run_host.c.delivered_at.is_(None)
    if by is not None:
        missing = missing | (run_host.c.delivered_at > by)
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


def to_evaluate(connection: Connection, run_id: str, limit: int | None = None) -> list[RunHost]:
    """Hosts that delivered and were not evaluated yet, by id."""
    statement = select(run_host).where(
        run_host.c.run == run_id, ~run_host.c.evaluated, run_host.c.delivered_at.is_not(None)
    )
    return [_record(row) for row in connection.execute(statement.order_by(run_host.c.host).limit(limit))]


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
        delivered_at=row.delivered_at,
        telemetry=tuple((kind, count, size) for kind, count, size in row.telemetry),
    )
