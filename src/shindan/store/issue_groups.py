"""Issues grouped by rule: from `issue_tally` where that knows, else from the first issues that pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, literal, select, tuple_

from shindan.model.issue_query import Count, IssueGroup
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, SHOWN_SEVERITIES
from shindan.store.issue_facets import sample
from shindan.store.issue_sides import Sides, on_issues, on_rules, statuses_and_severities
from shindan.store.tables import host, issue, issue_tally, rule

_SHOWN_HOSTS = 5
_AT_ONCE = 2000


class Grouped(NamedTuple):
    """One rule: its worst severity (a position), how many issues, its package (a number) and id; and some hosts, where
    they are known already.
    """

    severity: int
    issues: int
    package: int
    rule_id: str
    hosts: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> tuple[int, int, int, str]:
        """Where it stands in the list."""
        return self.severity, -self.issues, self.package, self.rule_id


def page(
    connection: Connection, sides: Sides, *, place: tuple[Any, ...] | None, back: bool, limit: int
) -> tuple[list[Grouped], bool]:
    """`limit` groups behind a place (`back`: before it, the nearest first), and whether more than was counted pass."""
    if sides.nothing:
        return [], False
    if sides.by_rule:
        return _of_tally(connection, sides, place, back, limit), False
    numbers, more = sample(connection, sides)
    every = sorted(_of_issues(connection, numbers), key=lambda one: one.place, reverse=back)
    some = [one for one in every if place is None or (one.place < place if back else one.place > place)]
    return some[:limit], more


def told(connection: Connection, sides: Sides, groups: Sequence[Grouped], *, more: bool) -> list[IssueGroup]:
    """Groups as people read them."""
    texts = _texts(connection, sides, groups)
    return [
        IssueGroup(
            package=PACKAGE_BY_NUMBER[one.package],
            rule_id=one.rule_id,
            severity=SHOWN_SEVERITIES[one.severity],
            issues=Count(one.issues, more),
            hosts=one.hosts or _some_hosts(connection, sides, one),
            **texts[one.package, one.rule_id],
        )
        for one in groups
    ]


def _of_tally(
    connection: Connection, sides: Sides, place: tuple[Any, ...] | None, back: bool, limit: int
) -> list[Grouped]:
    c = issue_tally.c
    worst, number = func.min(c.severity), func.sum(c.number)
    columns = (worst, -number, c.package, c.rule_id)
    statement = select(worst, number, c.package, c.rule_id).where(*on_rules(sides)).group_by(c.package, c.rule_id)
    if place is not None:
        here, there = tuple_(*columns), tuple_(*(literal(value) for value in place))
        statement = statement.having(here < there if back else here > there)
    order = [column.desc() if back else column for column in columns]
    rows = connection.execute(statement.order_by(*order).limit(limit))
    return [Grouped(row[0], int(row[1]), row[2], row[3]) for row in rows]


def _of_issues(connection: Connection, numbers: Sequence[int]) -> list[Grouped]:
    found: dict[tuple[int, str], tuple[int, int, tuple[tuple[str, str], ...]]] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        columns = (issue.c.package, issue.c.rule_id, issue.c.severity, issue.c.host, host.c.hostname)
        some = select(*columns).outerjoin(host, host.c.id == issue.c.host)
        for row in connection.execute(some.where(issue.c.number.in_(numbers[start : start + _AT_ONCE]))):
            key = (row.package, row.rule_id)
            severity, many, hosts = found.get(key, (row.severity, 0, ()))
            if len(hosts) < _SHOWN_HOSTS:
                hosts = (*hosts, (row.host, row.hostname or row.host))
            found[key] = (min(severity, row.severity), many + 1, hosts)
    return [Grouped(severity, many, *key, hosts) for key, (severity, many, hosts) in found.items()]


def _texts(connection: Connection, sides: Sides, groups: Sequence[Grouped]) -> dict[tuple[int, str], dict[str, Any]]:
    """Title, component, fixing versions, KEV date and platforms of each group's rule."""
    ids = {one.rule_id for one in groups}
    c = issue_tally.c
    cells = select(c.package, c.rule_id, c.rule, c.component, c.fixed, c.kev, c.platform).where(
        c.account == sides.account, c.rule.in_(select(rule.c.number).where(rule.c.id.in_(ids))), *on_rules(sides)
    )
    rows = connection.execute(cells.order_by(c.rule, c.platform)).all()
    named = select(rule.c.number, rule.c.title).where(rule.c.number.in_({row.rule for row in rows}))
    titles = {row.number: row.title for row in connection.execute(named)}
    found: dict[tuple[int, str], dict[str, Any]] = {
        (one.package, one.rule_id): {"title": one.rule_id, "component": "", "fixed": (), "kev": "", "platforms": ()}
        for one in groups
    }
    for row in rows:
        known = found.get((row.package, row.rule_id))
        if known is None:
            continue
        known["title"] = titles.get(row.rule, row.rule_id)
        known["component"] = known["component"] or row.component
        known["kev"] = known["kev"] or row.kev
        known["fixed"] = tuple(dict.fromkeys((*known["fixed"], *([row.fixed] if row.fixed else []))))
        known["platforms"] = tuple(dict.fromkeys((*known["platforms"], *([row.platform] if row.platform else []))))
    return found


def _some_hosts(connection: Connection, sides: Sides, one: Grouped) -> tuple[tuple[str, str], ...]:
    ids = select(rule.c.number).where(rule.c.id == one.rule_id)
    mine = func.coalesce(issue.c.account, "") == sides.account
    statement = select(issue.c.host, host.c.hostname).outerjoin(host, host.c.id == issue.c.host)
    statement = statement.where(issue.c.rule.in_(ids), issue.c.package == one.package, mine)
    statement = statement.where(*(statuses_and_severities(sides.query, issue.c)))
    statement = statement.where(*on_issues(sides, issue.c, few=True)).limit(_SHOWN_HOSTS)
    return tuple((row.host, row.hostname or row.host) for row in connection.execute(statement))
