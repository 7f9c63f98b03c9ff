"""Issues: what stands behind the findings of many runs, and suppressions that mark them. Noting them: `issues_seen`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from shindan.model.issue import Issue, Suppression
from shindan.model.packages import PackageName
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, PACKAGE_NUMBERS, SHOWN_SEVERITIES, fingerprint_of
from shindan.store import selected, tally
from shindan.store.tables import host_tag, issue, rule, suppression
from shindan.store.tally import Move

Place = tuple[int, int]
"""Where an issue stands in a list: severity and number."""

_NARROW = ("host", "component", "cve", "rule", "selection")
"""Scopes that lead to few issues by an index."""

Key = tuple[str, int, str, str]
"""What identifies an issue: host, package (a number), rule's id, and what of the host it is about."""


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """What issues are wanted: every condition that is given."""

    statuses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    packages: tuple[int, ...] = ()


class Unmended(NamedTuple):
    """One issue that is open or suppressed; moments in milliseconds since the epoch. `reason`: why it is suppressed."""

    number: int
    host: str
    package: int
    rule: int
    rule_id: str
    severity: int
    component: str
    installed: str
    first: int
    last: int
    reason: str


def known(connection: Connection, hosts: Collection[str], package: PackageName) -> set[Key]:
    """What is open or suppressed on these hosts."""
    mine = issue.c.host.in_(hosts) & (issue.c.package == PACKAGE_NUMBERS[package]) & (issue.c.status != "fixed")
    statement = select(issue.c.host, issue.c.package, issue.c.rule_id, issue.c.subject).where(mine)
    return {(row[0], row[1], row[2], row[3]) for row in connection.execute(statement)}


def fix(connection: Connection, hosts: Collection[str], package: PackageName, before: int, at: int) -> list[Move]:
    """Notes as fixed what a package saw on these hosts before a moment, and not since; what that is to the tallies."""
    mine = issue.c.host.in_(hosts) & (issue.c.package == PACKAGE_NUMBERS[package])
    values = {"status": "fixed", "fixed_at": at, "suppression": None}
    moves: list[Move] = []
    for status in ("open", "suppressed"):
        gone = update(issue).where(mine, issue.c.status == status, issue.c.last_observed < before).values(**values)
        moves += _turned(connection, gone, status, "fixed")
    return moves


def fix_settled(
    connection: Connection, settled: Mapping[str, Collection[str]], package: PackageName, before: int, at: int
) -> list[Move]:
    """As `fix`, of hosts of which a package saw only a part: by host the ids of rules that it could judge."""
    mine = issue.c.host.in_(list(settled)) & (issue.c.package == PACKAGE_NUMBERS[package])
    known = select(issue.c.number, issue.c.host, issue.c.rule_id, issue.c.status)
    rows = connection.execute(known.where(mine, issue.c.status != "fixed", issue.c.last_observed < before))
    by_status: dict[str, list[int]] = {}
    for row in rows:
        if row.rule_id in settled[row.host]:
            by_status.setdefault(row.status, []).append(row.number)
    values = {"status": "fixed", "fixed_at": at, "suppression": None}
    moves: list[Move] = []
    for status, numbers in sorted(by_status.items()):
        for start in range(0, len(numbers), 500):
            some = issue.c.number.in_(numbers[start : start + 500])
            gone = update(issue).where(some, issue.c.status == status).values(**values)
            moves += _turned(connection, gone, status, "fixed")
    return moves


def listed(
    connection: Connection, account: str, wanted: IssueFilter, *, after: Place | None = None, limit: int
) -> list[tuple[int, Issue]]:
    """(number, issue) of the account's that pass the filter, the worst first, from behind `after` on."""
    mine = _mine(account, narrowed=bool(wanted.hosts or wanted.rules))
    statement = _with_titles().where(mine, *_conditions(wanted))
    if after is not None:
        statement = statement.where(tuple_(issue.c.severity, issue.c.number) > tuple_(*after))
    statement = statement.order_by(issue.c.severity, issue.c.number).limit(limit)
    return [(row.number, record(row)) for row in connection.execute(statement)]


def unmended(connection: Connection, hosts: Collection[str]) -> Iterator[Unmended]:
    """What is open or suppressed on these hosts, host by host, with the reason for which it is suppressed."""
    statement = (
        select(issue, suppression.c.reason)
        .join_from(issue, suppression, issue.c.suppression == suppression.c.id, isouter=True)
        .where(issue.c.host.in_(hosts), issue.c.status != "fixed")
        .order_by(issue.c.host, issue.c.package, issue.c.severity, issue.c.rule_id, issue.c.subject)
    )
    for row in connection.execute(statement):
        yield Unmended(
            row.number, row.host, row.package, row.rule, row.rule_id, row.severity, row.component, row.installed,
            row.first_observed, row.last_observed, row.reason or "",
        )  # fmt: skip


def suppressed_on(connection: Connection, hosts: Collection[str]) -> dict[tuple[str, int, str], str]:
    """(host, package, rule's id) of what is suppressed on these hosts → for which reason."""
    statement = (
        select(issue.c.host, issue.c.package, issue.c.rule_id, suppression.c.reason)
        .join_from(issue, suppression, issue.c.suppression == suppression.c.id)
        .where(issue.c.host.in_(hosts), issue.c.status == "suppressed")
    )
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(statement)}


def by_key(connection: Connection, account: str, keys: Collection[Key]) -> dict[Key, Issue]:
    """The account's issues of these keys."""
    hosts, ids = {key[0] for key in keys}, {key[2] for key in keys}
    statement = _with_titles().where(issue.c.host.in_(hosts), issue.c.rule_id.in_(ids))
    rows = (row for row in connection.execute(statement) if row.account == account)
    found = {(row.host, row.package, row.rule_id, row.subject): record(row) for row in rows}
    return {key: found[key] for key in keys if key in found}


def _with_titles() -> Select[Any]:
    return select(issue, rule.c.title).join_from(issue, rule, issue.c.rule == rule.c.number)


# ── suppressions ──


def add_suppression(connection: Connection, account: str, new: Suppression) -> None:
    """Keeps a suppression; `mark` puts it to work."""
    row = {
        "id": new.id,
        "account": account,
        "scope": [list(pair) for pair in new.scope],
        "reason": new.reason,
        "owner": new.owner,
        "created_at": new.created_at,
        "expires_at": new.expires_at,
    }
    connection.execute(insert(suppression).values(row))


def suppressions(connection: Connection, account: str) -> list[Suppression]:
    """The account's suppressions, expired ones too, oldest first."""
    mine = select(suppression).where(suppression.c.account == account)
    rows = connection.execute(mine.order_by(suppression.c.created_at, suppression.c.id))
    return [
        Suppression(
            row.id, tuple((kind, value) for kind, value in row.scope), row.reason, row.owner, row.created_at,
            row.expires_at,
        )
        for row in rows
    ]  # fmt: skip


def remove_suppression(connection: Connection, account: str, id_: str) -> bool:
    """Removes a suppression; `mark` brings back what it marked. False where there is none."""
    mine = (suppression.c.account == account) & (suppression.c.id == id_)
    return connection.execute(delete(suppression).where(mine).returning(suppression.c.id)).first() is not None


def mark(connection: Connection, account: str, at: int) -> None:
    """Marks what suppressions in force are about, and brings back what no suppression in force speaks of any more."""
    force = [one for one in suppressions(connection, account) if one.expires_at is None or one.expires_at > at]
    over = issue.c.suppression.not_in([one.id for one in force])
    ended = (issue.c.account == account) & (issue.c.status == "suppressed") & over
    back = update(issue).where(ended).values(status="open", suppression=None)
    moves = _turned(connection, back, "suppressed", "open")
    for one in force:
        narrowed = any(kind in _NARROW for kind, _ in one.scope)
        about = and_(_mine(account, narrowed=narrowed), issue.c.status == "open", *_scope(one))
        marked = update(issue).where(about).values(status="suppressed", suppression=one.id)
        moves += _turned(connection, marked, "open", "suppressed")
    tally.apply(connection, moves, at)


def accounts_with_suppressions(connection: Connection) -> list[str]:
    """Accounts that have any."""
    return list(connection.execute(select(suppression.c.account).distinct()).scalars())


def _turned(connection: Connection, change: Update, was: str, now: str) -> list[Move]:
    """Carries out a change of status; what it is to the tallies."""
    columns = (issue.c.account, issue.c.host, issue.c.package, issue.c.rule, issue.c.severity)
    rows = connection.execute(change.returning(*columns)).all()
    # Out and in, one behind the other (`turned.changes`).
    return [Move._make((*row, status, number)) for row in rows for status, number in ((was, -1), (now, 1))]


def _scope(one: Suppression) -> Iterator[ColumnElement[bool]]:
    for kind, value in one.scope:
        if kind == "host":
            yield issue.c.host == value
        elif kind == "component":
            yield issue.c.rule.in_(select(rule.c.number).where(rule.c.component == value))
        elif kind == "selection":
            yield issue.c.number.in_(selected.numbers(one.id))
        elif kind in ("cve", "rule"):
            yield _of_rules([value])
        elif kind == "package":
            yield issue.c.package.in_([PACKAGE_NUMBERS[cast(PackageName, value)]])
        else:
            key, given, wanted = value.partition("=")
            tagged = (host_tag.c.host == issue.c.host) & (host_tag.c.key == key)
            yield exists().where(tagged & (host_tag.c.value == wanted) if given else tagged)


def _conditions(wanted: IssueFilter) -> Iterator[ColumnElement[bool]]:
    pairs = (
        (issue.c.status, wanted.statuses),
        (issue.c.host, wanted.hosts),
        (issue.c.severity, wanted.severities),
        (issue.c.package, wanted.packages),
    )
    for column, values in pairs:
        if values:
            yield or_(*(column == value for value in values)) if len(values) == 1 else column.in_(values)
    if wanted.rules:
        yield _of_rules(wanted.rules)


def _mine(account: str, *, narrowed: bool) -> ColumnElement[bool]:
    """Of an account; `narrowed` where hosts or rules are given: then no planner may read all that the account has."""
    return (func.coalesce(issue.c.account, "") if narrowed else issue.c.account) == account


def _of_rules(ids: Collection[str]) -> ColumnElement[bool]:
    """By the numbers of the rules' texts: a narrow index has those."""
    return issue.c.rule.in_(select(rule.c.number).where(rule.c.id.in_(ids)))


def record(row: Row[Any]) -> Issue:
    return Issue(
        fingerprint=fingerprint_of(row.host, PACKAGE_BY_NUMBER[row.package], row.rule_id, row.subject),
        host=row.host,
        package=PACKAGE_BY_NUMBER[row.package],
        rule_id=row.rule_id,
        subject=row.subject,
        component=row.component,
        installed=row.installed,
        severity=SHOWN_SEVERITIES[row.severity],
        title=row.title.replace("{agent}", row.host),
        status=row.status,
        first_observed=row.first_observed,
        last_observed=row.last_observed,
        fixed_at=row.fixed_at,
        suppression=row.suppression,
    )
