"""Findings: thin rows that point at shared texts, read by page and by number."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    TextClause,
    cast,
    func,
    or_,
    select,
    text,
    union_all,
    update,
)

from shindan.model.assessment import Pairs
from shindan.store.bulk import insert_rows
from shindan.store.pairs import packed, unpacked
from shindan.store.tables import finding, rule

_SEVERITIES = range(5)
_MOST_BRANCHES = 300
"""Parts of one statement, each of which is read along an index (SQLite takes 500)."""

_MOST_PLAIN = 50

_COLUMNS = (
    "account", "run", "host", "package", "rule", "severity", "subject", "attributes", "user_attributes",
    "created_at", "updated_at",
)  # fmt: skip


class NewFinding(NamedTuple):
    """One finding to keep; `rule` is its number, `severity` and `package` as `model.stored_finding` numbers them."""

    host: str
    package: int
    rule: int
    severity: int
    subject: str
    attributes: Pairs = ()


class FoundRow(NamedTuple):
    """One finding as it is kept."""

    number: int
    run: str
    host: str
    package: int
    rule: int
    severity: int
    subject: str
    attributes: Pairs
    user_attributes: Pairs
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What findings are wanted: every condition that is given; alternatives inside a list, but for attributes.

    `packages` and `severities` are numbers, `rules` ids (a CVE id, a rule's title). All of `attributes` and
    `user_attributes` must be there. `created` includes both ends, in milliseconds.
    """

    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    packages: tuple[int, ...] = ()
    attributes: Pairs = ()
    user_attributes: Pairs = ()
    created: tuple[int | None, int | None] = (None, None)


def add(
    connection: Connection, account: str, run_id: str, new: Sequence[NewFinding], user_attributes: Pairs, at: int
) -> None:
    """Keeps the findings of a run."""
    mine = json.dumps(packed(user_attributes))
    nothing = "[]"
    rows = (
        (
            account, run_id, one.host, one.package, one.rule, one.severity, one.subject,
            json.dumps(packed(one.attributes)) if one.attributes else nothing, mine, at, at,
        )
        for one in new
    )  # fmt: skip
    insert_rows(connection, finding, _COLUMNS, rows)


def listed(
    connection: Connection,
    account: str,
    wanted: FindingFilter,
    *,
    runs: Collection[str] = (),
    hidden: Collection[str] = (),
    after: int | None = None,
    limit: int,
) -> list[tuple[int, str]]:
    """(number, run) of the account's findings that pass the filter, oldest first, from behind `after` on.

    `runs` are the only ones wanted (none: all), `hidden` are left out. Each part of the list is read along an index,
    so that a page costs the same wherever it lies.
    """
    if wanted in (FindingFilter(), FindingFilter(severities=wanted.severities)) and len(runs) <= _MOST_PLAIN:
        return _plainly(connection, account, wanted.severities or tuple(_SEVERITIES), runs, hidden, after, limit)
    conditions = [finding.c.account == account, *_conditions(connection, wanted)]
    if after is not None:
        conditions.append(finding.c.number > after)
    if runs:
        conditions.append(finding.c.run.in_(runs))
    if hidden:
        conditions.append(finding.c.run.not_in(hidden))
    base = select(finding.c.number, finding.c.run).order_by(finding.c.number).limit(limit)
    branches = list(_branches(connection, account, wanted, runs))
    if not branches:
        return []
    if len(branches) == 1:
        return _places(connection, base.where(*branches, *conditions))
    if len(branches) > _MOST_BRANCHES:
        return _places(connection, base.where(*conditions, or_(*branches)))
    parts = [base.where(branch, *conditions).subquery() for branch in branches]
    whole = union_all(*(select(part.c.number, part.c.run) for part in parts)).subquery()
    return _places(connection, select(whole.c.number, whole.c.run).order_by(whole.c.number).limit(limit))


def by_number(connection: Connection, account: str, numbers: Collection[int]) -> dict[int, FoundRow]:
    """The account's findings of these numbers."""
    return _of_account(connection, account, select(finding).where(finding.c.number.in_(numbers)))


def numbers_of(connection: Connection, run_id: str, hosts: Collection[str]) -> list[int]:
    """Numbers of a run's findings on these hosts, in order."""
    mine = select(finding.c.number).where(finding.c.run == run_id, finding.c.host.in_(hosts))
    return list(connection.execute(mine.order_by(finding.c.number)).scalars())


def set_user_attributes(connection: Connection, number: int, pairs: Pairs, at: int) -> None:
    """Replaces the caller's own attributes of a finding."""
    values = {"user_attributes": packed(pairs), "updated_at": at}
    connection.execute(update(finding).where(finding.c.number == number).values(**values))


def lock(connection: Connection, account: str, numbers: Collection[int]) -> dict[int, FoundRow]:
    """As `by_number`, held until the transaction ends."""
    wanted = select(finding).where(finding.c.number.in_(numbers)).order_by(finding.c.number)
    return _of_account(connection, account, wanted.with_for_update())


def counts(connection: Connection, run_id: str) -> Mapping[tuple[int, int], int]:
    """(package, severity) → how many findings of a run."""
    statement = select(finding.c.package, finding.c.severity, func.count()).where(finding.c.run == run_id)
    rows = connection.execute(statement.group_by(finding.c.package, finding.c.severity))
    return {(package, severity): number for package, severity, number in rows}


def of_run(connection: Connection, run_id: str, *, after: int = 0, limit: int = 1000) -> list[FoundRow]:
    """A part of a run's findings, by number."""
    mine = select(finding).where(finding.c.run == run_id, finding.c.number > after)
    return [_record(row) for row in connection.execute(mine.order_by(finding.c.number).limit(limit))]


def _plainly(
    connection: Connection,
    account: str,
    severities: Sequence[int],
    runs: Collection[str],
    hidden: Collection[str],
    after: int | None,
    limit: int,
) -> list[tuple[int, str]]:
    """What most pages are: by run and severity alone. Building the statement anew would take longer than it runs."""
    given = {f"run{number}": run_id for number, run_id in enumerate(runs)}
    left_out = {f"hidden{number}": run_id for number, run_id in enumerate(hidden)}
    statement = _plain_statement(tuple(severities), len(given), len(left_out))
    common = {"account": account, "after": after or 0, "limit": limit}
    return [(row[0], row[1]) for row in connection.execute(statement, {**common, **given, **left_out})]


@functools.lru_cache(maxsize=1000)
def _plain_statement(severities: tuple[int, ...], runs: int, hidden: int) -> TextClause:
    """One part for each run (or the whole account) and severity, each read along an index, and what comes first."""
    places = [f"run = :run{number}" for number in range(runs)] or ["account = :account"]
    out = f" AND run NOT IN ({', '.join(f':hidden{number}' for number in range(hidden))})" if hidden else ""
    parts = []
    for index, place in enumerate(places):
        for severity in severities:
            where = f"{place} AND severity = {severity:d} AND number > :after{out}"
            part = f"SELECT number, run FROM finding WHERE {where} ORDER BY number LIMIT :limit"  # noqa: S608
            parts.append(f"SELECT number, run FROM ({part}) AS part{index}_{severity:d}")  # noqa: S608 - numbers alone
    return text(f"{' UNION ALL '.join(parts)} ORDER BY number LIMIT :limit")


def _branches(
    connection: Connection, account: str, wanted: FindingFilter, runs: Collection[str]
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together cover what is wanted; each is the beginning of an index that goes on with the number."""
    severities = wanted.severities or _SEVERITIES
    if wanted.hosts:
        yield from (finding.c.host == host for host in wanted.hosts)
    elif wanted.rules:
        chosen = connection.execute(select(rule.c.number).where(rule.c.id.in_(wanted.rules))).scalars()
        yield from (finding.c.rule == number for number in chosen)
    elif runs:
        yield from ((finding.c.run == run) & (finding.c.severity == word) for run in runs for word in severities)
    else:
        yield from ((finding.c.account == account) & (finding.c.severity == word) for word in severities)


def _conditions(connection: Connection, wanted: FindingFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.hosts:
        yield finding.c.host.in_(wanted.hosts)
    if wanted.rules:
        yield finding.c.rule.in_(select(rule.c.number).where(rule.c.id.in_(wanted.rules)))
    if wanted.severities:
        yield finding.c.severity.in_(wanted.severities)
    if wanted.packages:
        yield finding.c.package.in_(wanted.packages)
    low, high = wanted.created
    if low is not None:
        yield finding.c.created_at >= low
    if high is not None:
        yield finding.c.created_at <= high
    for key, value in wanted.user_attributes:
        yield _holds(connection, finding.c.user_attributes, key, value)
    for key, value in wanted.attributes:
        yield _has(connection, key, value)


def _has(connection: Connection, key: str, value: str | None) -> ColumnElement[bool]:
    """Whether a finding shows an attribute: some stand in columns of their own, some with the rule."""
    own = _holds(connection, finding.c.attributes, key, value)
    if key == "INSTANCE_ID":
        return finding.c.host == value
    if key == "package_name":
        return (finding.c.subject == value) | own
    shared = select(rule.c.number).where(_holds(connection, rule.c.attributes, key, value))
    if key == "CVE_ID":
        shared = shared.where(rule.c.id == value)
    return finding.c.rule.in_(shared) | own


def _holds(connection: Connection, column: ColumnElement[Any], key: str, value: str | None) -> ColumnElement[bool]:
    """Whether a JSON list of pairs, as text, has a pair. (LIKE would be blind to case on SQLite.)"""
    find = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return find(cast(column, Text), json.dumps([key, value])) > 0


def _of_account(connection: Connection, account: str, statement: Select[Any]) -> dict[int, FoundRow]:
    # The account is compared here: as a condition it would tempt SQLite to read the whole account's index.
    return {row.number: _record(row) for row in connection.execute(statement) if row.account == account}


def _places(connection: Connection, statement: Select[Any]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in connection.execute(statement)]


def _record(row: Row[Any]) -> FoundRow:
    return FoundRow(
        row.number, row.run, row.host, row.package, row.rule, row.severity, row.subject,
        unpacked(row.attributes), unpacked(row.user_attributes), row.created_at, row.updated_at,
    )  # fmt: skip
