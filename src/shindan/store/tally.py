"""Tallies of issues: kept by the transaction that changes issues, so that no page has to count a million rows.

Whoever changes issues says what it changed as moves and hands them to `apply` when all else is written: on PostgreSQL
transactions wait for each other there, and nowhere else on its behalf.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from shindan.store.tables import host, host_tally, issue, issue_day, issue_sum, issue_tally, rule

_AT_ONCE = 500
_SEVERITIES = range(5)
_COLUMNS = tuple(f"s{place}" for place in _SEVERITIES)
_CELL = ("account", "status", "rule", "severity", "platform")
_SUM = ("account", "status", "severity", "package", "platform", "exploited", "fixable")
_MOVED = (issue.c.account, issue.c.host, issue.c.package, issue.c.rule, issue.c.severity, issue.c.status)


class Move(NamedTuple):
    """`number` issues more (or fewer) of one kind: of a host, a rules package, a rule's text, a severity, a status."""

    account: str
    host: str
    package: int
    rule: int
    severity: int
    status: str
    number: int = 1


def apply(connection: Connection, moves: Iterable[Move], at: int) -> None:
    """Brings every tally up to date with what a transaction changed; `at` is the moment (ms) whose day it falls on."""
    net: Counter[tuple[Any, ...]] = Counter()
    for move in moves:
        net[move[:6]] += move[6]
    left = [Move._make((*key, number)) for key, number in net.items() if number]
    if not left:
        return
    places = _platforms(connection, {move.host for move in left})
    for account in sorted({move.account for move in left}):
        _wait(connection, account)
        mine = [move for move in left if move.account == account and move.host in places]
        _apply_by_rule(connection, mine, places)
        _apply_by_host(connection, mine)
        _apply_by_day(connection, account, mine, at)


@contextmanager
def moved(connection: Connection, hosts: Collection[str], at: int) -> Iterator[None]:
    """Takes hosts' issues out of the tallies, and back in as they are when the block is done: for what changes about
    the hosts themselves, such as their platforms.
    """
    apply(connection, _of_hosts(connection, hosts, -1), at)
    yield
    apply(connection, _of_hosts(connection, hosts, 1), at)


def leave(connection: Connection, hosts: Collection[str], at: int) -> None:
    """Takes hosts' issues out of the tallies, before they go."""
    apply(connection, _of_hosts(connection, hosts, -1), at)


def differs(connection: Connection, account: str) -> bool:
    """Whether the tallies of an account are not what its issues are."""
    shown = select(host.c.id).where(host.c.account == account, host.c.archived)
    counted = select(issue.c.status, func.count()).where(issue.c.account == account, issue.c.host.not_in(shown))
    kept = select(issue_tally.c.status, func.sum(issue_tally.c.number)).where(issue_tally.c.account == account)
    real = {row[0]: int(row[1]) for row in connection.execute(counted.group_by(issue.c.status))}
    return real != {row[0]: int(row[1]) for row in connection.execute(kept.group_by(issue_tally.c.status)) if row[1]}


def recount(connection: Connection, account: str, at: int) -> None:
    """Counts an account's issues anew; the days before stay as they were noted."""
    _wait(connection, account)
    for table in (issue_tally, issue_sum, host_tally):
        connection.execute(delete(table).where(table.c.account == account))
    today = (issue_day.c.account == account) & (issue_day.c.day >= _day(at))
    connection.execute(delete(issue_day).where(today))
    zeros = {"account": account, "day": _day(at)} | dict.fromkeys(_COLUMNS, 0)
    connection.execute(insert(issue_day).values(zeros))
    every = list(connection.execute(select(host.c.id).where(host.c.account == account, ~host.c.archived)).scalars())
    for start in range(0, len(every), _AT_ONCE):
        apply(connection, _of_hosts(connection, every[start : start + _AT_ONCE], 1), at)


def _of_hosts(connection: Connection, hosts: Collection[str], sign: int) -> list[Move]:
    found: list[Move] = []
    ids = sorted(hosts)
    for start in range(0, len(ids), _AT_ONCE):
        some = select(*_MOVED, func.count()).where(issue.c.host.in_(ids[start : start + _AT_ONCE]))
        rows = connection.execute(some.group_by(*_MOVED))
        found += [Move._make((*row[:6], sign * row[6])) for row in rows]
    return found


def _platforms(connection: Connection, hosts: Collection[str]) -> dict[str, str]:
    """The platforms of hosts that are not archived; "" for one that nobody knows."""
    found = dict.fromkeys(hosts, "")
    ids = sorted(hosts)
    for start in range(0, len(ids), _AT_ONCE):
        some = select(host.c.id, host.c.platform, host.c.archived).where(host.c.id.in_(ids[start : start + _AT_ONCE]))
        for row in connection.execute(some):
            if row.archived:
                del found[row.id]
            else:
                found[row.id] = row.platform
    return found


def _wait(connection: Connection, account: str) -> None:
    """One transaction at a time from here on; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:of))"), {"of": f"tally {account}"})


def _apply_by_rule(connection: Connection, moves: Sequence[Move], places: Mapping[str, str]) -> None:
    cells: Counter[tuple[Any, ...]] = Counter()
    packages: dict[int, int] = {}
    for one in moves:
        cells[one.account, one.status, one.rule, one.severity, places[one.host]] += one.number
        packages[one.rule] = one.package
    texts = _texts(connection, packages)
    rows = [
        {
            **dict(zip(_CELL, key, strict=True)),
            "package": packages[key[2]],
            **texts[key[2]],
            "number": number,
        }
        for key, number in sorted(cells.items())
        if number
    ]
    _add(connection, issue_tally, rows, _CELL, ("number",))
    _forget(connection, issue_tally, _CELL, rows, ("number",))
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        key = (row["account"], row["status"], row["severity"], row["package"], row["platform"])
        sums[*key, bool(row["kev"]), bool(row["fixed"])] += row["number"]
    few = [{**dict(zip(_SUM, key, strict=True)), "number": number} for key, number in sorted(sums.items()) if number]
    _add(connection, issue_sum, few, _SUM, ("number",))
    _forget(connection, issue_sum, _SUM, few, ("number",))


def _texts(connection: Connection, rules: Collection[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(rules)
    for start in range(0, len(wanted), _AT_ONCE):
        some = select(rule.c.number, rule.c.id.label("rule_id"), rule.c.component, rule.c.fixed, rule.c.kev)
        for row in connection.execute(some.where(rule.c.number.in_(wanted[start : start + _AT_ONCE]))).mappings():
            found[row["number"]] = {name: row[name] for name in ("rule_id", "component", "fixed", "kev")}
    return found


def _apply_by_host(connection: Connection, moves: Sequence[Move]) -> None:
    cells: dict[tuple[Any, ...], list[int]] = {}
    for one in moves:
        cells.setdefault((one.account, one.host, one.status, one.package), [0] * 5)[one.severity] += one.number
    names = ("account", "host", "status", "package")
    rows = [
        dict(zip((*names, *_COLUMNS), (*key, *numbers), strict=True))
        for key, numbers in sorted(cells.items())
        if any(numbers)
    ]
    _add(connection, host_tally, rows, names, _COLUMNS)
    _forget(connection, host_tally, names, rows, _COLUMNS)


def _apply_by_day(connection: Connection, account: str, moves: Sequence[Move], at: int) -> None:
    open_: Counter[int] = Counter()
    for one in moves:
        if one.status == "open":
            open_[one.severity] += one.number
    if not any(open_.values()):
        return
    day = _day(at)
    mine = issue_day.c.account == account
    if connection.execute(select(issue_day.c.day).where(mine, issue_day.c.day == day)).first() is None:
        before = select(*(issue_day.c[name] for name in _COLUMNS)).where(mine, issue_day.c.day < day)
        last = connection.execute(before.order_by(issue_day.c.day.desc()).limit(1)).one_or_none()
        numbers = dict(zip(_COLUMNS, last or (0,) * 5, strict=True))
        connection.execute(insert(issue_day).values(account=account, day=day, **numbers))
    # Later days, too: whoever began before midnight may end after others of the next day.
    more = {f"s{place}": issue_day.c[f"s{place}"] + number for place, number in open_.items() if number}
    connection.execute(update(issue_day).where(mine, issue_day.c.day >= day).values(more))


def _add(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str], sums: Sequence[str]
) -> None:
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    more = {name: table.c[name] + statement.excluded[name] for name in sums}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=more), list(rows))


def _forget(
    connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]], sums: Sequence[str]
) -> None:
    """Lets go of rows that may have come to nothing: there are few, and what is counted is a scan of what is left."""
    fewer = [{f"of_{name}": row[name] for name in key} for row in rows if any(row[name] < 0 for name in sums)]
    if fewer:
        mine = (table.c[name] == bindparam(f"of_{name}") for name in key)
        connection.execute(delete(table).where(*mine, *(table.c[name] <= 0 for name in sums)), fewer)


def _day(at: int) -> str:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).date().isoformat()
