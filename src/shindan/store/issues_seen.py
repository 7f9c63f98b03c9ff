"""Issues as they are seen: new ones begin, fixed ones are open again, and most are only noted as still there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shindan.store.tally import Move

_INTO = """
INSERT INTO issue (account, host, package, rule, rule_id, subject, component, installed, severity, status,
                   first_observed, last_observed, fixed_at, suppression)
"""
_ON_CONFLICT = """
ON CONFLICT (host, package, rule_id, subject) DO UPDATE SET
  rule = excluded.rule, component = excluded.component, installed = excluded.installed, severity = excluded.severity,
  last_observed = CASE WHEN excluded.last_observed > issue.last_observed THEN excluded.last_observed
                       ELSE issue.last_observed END,
  status = CASE WHEN issue.status = 'fixed' THEN 'open' ELSE issue.status END,
  fixed_at = NULL
"""
_ROW_BY_ROW = f"{_INTO} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', :at, :at, NULL, NULL) {_ON_CONFLICT}"
_NEW = f"{_INTO} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', :at, :at, NULL, NULL)"
_SEEN_AGAIN = "UPDATE issue SET last_observed = ?1 WHERE number = ?2 AND last_observed < ?1"
_ALL_SEEN_AGAIN = """
UPDATE issue SET last_observed = ?1 WHERE host = ?2 AND package = ?3 AND status <> 'fixed' AND last_observed < ?1
"""
_STANDING = """
SELECT host, package, rule_id, subject, number, rule, component, installed, severity, status <> 'fixed', status
FROM issue WHERE host IN ({}) AND package IN ({})
"""
_HOSTS_AT_ONCE = 500
_TYPES = ("text", "text", "smallint", "bigint", "text", "text", "text", "text", "smallint")
_GIVEN = f"unnest({', '.join(f'%s::{type_}[]' for type_ in _TYPES)})"
_ALL_AT_ONCE = f"""
WITH written AS (
  {_INTO} SELECT *, 'open', %s::bigint, %s::bigint, NULL::bigint, NULL FROM {_GIVEN} {_ON_CONFLICT}
  RETURNING account, host, package, rule, severity, xmax = 0 AS new
)
SELECT account, host, package, rule, severity FROM written WHERE new
"""  # noqa: S608 - nothing in it comes from outside
_CHANGING = f"""
SELECT o.account, o.host, o.package, o.rule, o.severity, o.status, s.rule, s.severity
FROM {_GIVEN} AS s (account, host, package, rule, rule_id, subject, component, installed, severity)
JOIN issue o ON (o.host, o.package, o.rule_id, o.subject) = (s.host, s.package, s.rule_id, s.subject)
WHERE o.status = 'fixed' OR o.rule <> s.rule OR o.severity <> s.severity
ORDER BY o.host, o.package, o.rule_id, o.subject FOR UPDATE OF o
"""  # noqa: S608 - as above


class Observed(NamedTuple):
    """An issue as it was just seen."""

    account: str
    host: str
    package: int
    rule: int
    rule_id: str
    subject: str
    component: str
    installed: str
    severity: int


def observe(connection: Connection, seen: Sequence[Observed], at: int) -> list[Move]:
    """Notes that issues were seen at a moment: new ones begin, fixed ones are open again.

    What that changes is for the tallies (`tally.apply`), once all else is written.
    """
    if not seen:
        return []
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        columns = [list(column) for column in zip(*seen, strict=True)]
        with driver.cursor() as cursor:
            changed = cursor.execute(_CHANGING, columns).fetchall()
            new = cursor.execute(_ALL_AT_ONCE, (at, at, *columns)).fetchall()
        return [Move._make((*row, "open", 1)) for row in new] + [move for row in changed for move in _turned(*row)]
    # One writer at a time, so what is read here stays so. An index is not touched where nothing but the moment changes.
    sorted_out = _sorted_out(_standing(driver, seen), seen)
    # The moment stands in the statements, so that nothing is made anew for each row.
    driver.executemany(_ALL_SEEN_AGAIN, ((at, *place) for place in sorted_out.places))
    driver.executemany(_SEEN_AGAIN, ((at, number) for number in sorted_out.same))
    driver.executemany(_NEW.replace(":at", str(int(at))), sorted_out.new)
    driver.executemany(_ROW_BY_ROW.replace(":at", str(int(at))), sorted_out.others)
    return sorted_out.moves


def _turned(
    account: str, host: str, package: int, rule: int, severity: int, status: str, new_rule: int, new_severity: int
) -> tuple[Move, Move]:
    """What it means that an issue has another text or severity now, or is back."""
    now = "open" if status == "fixed" else status
    return (
        Move(account, host, package, rule, severity, status, -1),
        Move(account, host, package, new_rule, new_severity, now),
    )


class _SortedOut(NamedTuple):
    """What was seen: `places` (host, package) where it is all that stands there, numbers of other rows that stay as
    they are, what there is no row of, and all else; and what the last two change.
    """

    places: list[tuple[str, int]]
    same: list[int]
    new: list[Observed]
    others: list[Observed]
    moves: list[Move]


_Held = dict[tuple[str, str], tuple[Any, ...]]
_TWICE = 2


def _sorted_out(standing: dict[tuple[str, int], _Held], seen: Sequence[Observed]) -> _SortedOut:
    found = _SortedOut([], [], [], [], [])
    for place, some in groupby(seen, key=itemgetter(1, 2)):
        held = standing.get(place, {})
        open_ = sum(row[-2] for row in held.values())
        same: list[int] = []
        for one in some:
            account, host, package, number, id_, subject, component, installed, severity = one
            row = held.get((id_, subject))
            if row is None:
                found.new.append(one)
                found.moves.append(Move(account, host, package, number, severity, "open"))
                # A second one is no new one, and the last is what stays.
                held[id_, subject] = (0, number, "", "", severity, _TWICE, "open")
            elif row[1:-1] == (number, component, installed, severity, 1):
                same.append(row[0])
            else:
                found.others.append(one)
                _, rule, *_, old, _, status = row
                found.moves.extend(_turned(account, host, package, rule, old, status, number, severity))
                now = "open" if status == "fixed" else status
                held[id_, subject] = (row[0], number, "", "", severity, _TWICE, now)
        if len(same) == open_:
            found.places.append(place)
        else:
            found.same.extend(same)
    return found


def _standing(driver: Any, seen: Sequence[Observed]) -> dict[tuple[str, int], _Held]:
    """Rows of the hosts and packages of what was seen, by those, and by rule's id and subject:
    number, rule, component, installed, severity, whether it is open or suppressed, and its status.
    """
    found: dict[tuple[str, int], _Held] = {}
    hosts, packages = sorted({one.host for one in seen}), sorted({one.package for one in seen})
    for start in range(0, len(hosts), _HOSTS_AT_ONCE):
        some = hosts[start : start + _HOSTS_AT_ONCE]
        marks = ", ".join("?" for _ in some), ", ".join("?" for _ in packages)
        rows = driver.execute(_STANDING.format(*marks), (*some, *packages))
        for place, group in groupby(rows, key=itemgetter(0, 1)):
            found.setdefault(place, {}).update((row[2:4], row[4:]) for row in group)
    return found
