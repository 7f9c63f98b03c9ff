"""Pages of issues: whichever way through the table reads little more than it shows.

Where the tallies say that few rules or few hosts can have what is asked, their issues are gathered and sorted; where
many issues pass, the list is walked in its own order. A walk that has seen `_BUDGET` issues and not filled its page
ends there: the page is short, and says where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_

from shindan.model.issue_query import STATUSES, IssueRow, Sort
from shindan.store.issue_sides import (
    Sides,
    hosts_of,
    on_issues,
    rules_of,
    statuses_and_severities,
)
from shindan.store.issue_ways import Way, ways_of, whole
from shindan.store.issues import record
from shindan.store.tables import host, issue, rule

_BUDGET = 6_000
"""Issues that a walk looks at for one page."""

_LOOKS = 5
"""How often a page looks at as many again before it is shown short."""
Place = tuple[Any, ...]
"""Where an issue stands: the values of the columns that the list is sorted by."""

_ORDERS: dict[Sort, tuple[tuple[str, ...], bool]] = {
    "severity": (("severity", "number"), False),
    "newest": (("first_observed", "number"), True),
    "oldest": (("first_observed", "number"), False),
    "host": (("host", "package", "rule_id", "subject"), False),
}


class Found(NamedTuple):
    """Numbers and places of issues in the list's order; `end` is where a walk ended that saw enough, else None."""

    items: list[tuple[int, Place]]
    end: Place | None = None


class _At(NamedTuple):
    """Which part of a list is wanted."""

    sort: Sort
    place: Place | None
    back: bool
    limit: int
    there: bool = False
    looks: int = _LOOKS

    @property
    def falls(self) -> bool:
        """Whether the columns fall."""
        return _ORDERS[self.sort][1] != self.back

    @property
    def behind(self) -> list[ColumnElement[bool]]:
        """The condition that leads behind the place."""
        if self.place is None:
            return []
        here: ColumnElement[Any] = issue.c.number
        there: ColumnElement[Any] = literal(self.place[-1])
        if self.sort != "severity":  # that goes one by one, and then numbers decide
            here = tuple_(*(issue.c[name] for name in _ORDERS[self.sort][0]))
            there = tuple_(*(literal(value) for value in self.place))
        if self.there:
            return [here <= there if self.falls else here >= there]
        return [here < there if self.falls else here > there]

    def labelled(self, c: Any) -> list[Any]:
        """The columns of the place."""
        return [c[name].label(f"at{n}") for n, name in enumerate(_ORDERS[self.sort][0])]

    def order(self, c: Any) -> list[Any]:
        """The order, over issues or over rows with their columns."""
        return [c[name].desc() if self.falls else c[name] for name in _ORDERS[self.sort][0]]


def page(
    connection: Connection,
    sides: Sides,
    sort: Sort,
    *,
    place: Place | None = None,
    back: bool = False,
    limit: int,
    there: bool = False,
    looks: int | None = None,
) -> Found:
    """`limit` issues behind a place (`back`: before it, the nearest first); `there`: with the one that stands there.

    `looks`: how often a walk looks at some thousands of issues, before it ends short.
    """
    if sides.nothing:
        return Found([])
    ways = ways_of(connection, sides)
    at = _At(sort, place, back, limit, there, _LOOKS if looks is None else looks)
    if sort == "severity":
        return _by_severity(connection, sides, ways, at)
    way = whole(ways)
    conditions = list(statuses_and_severities(sides.query, issue.c))
    return _found(connection, sides, way, at, conditions, lambda part: _walked(connection, sides, part, []))


def rows(connection: Connection, numbers: Sequence[int]) -> list[IssueRow]:
    """Issues by number, in the order given; those that are gone are left out."""
    columns = (issue, rule.c.title, rule.c.fixed, rule.c.kev, host.c.hostname, host.c.platform)
    statement = select(*columns).join_from(issue, rule, issue.c.rule == rule.c.number)
    statement = statement.outerjoin(host, host.c.id == issue.c.host).where(issue.c.number.in_(numbers))
    found = {
        row.number: IssueRow(row.number, record(row), row.hostname or "", row.platform or "", row.fixed, row.kev)
        for row in connection.execute(statement)
    }
    return [found[number] for number in numbers if number in found]


def _by_severity(connection: Connection, sides: Sides, ways: dict[int, Way], whole: _At) -> Found:
    """Severity by severity, as far as there is anything, each in the order of numbers."""
    found: list[tuple[int, Place]] = []
    place, back, limit = whole.place, whole.back, whole.limit
    for severity in sorted(ways, reverse=back):
        if place is not None and (severity > place[0] if back else severity < place[0]):
            continue
        begun = place if place is not None and severity == place[0] else None
        at = whole._replace(place=begun, limit=limit - len(found))
        part = _of_severity(connection, sides, ways[severity], at, severity)
        found += part.items
        if part.end is not None or len(found) >= limit:
            return Found(found, part.end)
    return Found(found)


def _of_severity(connection: Connection, sides: Sides, way: Way, at: _At, severity: int) -> Found:
    statuses = sides.query.statuses or STATUSES
    conditions = [issue.c.severity == severity, issue.c.status.in_(statuses)]
    walk = partial(_walked_by_status, connection, sides, severity=severity, statuses=statuses)
    return _found(connection, sides, way, at, conditions, walk)


def _found(
    connection: Connection,
    sides: Sides,
    way: Way,
    at: _At,
    conditions: Sequence[ColumnElement[bool]],
    walk: Callable[[_At], Found],
) -> Found:
    """Gathered or walked, whichever reads less; `conditions` are those on issues where they are gathered."""
    if way.is_narrow:
        return _gathered(connection, sides, way, at, conditions)
    if not way.passing:
        return Found([])
    if at.looks < _LOOKS or not way.may_be_gathered:
        return walk(at)
    first = walk(at._replace(looks=1))
    if first.end is None:
        return first
    if not first.items:
        return _gathered(connection, sides, way, at, conditions)
    left = at._replace(place=first.end, there=False, limit=at.limit - len(first.items), looks=_LOOKS - 1)
    rest = walk(left)
    return Found([*first.items, *rest.items], rest.end)


def _walked_by_status(connection: Connection, sides: Sides, at: _At, severity: int, statuses: Sequence[str]) -> Found:
    """Each status is a stretch of the index of its own."""
    parts = [
        _walked(connection, sides, at, [issue.c.severity == severity, issue.c.status == status]) for status in statuses
    ]
    items = sorted((item for part in parts for item in part.items), key=lambda item: item[1], reverse=at.back)
    ends = [part.end for part in parts if part.end is not None]
    if not ends:
        return Found(items[: at.limit])
    end = max(ends) if at.back else min(ends)
    seen = [item for item in items if (item[1] >= end if at.back else item[1] <= end)][: at.limit]
    return Found(seen, end if len(seen) < at.limit else None)


def _gathered(
    connection: Connection, sides: Sides, way: Way, at: _At, conditions: Sequence[ColumnElement[bool]]
) -> Found:
    """By the narrower side's index; no other condition may tempt the planner to walk."""
    mine = func.coalesce(issue.c.account, "") == sides.account
    near = issue.c.rule.in_(rules_of(sides)) if way.of_rules <= way.of_hosts else issue.c.host.in_(hosts_of(sides))
    statement = select(issue.c.number, *at.labelled(issue.c)).where(near, mine, *conditions, *at.behind)
    statement = statement.where(*on_issues(sides, issue.c)).order_by(*at.order(issue.c)).limit(at.limit)
    return Found([(row[0], tuple(row[1:])) for row in connection.execute(statement)])


def _walked(connection: Connection, sides: Sides, at: _At, conditions: Sequence[ColumnElement[bool]]) -> Found:
    """Along the index of the order; `conditions` are those that it has, too."""
    if conditions and next(on_issues(sides, issue.c), None) is None:
        wanted = _along(sides, at, conditions).with_only_columns(issue.c.number, *at.labelled(issue.c))
        return Found(_items(connection, wanted.limit(at.limit)))
    found: list[tuple[int, Place]] = []
    for _ in range(at.looks):
        part = _looked_through(connection, sides, at, conditions)
        found += part.items
        if part.end is None or len(part.items) >= at.limit:
            return Found(found)
        at = at._replace(place=part.end, there=False, limit=at.limit - len(part.items))
    return Found(found, at.place)


def _along(sides: Sides, at: _At, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = _looked_at(sides, at.sort)
    return select(*columns).where(*_start(sides, at.sort), *conditions, *at.behind).order_by(*at.order(issue.c))


def _looked_through(connection: Connection, sides: Sides, at: _At, conditions: Sequence[ColumnElement[bool]]) -> Found:
    """Those that pass among the next `_BUDGET`; `end` is the last of them, None where that was all."""
    inner = _along(sides, at, conditions)
    seen = inner.limit(_BUDGET).subquery()
    outer = select(seen.c.number, *at.labelled(seen.c)).where(*on_issues(sides, seen.c))
    if not conditions:
        outer = outer.where(*statuses_and_severities(sides.query, seen.c))
    items = _items(connection, outer.order_by(*at.order(seen.c)).limit(at.limit))
    if len(items) >= at.limit:
        return Found(items)
    last = inner.with_only_columns(*at.labelled(issue.c)).offset(_BUDGET - 1).limit(1)
    end = connection.execute(last).one_or_none()
    return Found(items, None if end is None else tuple(end))


def _looked_at(sides: Sides, sort: Sort) -> list[Any]:
    """The columns that a walk needs: fewer than an index has, and no row of the table is read for them."""
    names = ["number", "status", "severity", "package", "first_observed", *_ORDERS[sort][0]]
    if sides.of_rules or sides.mixed_words:
        names.append("rule")
    if sides.of_hosts or sides.query.platforms or sides.archived or sides.mixed_words:
        names.append("host")
    return [issue.c[name] for name in dict.fromkeys(names)]


def _items(connection: Connection, statement: Select[Any]) -> list[tuple[int, Place]]:
    return [(row[0], tuple(row[1:])) for row in connection.execute(statement)]


def _start(sides: Sides, sort: Sort) -> Iterator[ColumnElement[bool]]:
    """What leads into the index of an order."""
    if sort == "host":
        yield issue.c.host.in_(select(host.c.id).where(host.c.account == sides.account))
        yield func.coalesce(issue.c.account, "") == sides.account
        return
    yield issue.c.account == sides.account
    if sides.query.since is not None and sort in ("newest", "oldest"):
        yield issue.c.first_observed >= sides.query.since
