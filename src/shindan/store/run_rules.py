"""What became of a run's rules on its hosts, counted: one row a rule and run, none for each host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from shindan.model.checked import Counts
from shindan.store.database import upsert
from shindan.store.tables import checked_rule, run_rule

_AT_ONCE = 300
_KEY = ("package", "benchmark", "rule", "title")


class Named(NamedTuple):
    """A rule, or the control of a benchmark by its number; `package` as `model.stored_finding` numbers it."""

    package: int
    benchmark: str
    rule: str
    title: str


def numbers(connection: Connection, wanted: Iterable[Named]) -> dict[Named, int]:
    """The numbers of rules; those that are new are kept first."""
    keys, found = sorted(set(wanted)), {}
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        upsert(connection, checked_rule, [one._asdict() for one in part], key=_KEY, update=())
        same = tuple_(*(checked_rule.c[name] for name in _KEY)).in_([tuple(one) for one in part])
        columns = [checked_rule.c[name] for name in _KEY]
        for number, *row in connection.execute(select(checked_rule.c.number, *columns).where(same)):
            found[Named._make(row)] = number
    return found


def count(connection: Connection, run_id: str, counts: Mapping[int, Counts]) -> None:
    """Adds what became of rules (by number) on some of a run's hosts."""
    if not counts:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(run_rule).values({name: bindparam(name) for name in ("run", "rule", *Counts._fields)})
    more = {name: run_rule.c[name] + statement.excluded[name] for name in Counts._fields}
    rows = [{"run": run_id, "rule": number, **one._asdict()} for number, one in sorted(counts.items())]
    connection.execute(statement.on_conflict_do_update(index_elements=["run", "rule"], set_=more), rows)


def of_run(connection: Connection, run_id: str) -> list[tuple[Named, Counts]]:
    """Every rule of a run with what became of it."""
    names = [checked_rule.c[name] for name in _KEY]
    counts = [run_rule.c[name] for name in Counts._fields]
    statement = select(*names, *counts).join_from(run_rule, checked_rule).where(run_rule.c.run == run_id)
    return [(Named(*row[:4]), Counts(*row[4:])) for row in connection.execute(statement)]
