"""How many issues each value of each facet would leave: from the tallies where they know, else counted as far as
`MOST_COUNTED` issues and said to be more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from shindan.model.issue_query import Count, Facet
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.store import issue_pages
from shindan.store.host_tags import tags
from shindan.store.issue_sides import Sides, on_hosts, on_rules, on_sums, severity_sums
from shindan.store.tables import host, host_tag, host_tally, issue, issue_sum, issue_tally, rule

MOST_COUNTED = 1_000
_AT_ONCE = 2000

Counts = Mapping[Any, int]


class Counted(NamedTuple):
    """Counts by value, and whether they are only of the first issues that pass."""

    counts: Counts
    more: bool = False


class Counting:
    """Counts of one query; what has to be counted issue by issue is counted once."""

    def __init__(self, connection: Connection, sides: Sides) -> None:
        self._connection = connection
        self._sides = sides
        self._sampled: tuple[list[int], bool] | None = None

    def total(self) -> Count:
        """How many issues pass."""
        sides = self._sides
        if sides.nothing:
            return Count(0)
        if sides.by_rule:
            table = issue_tally if sides.of_some_rules else issue_sum
            conditions = on_rules(sides) if sides.of_some_rules else on_sums(sides)
            number = select(func.coalesce(func.sum(table.c.number), 0)).where(*conditions)
            return Count(int(self._connection.execute(number).scalar_one()))
        if sides.by_host:
            sums = self._connection.execute(select(*severity_sums(sides)).where(*on_hosts(sides))).one()
            return Count(sum(int(number or 0) for number in sums))
        numbers, more = self._sample()
        return Count(len(numbers), more)

    def facets(self, wanted: Collection[Facet], most: int) -> dict[Facet, Counted]:
        """The counts of some facets, the `most` commonest of those that have many values.

        Where tallies answer, a facet is counted without its own condition, so that its other values can be chosen.
        """
        sides, found = self._sides, dict[Facet, Counted]()
        asked = set(wanted) - {"since"}
        if sides.nothing:
            return found
        if sides.by_rule:
            found |= _by_rule(self._connection, sides, asked, most)
        if sides.by_host:
            found |= _by_host(self._connection, sides, asked - found.keys(), most)
        if asked - found.keys():
            counted = _of_sample(self._connection, self._sample(), most)
            found |= {facet: counted[facet] for facet in asked - found.keys()}
        return found

    def _sample(self) -> tuple[list[int], bool]:
        if self._sampled is None:
            self._sampled = sample(self._connection, self._sides)
        return self._sampled


def sample(connection: Connection, sides: Sides) -> tuple[list[int], bool]:
    """Numbers of the first issues that pass, and whether there are more."""
    found = issue_pages.page(connection, sides, "severity", limit=MOST_COUNTED + 1, looks=1)
    numbers = [number for number, _ in found.items]
    return numbers[:MOST_COUNTED], len(numbers) > MOST_COUNTED or found.end is not None


# ── from issue_tally ──


def _by_rule(connection: Connection, sides: Sides, wanted: set[Facet], most: int) -> dict[Facet, Counted]:
    """One look at all that is alike, for the facets with few values; one more for each of those with many."""
    c = issue_tally.c
    found: dict[Facet, Counted] = {}
    if wanted & set(_FEW):
        few = _few(sides, _alike_of_rules(connection, sides))
        found |= {facet: counted for facet, counted in few.items() if facet in wanted}
    many: tuple[tuple[Facet, Any], ...] = (("rule", c.rule_id), ("component", c.component))
    for facet, column in many:
        if facet in wanted:
            number = func.sum(c.number)
            some = select(column, number).where(*on_rules(sides, without=facet), column != "").group_by(column)
            top = connection.execute(some.order_by(number.desc(), column).limit(most))
            found[facet] = Counted({row[0]: int(row[1]) for row in top})
    return found


def _alike_of_rules(connection: Connection, sides: Sides) -> list[Sequence[Any]]:
    """The values of `_FEW` and how many issues have them, whichever of them are asked for."""
    if not sides.of_some_rules:
        s = issue_sum.c
        columns = (s.severity, s.status, s.package, s.platform, s.exploited, s.fixable, s.number)
        return [tuple(row) for row in connection.execute(select(*columns).where(*on_sums(sides, without=_FEW)))]
    bare = replace(
        sides, query=replace(sides.query, statuses=(), severities=(), packages=(), platforms=(), kev=None, fixable=None)
    )
    c = issue_tally.c
    kev, fixable = case((c.kev != "", 1), else_=0), case((c.fixed != "", 1), else_=0)
    alike = (c.severity, c.status, c.package, c.platform, kev, fixable)
    statement = select(*alike, func.sum(c.number)).where(*on_rules(bare)).group_by(*alike)
    return [tuple(row) for row in connection.execute(statement)]


_FEW: tuple[Facet, ...] = ("severity", "status", "package", "platform", "kev", "fixable")


def _few(sides: Sides, rows: Iterable[Sequence[Any]]) -> dict[Facet, Counted]:
    wanted = _wanted(sides)
    counts: dict[Facet, Counter[Any]] = {facet: Counter() for facet in _FEW}
    for row in rows:
        values, number = row[:-1], row[-1]
        missed = [at for at, value in enumerate(values) if wanted[at] is not None and value not in wanted[at]]
        if len(missed) > 1:
            continue
        for at, facet in enumerate(_FEW):
            # A value counts for its own facet whatever is chosen there.
            if not missed or missed == [at]:
                counts[facet][values[at]] += int(number)
    return {facet: Counted(counted) for facet, counted in counts.items()}


def _wanted(sides: Sides) -> list[Any]:
    """The values that are chosen, in the order of `_FEW`; None where any is."""
    from_words = {word: place for place, word in enumerate(SHOWN_SEVERITIES)}
    query = sides.query
    return [
        {from_words[word] for word in query.severities} or None,
        set(query.statuses) or None,
        {PACKAGE_NUMBERS[name] for name in query.packages} or None,
        set(query.platforms) or None,
        None if query.kev is None else {int(query.kev)},
        None if query.fixable is None else {int(query.fixable)},
    ]


# ── from host_tally ──


def _by_host(connection: Connection, sides: Sides, wanted: set[Facet], most: int) -> dict[Facet, Counted]:
    """Hosts and tags; and where hosts are narrowed, what else is known by host."""
    found: dict[Facet, Counted] = {}
    if "host" in wanted:
        number = _summed(sides)
        some = select(host_tally.c.host, number).where(*on_hosts(sides, without="host")).group_by(host_tally.c.host)
        top = connection.execute(some.having(number > 0).order_by(number.desc(), host_tally.c.host).limit(most))
        found["host"] = Counted({row[0]: int(row[1]) for row in top})
    if "tag" in wanted:
        found["tag"] = _tags(connection, sides, most)
    alike = wanted & {"severity", "status", "package", "platform"}
    if alike:
        found |= {facet: counted for facet, counted in _alike(connection, sides).items() if facet in alike}
    return found


def _tags(connection: Connection, sides: Sides, most: int) -> Counted:
    # With the tags that are asked for: they are wanted all, so that one more leaves less.
    per_host = select(host_tally.c.host, _summed(sides).label("n")).where(*on_hosts(sides))
    mine = per_host.group_by(host_tally.c.host).subquery()
    tagged, pair = func.sum(mine.c.n), (host_tag.c.key, host_tag.c.value)
    # An outer join, so that the tags are gone through in the order of their index.
    by_tag = select(*pair, tagged).outerjoin_from(host_tag, mine, mine.c.host == host_tag.c.host).group_by(*pair)
    by_tag = by_tag.having(tagged > 0).order_by(tagged.desc(), *pair)
    return Counted({(row[0], row[1]): int(row[2]) for row in connection.execute(by_tag.limit(most))})


def _summed(sides: Sides) -> Any:
    columns = [column for column, chosen in zip(_columns(), _chosen(sides), strict=True) if chosen]
    return func.sum(sum(columns[1:], columns[0]))


def _alike(connection: Connection, sides: Sides) -> dict[Facet, Counted]:
    """Severity, status, package and platform, each without its own condition."""
    chosen = None if sides.query.platforms else sides.chosen
    bare = replace(sides, chosen=chosen, query=replace(sides.query, statuses=(), packages=(), platforms=()))
    alike = (host_tally.c.status, host_tally.c.package, host.c.platform)
    statement = select(*alike, *(func.sum(column) for column in _columns())).group_by(*alike)
    statement = statement.join_from(host_tally, host, host.c.id == host_tally.c.host).where(*on_hosts(bare))
    rows = [
        (severity, status, package, platform, 0, 0, number)
        for status, package, platform, *numbers in connection.execute(statement)
        for severity, number in enumerate(numbers)
        if number
    ]
    found = _few(sides, rows)
    return {facet: counted for facet, counted in found.items() if facet not in ("kev", "fixable")}


def _columns() -> list[Any]:
    return [host_tally.c[f"s{place}"] for place in range(5)]


def _chosen(sides: Sides) -> list[bool]:
    words = sides.query.severities
    return [not words or word in words for word in SHOWN_SEVERITIES]


# ── counted ──


def _of_sample(connection: Connection, sampled: tuple[list[int], bool], most: int) -> dict[Facet, Counted]:
    numbers, more = sampled
    names: tuple[Facet, ...] = (*_FEW, "rule", "component", "host", "tag")
    counts: dict[Facet, Counter[Any]] = {name: Counter() for name in names}
    for start in range(0, len(numbers), _AT_ONCE):
        _count(connection, numbers[start : start + _AT_ONCE], counts)
    hosts = counts["host"]
    for id_, pairs in tags(connection, list(hosts)).items():
        for pair in pairs:
            counts["tag"][pair] += hosts[id_]
    counts["component"].pop("", None)
    return {
        name: Counted(dict(counted.most_common(most)) if name not in _FEW else counted, more)
        for name, counted in counts.items()
    }


_COUNTED: tuple[Facet, ...] = (*_FEW, "rule", "component", "host")


def _count(connection: Connection, numbers: Sequence[int], counts: dict[Facet, Counter[Any]]) -> None:
    columns = (
        issue.c.severity, issue.c.status, issue.c.package, host.c.platform, rule.c.kev, rule.c.fixed, issue.c.rule_id,
        issue.c.component, issue.c.host,
    )  # fmt: skip
    statement = select(*columns).join_from(issue, rule, rule.c.number == issue.c.rule)
    statement = statement.outerjoin(host, host.c.id == issue.c.host).where(issue.c.number.in_(numbers))
    for severity, status, package, platform, kev, fixed, rule_id, component, host_id in connection.execute(statement):
        values = (
            severity, status, package, platform or "", int(bool(kev)), int(bool(fixed)), rule_id, component, host_id,
        )  # fmt: skip
        for name, value in zip(_COUNTED, values, strict=True):
            counts[name][value] += 1


def since(connection: Connection, sides: Sides, moments: Sequence[int]) -> dict[int, Count]:
    """How many issues were first seen at each of these moments or later, of all that pass otherwise."""
    if sides.nothing:
        return dict.fromkeys(moments, Count(0))
    whole = replace(sides, query=replace(sides.query, since=min(moments)))
    found = issue_pages.page(connection, whole, "newest", limit=MOST_COUNTED + 1, looks=1)
    seen = [place[0] for _, place in found.items]  # the newest first
    cut = len(seen) > MOST_COUNTED or found.end is not None
    counts = {}
    for moment in moments:
        number = sum(at >= moment for at in seen)
        # Only what reaches the last that was looked at may go on beyond it.
        counts[moment] = Count(min(number, MOST_COUNTED), cut and number == len(seen))
    return counts
