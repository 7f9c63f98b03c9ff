"""Which rules, runs and findings show an attribute: kept beside the findings, so that none has to be read to know."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, select

from shindan.model.assessment import Pairs
from shindan.store.database import upsert
from shindan.store.tables import finding_mark, rule_trait, run_mark

_RULES = (
    select(rule_trait.c.rule, rule_trait.c.shared).where(rule_trait.c.pair == bindparam("of")).limit(bindparam("most"))
)
_RUNS = select(run_mark.c.run).where(run_mark.c.account == bindparam("in"), run_mark.c.pair == bindparam("of"))
_MARKS = (
    select(finding_mark.c.finding)
    .where(finding_mark.c.account == bindparam("in"), finding_mark.c.pair == bindparam("of"))
    .limit(2000)
    .subquery()
)
_MARKED = select(func.count()).select_from(_MARKS)


def as_text(key: str, value: str | None) -> str:
    """A pair as a JSON column has it."""
    return json.dumps([key, value])


def note_rules(connection: Connection, seen: Iterable[tuple[int, str, str | None]], *, shared: bool = False) -> None:
    """Notes that findings of rules (by number) show attributes; `shared`: all of its findings do."""
    pairs = {(as_text(key, value), number) for number, key, value in seen}
    rows = [{"pair": pair, "rule": number, "shared": shared} for pair, number in sorted(pairs)]
    upsert(connection, rule_trait, rows, key=("pair", "rule"), update=())


def rules_of(connection: Connection, key: str, value: str | None, most: int) -> dict[int, bool] | None:
    """Numbers of the rules some finding of which shows an attribute, and whether all do; None for more than `most`."""
    found = connection.execute(_RULES, {"of": as_text(key, value), "most": most + 1}).all()
    return None if len(found) > most else {row[0]: bool(row[1]) for row in found}


def note_run(connection: Connection, account: str, run_id: str, pairs: Pairs) -> None:
    """Notes the attributes that all findings of a new run begin with."""
    rows = [{"account": account, "pair": as_text(*pair), "run": run_id} for pair in dict.fromkeys(pairs)]
    upsert(connection, run_mark, rows, key=("account", "pair", "run"), update=())


def runs_of(connection: Connection, account: str, key: str, value: str | None) -> list[str]:
    """Runs whose findings began with an attribute."""
    return list(connection.execute(_RUNS, {"in": account, "of": as_text(key, value)}).scalars())


def mark(connection: Connection, account: str, number: int, pairs: Pairs) -> None:
    """Notes which attributes of somebody's own a finding has now."""
    connection.execute(delete(finding_mark).where(finding_mark.c.finding == number))
    rows = [{"account": account, "pair": as_text(*pair), "finding": number} for pair in pairs]
    upsert(connection, finding_mark, rows, key=("account", "pair", "finding"), update=())


def marked(connection: Connection, account: str, key: str, value: str | None) -> int:
    """How many findings were given an attribute; large numbers are cut off."""
    return connection.execute(_MARKED, {"in": account, "of": as_text(key, value)}).scalar_one()
