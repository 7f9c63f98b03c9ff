"""Pages of hosts with their findings, from the tallies; ten thousand hosts are few enough to be sorted each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, literal, or_, select, tuple_

from shindan.model.assessment import Pairs
from shindan.model.host_views import HostSort
from shindan.store import hosts
from shindan.store.host_tags import has_any
from shindan.store.patterns import contains
from shindan.store.tables import host, host_tally, issue, rule, run, run_host

_COLUMNS = tuple(f"s{place}" for place in range(5))


@dataclass(frozen=True, slots=True)
class HostsWanted:
    """Conditions on hosts: `text` is part of an id, a name, a platform or an address; all `tags` must be there."""

    text: str = ""
    tags: Pairs = ()
    platforms: tuple[str, ...] = ()
    healths: tuple[str, ...] = ()
    archived: bool | None = False


def page(
    connection: Connection,
    account: str,
    wanted: HostsWanted,
    sort: HostSort,
    *,
    place: tuple[Any, ...] | None,
    back: bool,
    limit: int,
) -> list[tuple[str, tuple[Any, ...]]]:
    """(id, place) of `limit` hosts behind a place (`back`: before it, the nearest first)."""
    columns = _columns(account, sort)
    statement = select(host.c.id, *(column.label(f"at{n}") for n, column in enumerate(columns)))
    statement = statement.where(*_conditions(account, wanted))
    if place is not None:
        here, there = tuple_(*columns), tuple_(*(literal(value) for value in place))
        statement = statement.where(here < there if back else here > there)
    order = [column.desc() if back else column for column in columns]
    return [(row[0], tuple(row[1:])) for row in connection.execute(statement.order_by(*order).limit(limit))]


def counts(connection: Connection, account: str, wanted: HostsWanted) -> list[tuple[str, str, int]]:
    """(health, platform, how many) of hosts that pass whatever they have of these two."""
    bare = replace(wanted, healths=(), platforms=())
    columns = (host.c.health, host.c.platform)
    statement = select(*columns, func.count()).where(*_conditions(account, bare)).group_by(*columns)
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]


def tallies(connection: Connection, account: str, ids: list[str]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Issues of hosts by status, each by severity."""
    sums = [func.sum(host_tally.c[name]) for name in _COLUMNS]
    statement = select(host_tally.c.host, host_tally.c.status, *sums)
    statement = statement.where(host_tally.c.account == account, host_tally.c.host.in_(ids))
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for row in connection.execute(statement.group_by(host_tally.c.host, host_tally.c.status)):
        found.setdefault(row[0], {})[row[1]] = tuple(int(number) for number in row[2:])
    return found


def runs_of(connection: Connection, account: str, host_id: str, *, before: int | None, limit: int) -> list[Any]:
    """Runs that a host took part in, newest first: rows of number, id, target, template, name, state, created_at, and
    of the host in it delivered_at, evaluated, telemetry.
    """
    statement = select(
        run.c.number, run.c.id, run.c.target, run.c.template, run.c.name, run.c.state, run.c.created_at,
        run_host.c.delivered_at, run_host.c.evaluated, run_host.c.telemetry,
    ).join_from(run_host, run, run.c.id == run_host.c.run)  # fmt: skip
    statement = statement.where(run_host.c.host == host_id, run.c.account == account)
    if before is not None:
        statement = statement.where(run.c.number < before)
    return list(connection.execute(statement.order_by(run.c.number.desc()).limit(limit)))


def by_component(connection: Connection, account: str, host_id: str) -> list[Any]:
    """Open issues of a host about packages: rows of component, severity, fixing version, KEV date and how many."""
    columns = (rule.c.component, issue.c.severity, rule.c.fixed, rule.c.kev)
    statement = select(*columns, func.count()).join_from(issue, rule, rule.c.number == issue.c.rule)
    mine = and_(issue.c.host == host_id, func.coalesce(issue.c.account, "") == account, issue.c.status == "open")
    return list(connection.execute(statement.where(mine, rule.c.component != "").group_by(*columns)))


def selected_count(connection: Connection, account: str, pairs: Pairs | None) -> int:
    """How many hosts `hosts.selected` would give."""
    statement = select(func.count()).select_from(host).where(host.c.account == account, ~host.c.archived)
    if pairs is not None:
        statement = statement.where(has_any(host.c.id, pairs))
    return connection.execute(statement).scalar_one()


def named_in_order(connection: Connection, account: str, ids: list[str]) -> list[Any]:
    """Hosts in the order of their ids as given."""
    known = {one.id: one for one in hosts.named(connection, account, ids)}
    return [known[id_] for id_ in ids if id_ in known]


def _columns(account: str, sort: HostSort) -> list[ColumnElement[Any]]:
    if sort == "name":
        return [host.c.hostname, host.c.id]
    if sort == "seen":
        return [-func.coalesce(host.c.last_seen, 0), host.c.id]
    # The worst first: as many of the worst severity, then of the next.
    mine = (host_tally.c.account == account) & (host_tally.c.host == host.c.id)
    weights = zip((10**10, 10**5, 1), _COLUMNS, strict=False)
    weighed = sum(literal(weight, BigInteger) * host_tally.c[name] for weight, name in weights)
    number = select(func.coalesce(func.sum(weighed), 0)).where(mine, host_tally.c.status == "open").scalar_subquery()
    return [-cast(number, BigInteger), host.c.id]


def _conditions(account: str, wanted: HostsWanted) -> Iterator[ColumnElement[bool]]:
    yield host.c.account == account
    if wanted.archived is not None:
        yield host.c.archived if wanted.archived else ~host.c.archived
    if wanted.platforms:
        yield host.c.platform.in_(wanted.platforms)
    if wanted.healths:
        yield host.c.health.in_(wanted.healths)
    for pair in wanted.tags:
        yield has_any(host.c.id, (pair,))
    if wanted.text:
        # Addresses are a JSON list, whose text holds each of them as it is.
        columns = (host.c.id, host.c.hostname, host.c.platform, host.c.system, host.c.addresses)
        yield or_(*(contains(column, wanted.text) for column in columns))
