"""What the tallies say of a search before issues are read: how many pass at most, and whether to gather or to walk."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.store.issue_sides import Sides, on_hosts, on_rules, on_sums, severity_sums
from shindan.store.tables import host_tally, issue_sum, issue_tally

_GATHERED = 12_000
"""Issues that may be read to be sorted."""
_GATHERED_LATE = 60_000
"""Issues that may be read to be sorted where a walk met none of them."""

_FEW_HOSTS, _MANY = 500, 2**62


class Way(NamedTuple):
    """What is known beforehand: how many issues pass at most, and how many the rules and the hosts have at all."""

    passing: int
    of_rules: int
    of_hosts: int

    @property
    def is_narrow(self) -> bool:
        """Whether all that one side has may be read."""
        return min(self.of_rules, self.of_hosts) <= _GATHERED

    @property
    def may_be_gathered(self) -> bool:
        """Whether all that one side has may be read where a walk met none of it: it lies together, far from there."""
        return bool(self.passing) and min(self.of_rules, self.of_hosts) <= _GATHERED_LATE


def ways_of(connection: Connection, sides: Sides) -> dict[int, Way]:
    """What the tallies say beforehand, for each severity that is asked for."""
    by_rule = _passing(connection, sides)
    at_all = dict.fromkeys(by_rule, _MANY)
    if sides.of_rules:
        at_all = dict.fromkeys(by_rule, sum(_passing(connection, sides, without="status").values()))
    if not (sides.of_hosts or sides.query.platforms):
        return {place: Way(number, at_all[place], _MANY) for place, number in by_rule.items()}
    sums = severity_sums(sides)
    by_host = [int(number or 0) for number in connection.execute(select(*sums).where(*on_hosts(sides))).one()]
    theirs = _theirs(connection, sides)
    return {
        place: Way(min(number, by_host[place]), at_all[place], theirs)
        for place, number in by_rule.items()
        if by_host[place]
    }


def _theirs(connection: Connection, sides: Sides) -> int:
    """How many issues the hosts have at all; nobody counts where there are many hosts."""
    if sides.chosen is None or len(sides.chosen) > _FEW_HOSTS:
        return _MANY
    columns = [host_tally.c[f"s{place}"] for place in range(len(SHOWN_SEVERITIES))]
    total = select(func.coalesce(func.sum(sum(columns[1:], columns[0])), 0))
    mine = (host_tally.c.account == sides.account, host_tally.c.host.in_(sides.chosen))
    return int(connection.execute(total.where(*mine)).scalar_one())


def _passing(connection: Connection, sides: Sides, without: str = "") -> dict[int, int]:
    """How many issues of each severity pass what is asked of rules."""
    table = issue_tally if sides.of_some_rules else issue_sum
    conditions = on_rules(sides, without=without) if sides.of_some_rules else on_sums(sides, without=(without,))
    statement = select(table.c.severity, func.sum(table.c.number)).where(*conditions).group_by(table.c.severity)
    return {row[0]: int(row[1]) for row in connection.execute(statement)}


def whole(ways: dict[int, Way]) -> Way:
    """All severities together."""
    if not ways:
        return Way(0, 0, 0)
    some = next(iter(ways.values()))
    return Way(sum(one.passing for one in ways.values()), some.of_rules, some.of_hosts)
