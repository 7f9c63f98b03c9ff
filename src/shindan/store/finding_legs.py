"""Legs of a page of findings: stretches of indexes, each read a little at a time in the order of numbers; merged."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, TextClause, text

from shindan.store.finding_spans import NOTHING, Span

MOST_LEGS = 250
"""Of one statement: SQLite takes 500 parts."""

_ENOUGH = 600
"""Rows that are read at once rather than in steps."""

_FIND = re.compile(r"find\((\w+), (:\w+)\)")
_COLUMN = re.compile(r"\w+ ")

Kind = tuple[str, tuple[str, ...]]
HOST: Kind = ("host = {0}", ("text",))
RULE: Kind = ("rule = {0}", ("bigint",))
OF_ACCOUNT: Kind = ("account = :account AND package = {0} AND severity = {1}", ("smallint", "smallint"))
OF_THE_RUN: Kind = ("run = :run AND package = {0} AND severity = {1}", ("smallint", "smallint"))
OF_A_RUN: Kind = ("run = {0} AND package = {1} AND severity = {2}", ("text", "smallint", "smallint"))
MARKED: Kind = (
    "number IN (SELECT finding FROM finding_mark"
    " WHERE account = :account AND pair = :mine0 AND finding > :after AND finding <= :upto)",
    (),
)
"""How legs begin, and of which types the values are that tell those of one kind apart."""

Place = tuple[int, str]
"""A finding's number and its run."""


@dataclass(slots=True)
class Plan:
    """Legs with their values, what is checked beside, and the values of that."""

    account: str
    legs: list[tuple[Kind, tuple[Any, ...]]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def given(self, prefix: str, values: Collection[Any]) -> list[str]:
        """Names of parameters that hold these values."""
        names = [f"{prefix}{number}" for number in range(len(values))]
        self.values.update(zip(names, values, strict=True))
        return [f":{name}" for name in names]

    def among(self, column: str, prefix: str, values: Collection[Any], word: str = "IN") -> None:
        """Has a column checked against values, before anything else: most are in the index that is being read."""
        self.checks.insert(0, f"{column} {word} ({', '.join(self.given(prefix, values))})")


def read(connection: Connection, plan: Plan, span: Span, limit: int) -> list[Place]:
    """The first of all legs. Each is first read a little: mostly that is enough to know them."""
    if span == NOTHING or not plan.legs:
        return []
    values = {**plan.values, "after": span.low - 1, "upto": span.high if span.high is not None else 2**62}
    length = limit if limit * len(plan.legs) <= _ENOUGH else max(3, 3 * limit // len(plan.legs) + 1)
    while True:
        found, horizon = _merged(connection, plan, {**values, "leg": min(length, limit)})
        if length >= limit:
            return found[:limit]
        found = [place for place in found if place[0] <= horizon]
        if len(found) >= limit:
            return found[:limit]
        length *= 4


def _merged(connection: Connection, plan: Plan, values: Mapping[str, Any]) -> tuple[list[Place], int]:
    """What the legs gave, in order and once each, and up to which number that is complete."""
    sqlite = connection.dialect.name == "sqlite"
    checks = tuple(plan.checks)
    places: set[Place] = set()
    horizon = 2**62
    for kind, group in itertools.groupby(plan.legs, key=lambda leg: leg[0]):
        legs = [leg for _, leg in group]
        for start in range(0, len(legs), MOST_LEGS):
            part = legs[start : start + MOST_LEGS]
            if sqlite:
                statement = _one_by_one(kind, len(part), checks)
                given = {f"leg{row}_{place}": value for row, leg in enumerate(part) for place, value in enumerate(leg)}
            else:
                statement = _for_each(kind, checks)
                given = {f"legs{place}": list(column) for place, column in enumerate(zip(*part, strict=True))}
            ends: dict[int, list[int]] = {}
            for leg, number, run in connection.execute(statement, {**values, **given}).all():
                places.add((number, run))
                ends.setdefault(leg, []).append(number)
            reached = [numbers[-1] for numbers in ends.values() if len(numbers) >= values["leg"]]
            horizon = min([horizon, *reached])
    return sorted(places), horizon


@functools.lru_cache(maxsize=1000)
def _one_by_one(kind: Kind, count: int, checks: tuple[str, ...]) -> TextClause:
    """A part for each leg: what SQLite plans quickly. Building it anew would take longer than it runs."""
    parts = []
    for row in range(count):
        begin = kind[0].format(*(f":leg{row}_{place}" for place in range(len(kind[1]))))
        parts.append(f"SELECT {row} AS leg, number, run FROM ({_leg(begin, checks, sqlite=True)}) AS part{row}")  # noqa: S608
    return text(" UNION ALL ".join(parts))


@functools.lru_cache(maxsize=1000)
def _for_each(kind: Kind, checks: tuple[str, ...]) -> TextClause:
    """One part that is done for each row of values: PostgreSQL would take longer to plan many than to read them."""
    columns = [f"value{place}" for place in range(len(kind[1]))]
    leg = _leg(kind[0].format(*(f"legs.{column}" for column in columns)), checks, sqlite=False)
    if not columns:
        return text(f"SELECT 0 AS leg, number, run FROM ({leg}) AS part")  # noqa: S608
    arrays = ", ".join(f"CAST(:legs{place} AS {type_}[])" for place, type_ in enumerate(kind[1]))
    rows = f"unnest({arrays}) WITH ORDINALITY AS legs({', '.join(columns)}, leg)"
    return text(f"SELECT legs.leg, part.number, part.run FROM {rows} CROSS JOIN LATERAL ({leg}) AS part")  # noqa: S608


def _leg(begin: str, checks: tuple[str, ...], *, sqlite: bool) -> str:
    rest = " AND ".join(_dialect(check, sqlite) for check in checks)
    where = f"{begin} AND number > :after AND number <= :upto AND {rest}"
    return f"SELECT number, run FROM finding WHERE {where} ORDER BY number LIMIT :leg"  # noqa: S608 - our own names


def _dialect(check: str, sqlite: bool) -> str:
    """`find(column, :text)`: whether a JSON list of pairs has one (LIKE would be blind to case on SQLite).

    A plus keeps SQLite from choosing an index by what is only to be checked on the way.
    """
    found = _FIND.sub(rf"{'instr' if sqlite else 'strpos'}(CAST(\1 AS TEXT), \2) > 0", check)
    return f"+{found}" if sqlite and _COLUMN.match(check) else found
