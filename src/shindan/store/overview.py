"""What the first page asks of an account: sums of the tallies, and hosts by how they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select

from shindan.model.run import Run
from shindan.store import runs
from shindan.store.tables import issue_day, issue_sum, issue_tally, rule, run_host

_COLUMNS = tuple(f"s{place}" for place in range(5))


class FixCell(NamedTuple):
    """Open issues of one component on one platform that one version mends: all, the most of one rule, the worst
    severity, and whether any is known to be exploited.
    """

    component: str
    platform: str
    fixed: str
    issues: int
    most: int
    worst: int
    kev: bool


class KevCell(NamedTuple):
    """Open issues of one exploited flaw in one component, and the day by which they should have gone."""

    rule_id: str
    due: str
    component: str
    issues: int


def by_status(connection: Connection, account: str) -> dict[tuple[str, int], int]:
    """How many issues there are of each (status, severity)."""
    c = issue_sum.c
    rows = connection.execute(
        select(c.status, c.severity, func.sum(c.number)).where(c.account == account).group_by(c.status, c.severity)
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def days(connection: Connection, account: str, since: str) -> list[tuple[str, tuple[int, ...]]]:
    """Open issues by severity at the end of the days on which they changed, from a day on; the last before it first."""
    numbers = [issue_day.c[name] for name in _COLUMNS]
    mine = select(issue_day.c.day, *numbers).where(issue_day.c.account == account)
    before = mine.where(issue_day.c.day < since).order_by(issue_day.c.day.desc()).limit(1)
    later = mine.where(issue_day.c.day >= since).order_by(issue_day.c.day)
    rows = [*connection.execute(before), *connection.execute(later)]
    return [(row[0], tuple(int(number) for number in row[1:])) for row in rows]


def fixes(connection: Connection, account: str, most: int) -> list[FixCell]:
    """Open issues that some version mends, of the components that have the most of them."""
    c = issue_tally.c
    number = func.sum(c.number)
    mended = (*_open(account), c.fixed != "", c.component != "")
    top = select(c.component).where(*mended).group_by(c.component).order_by(number.desc(), c.component).limit(most)
    names = list(connection.execute(top).scalars())
    statement = select(
        c.component,
        c.platform,
        c.fixed,
        func.sum(c.number),
        func.max(c.number),
        func.min(c.severity),
        func.max(case((c.kev != "", 1), else_=0)),
    ).where(*mended, c.component.in_(names))
    rows = connection.execute(statement.group_by(c.component, c.platform, c.fixed))
    return [FixCell(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5], bool(row[6])) for row in rows]


def kinds(connection: Connection, components: Sequence[str]) -> dict[str, str]:
    """The package formats of components."""
    statement = select(rule.c.component, func.max(rule.c.kind)).where(rule.c.component.in_(components))
    return {row[0]: row[1] for row in connection.execute(statement.group_by(rule.c.component))}


def kev_due(connection: Connection, account: str, today: str) -> list[KevCell]:
    """Open issues whose day in CISA's catalogue is over, the longest first."""
    c = issue_tally.c
    over = select(c.rule_id, c.kev, c.component, func.sum(c.number)).where(*_open(account), c.kev != "", c.kev < today)
    rows = connection.execute(over.group_by(c.rule_id, c.kev, c.component).order_by(c.kev, c.rule_id, c.component))
    return [KevCell(row[0], row[1], row[2], int(row[3])) for row in rows]


def going(connection: Connection, account: str) -> list[tuple[Run, tuple[int, int, int]]]:
    """The account's runs that have not ended, oldest first, each with its hosts: all, delivered, evaluated."""
    ids = runs.in_progress(connection, account)
    if not ids:
        return []
    delivered = case((run_host.c.delivered_at.is_not(None), 1), else_=0)
    evaluated = case((run_host.c.evaluated, 1), else_=0)
    statement = select(run_host.c.run, func.count(), func.sum(delivered), func.sum(evaluated))
    rows = connection.execute(statement.where(run_host.c.run.in_(ids)).group_by(run_host.c.run))
    counts: Mapping[str, tuple[int, int, int]] = {row[0]: (row[1], int(row[2]), int(row[3])) for row in rows}
    known = runs.named(connection, account, ids)
    return [(known[id_], counts.get(id_, (0, 0, 0))) for id_ in ids if id_ in known]


def _open(account: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return issue_tally.c.account == account, issue_tally.c.status == "open"
