"""Between which numbers the findings of a run, or of a stretch of time, lie: numbers rise as findings are written."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from shindan.store.tables import run

_MOST_KNOWN = 10_000
_SLACK = 3_600_000
"""Milliseconds that may lie between the moment of a finding and the writing of it."""

_FEW = 20
"""Runs that are looked at for one that has findings: those that were cancelled have none."""

_SORTS = [
    f"run = :run AND package = {package} AND severity = {severity}" for package in range(5) for severity in range(5)
]
_FIRSTS, _LASTS = (
    " UNION ALL ".join(f"SELECT {end}(number) AS number FROM finding WHERE {sort}" for sort in _SORTS)  # noqa: S608
    for end in ("min", "max")
)
_OF_RUN = text(
    f"SELECT (SELECT min(number) FROM ({_FIRSTS}) AS firsts), (SELECT max(number) FROM ({_LASTS}) AS lasts)"  # noqa: S608
)
"""Each part is one look into the index; the smallest of a whole run would be looked for in all of it."""

_OF = run.c.account == bindparam("of")
_ENDED = select(run.c.id).where(_OF, run.c.completed_at < bindparam("moment"))
_ENDED = _ENDED.order_by(run.c.completed_at.desc()).limit(_FEW)
_BEGUN = select(run.c.id).where(_OF, run.c.created_at > bindparam("moment"), run.c.completed_at.is_not(None))
_BEGUN = _BEGUN.order_by(run.c.created_at).limit(_FEW)
_AMID = select(run.c.id).where(
    _OF, run.c.completed_at >= bindparam("low") - _SLACK, run.c.created_at <= bindparam("high") + _SLACK
)
_AMID = _AMID.limit(_FEW + 1)


class Span(NamedTuple):
    """Numbers from `low` to `high`, both included; `high` None: as far as there are any."""

    low: int
    high: int | None

    def __and__(self, other: Span) -> Span:
        low = max(self.low, other.low)
        highs = [high for high in (self.high, other.high) if high is not None]
        high = min(highs) if highs else None
        return NOTHING if high is not None and high < low else Span(low, high)


NOTHING = Span(1, 0)

_KNOWN: dict[tuple[str, str], Span] = {}


def of_run(connection: Connection, run_id: str) -> Span:
    """Where the findings of a run that has ended lie; remembered, since nothing is added to it any more."""
    key = (str(connection.engine.url), run_id)
    if key not in _KNOWN:
        first, last = connection.execute(_OF_RUN, {"run": run_id}).one()
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = NOTHING if first is None else Span(first, last)
    return _KNOWN[key]


def of_moments(connection: Connection, account: str, created: tuple[int | None, int | None]) -> Span:
    """Numbers outside of which no finding of the account was created between two moments (ms, both included).

    What was written before a run began is older than all that it found; what comes after one that has ended is newer.
    A clock that is set back by more than lies between two runs breaks that.
    """
    low, high = 1, None
    if created[0] is not None:
        for run_id in connection.execute(_ENDED, {"of": account, "moment": created[0]}).scalars():
            span = of_run(connection, run_id)
            if span != NOTHING and span.high is not None:
                low = span.high + 1
                break
    if created[1] is not None:
        for run_id in connection.execute(_BEGUN, {"of": account, "moment": created[1] + _SLACK}).scalars():
            span = of_run(connection, run_id)
            if span != NOTHING:
                high = span.low - 1
                break
    return Span(low, high) & Span(1, None)


def runs_amid(connection: Connection, account: str, created: tuple[int | None, int | None]) -> list[str]:
    """The ended runs that made all findings between two moments (ms); none where that is no short time.

    PostgreSQL would read a short stretch of numbers as a whole; of a run it reads what is wanted.
    """
    low, high = created
    if low is None or high is None:
        return []
    found = list(connection.execute(_AMID, {"of": account, "low": low, "high": high}).scalars())
    return found if len(found) <= _FEW else []
