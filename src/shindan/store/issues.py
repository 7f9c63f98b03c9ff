"""Issues: what stands behind the findings of many runs, and suppressions that mark them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, insert, or_, select, tuple_, update

from shindan.model.issue import Issue, Suppression
from shindan.model.packages import PackageName
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, PACKAGE_NUMBERS, SHOWN_SEVERITIES, fingerprint_of
from shindan.store.tables import host_tag, issue, rule, suppression

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
SELECT host, package, rule_id, subject, number, rule, component, installed, severity, status <> 'fixed' FROM issue
WHERE host IN ({}) AND package IN ({})
"""
_HOSTS_AT_ONCE = 500
_TYPES = ("text", "text", "smallint", "bigint", "text", "text", "text", "text", "smallint")
_ALL_AT_ONCE = f"""
{_INTO} SELECT *, 'open', %s::bigint, %s::bigint, NULL::bigint, NULL
FROM unnest({", ".join(f"%s::{type_}[]" for type_ in _TYPES)}) {_ON_CONFLICT}
"""  # noqa: S608 - nothing in it comes from outside

Place = tuple[int, int]
"""Where an issue stands in a list: severity and number."""

Key = tuple[str, int, str, str]
"""What identifies an issue: host, package (a number), rule's id, and what of the host it is about."""


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


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """What issues are wanted: every condition that is given."""

    statuses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    packages: tuple[int, ...] = ()


def observe(connection: Connection, seen: Sequence[Observed], at: int) -> None:
    """Notes that issues were seen at a moment: new ones begin, fixed ones are open again."""
    if not seen:
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor:
            cursor.execute(_ALL_AT_ONCE, (at, at, *(list(column) for column in zip(*seen, strict=True))))
        return
    # One writer at a time, so what is read here stays so. An index is not touched where nothing but the moment changes.
    sorted_out = _sorted_out(_standing(driver, seen), seen)
    # The moment stands in the statements, so that nothing is made anew for each row.
    driver.executemany(_ALL_SEEN_AGAIN, ((at, *place) for place in sorted_out.places))
    driver.executemany(_SEEN_AGAIN, ((at, number) for number in sorted_out.same))
    driver.executemany(_NEW.replace(":at", str(int(at))), sorted_out.new)
    driver.executemany(_ROW_BY_ROW.replace(":at", str(int(at))), sorted_out.others)


class _SortedOut(NamedTuple):
    """What was seen: `places` (host, package) where it is all that stands there, numbers of other rows that stay as
    they are, what there is no row of, and all else.
    """

    places: list[tuple[str, int]]
    same: list[int]
    new: list[Observed]
    others: list[Observed]


_Held = dict[tuple[str, str], tuple[Any, ...]]
_TWICE = (0,)


def _sorted_out(standing: dict[tuple[str, int], _Held], seen: Sequence[Observed]) -> _SortedOut:
    found = _SortedOut([], [], [], [])
    for place, some in groupby(seen, key=itemgetter(1, 2)):
        held = standing.get(place, {})
        open_ = sum(row[-1] for row in held.values())
        same: list[int] = []
        for one in some:
            _, _, _, number, id_, subject, component, installed, severity = one
            row = held.get((id_, subject))
            if row is None:
                found.new.append(one)
                held[id_, subject] = _TWICE  # a second one is no new one
            elif row[1:] == (number, component, installed, severity, 1):
                same.append(row[0])
            else:
                found.others.append(one)
        if len(same) == open_:
            found.places.append(place)
        else:
            found.same.extend(same)
    return found


def _standing(driver: Any, seen: Sequence[Observed]) -> dict[tuple[str, int], _Held]:
    """Rows of the hosts and packages of what was seen, by those, and by rule's id and subject:
    number, rule, component, installed, severity, and whether it is open or suppressed.
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


def known(connection: Connection, hosts: Collection[str], package: PackageName) -> set[Key]:
    """What is open or suppressed on these hosts."""
    mine = issue.c.host.in_(hosts) & (issue.c.package == PACKAGE_NUMBERS[package]) & (issue.c.status != "fixed")
    statement = select(issue.c.host, issue.c.package, issue.c.rule_id, issue.c.subject).where(mine)
    return {(row[0], row[1], row[2], row[3]) for row in connection.execute(statement)}


def fix(connection: Connection, hosts: Collection[str], package: PackageName, before: int, at: int) -> int:
    """Notes as fixed what a package saw on these hosts before a moment, and not since; how many."""
    mine = issue.c.host.in_(hosts) & (issue.c.package == PACKAGE_NUMBERS[package])
    gone = mine & (issue.c.status != "fixed") & (issue.c.last_observed < before)
    values = {"status": "fixed", "fixed_at": at, "suppression": None}
    return connection.execute(update(issue).where(gone).values(**values)).rowcount


def listed(
    connection: Connection, account: str, wanted: IssueFilter, *, after: Place | None = None, limit: int
) -> list[tuple[int, Issue]]:
    """(number, issue) of the account's that pass the filter, the worst first, from behind `after` on."""
    statement = _with_titles().where(issue.c.account == account, *_conditions(wanted))
    if after is not None:
        statement = statement.where(tuple_(issue.c.severity, issue.c.number) > tuple_(*after))
    statement = statement.order_by(issue.c.severity, issue.c.number).limit(limit)
    return [(row.number, _record(row)) for row in connection.execute(statement)]


def by_key(connection: Connection, account: str, keys: Collection[Key]) -> dict[Key, Issue]:
    """The account's issues of these keys."""
    hosts, ids = {key[0] for key in keys}, {key[2] for key in keys}
    statement = _with_titles().where(issue.c.host.in_(hosts), issue.c.rule_id.in_(ids))
    rows = (row for row in connection.execute(statement) if row.account == account)
    found = {(row.host, row.package, row.rule_id, row.subject): _record(row) for row in rows}
    return {key: found[key] for key in keys if key in found}


def _with_titles() -> Select[Any]:
    return select(issue, rule.c.title).join_from(issue, rule, issue.c.rule == rule.c.number)


# ── suppressions ──


def add_suppression(connection: Connection, account: str, new: Suppression) -> None:
    """Keeps a suppression; `mark` puts it to work."""
    row = {
        "id": new.id,
        "account": account,
        "scope": [list(pair) for pair in new.scope],
        "reason": new.reason,
        "owner": new.owner,
        "created_at": new.created_at,
        "expires_at": new.expires_at,
    }
    connection.execute(insert(suppression).values(row))


def suppressions(connection: Connection, account: str) -> list[Suppression]:
    """The account's suppressions, expired ones too, oldest first."""
    mine = select(suppression).where(suppression.c.account == account)
    rows = connection.execute(mine.order_by(suppression.c.created_at, suppression.c.id))
    return [
        Suppression(
            row.id, tuple((kind, value) for kind, value in row.scope), row.reason, row.owner, row.created_at,
            row.expires_at,
        )
        for row in rows
    ]  # fmt: skip


def remove_suppression(connection: Connection, account: str, id_: str) -> bool:
    """Removes a suppression; what it marked comes back. False where there is none."""
    mine = (suppression.c.account == account) & (suppression.c.id == id_)
    gone = connection.execute(delete(suppression).where(mine).returning(suppression.c.id)).first() is not None
    if gone:
        _unmark(connection, account, issue.c.suppression == id_)
    return gone


def mark(connection: Connection, account: str, at: int) -> None:
    """Marks what suppressions in force are about, and brings back what no suppression in force speaks of any more."""
    force = [one for one in suppressions(connection, account) if one.expires_at is None or one.expires_at > at]
    _unmark(connection, account, issue.c.suppression.not_in([one.id for one in force]))
    for one in force:
        about = and_(issue.c.account == account, issue.c.status == "open", *_scope(one))
        connection.execute(update(issue).where(about).values(status="suppressed", suppression=one.id))


def accounts_with_suppressions(connection: Connection) -> list[str]:
    """Accounts that have any."""
    return list(connection.execute(select(suppression.c.account).distinct()).scalars())


def _unmark(connection: Connection, account: str, which: ColumnElement[bool]) -> None:
    mine = (issue.c.account == account) & (issue.c.status == "suppressed") & which
    connection.execute(update(issue).where(mine).values(status="open", suppression=None))


def _scope(one: Suppression) -> Iterator[ColumnElement[bool]]:
    for kind, value in one.scope:
        if kind == "host":
            yield issue.c.host == value
        elif kind == "component":
            yield issue.c.component == value
        elif kind in ("cve", "rule"):
            yield _of_rules([value])
        elif kind == "package":
            yield issue.c.package.in_([PACKAGE_NUMBERS[cast(PackageName, value)]])
        else:
            key, given, wanted = value.partition("=")
            tagged = (host_tag.c.host == issue.c.host) & (host_tag.c.key == key)
            yield exists().where(tagged & (host_tag.c.value == wanted) if given else tagged)


def _conditions(wanted: IssueFilter) -> Iterator[ColumnElement[bool]]:
    pairs = (
        (issue.c.status, wanted.statuses),
        (issue.c.host, wanted.hosts),
        (issue.c.severity, wanted.severities),
        (issue.c.package, wanted.packages),
    )
    for column, values in pairs:
        if values:
            yield or_(*(column == value for value in values)) if len(values) == 1 else column.in_(values)
    if wanted.rules:
        yield _of_rules(wanted.rules)


def _of_rules(ids: Collection[str]) -> ColumnElement[bool]:
    """By the numbers of the rules' texts: a narrow index has those."""
    return issue.c.rule.in_(select(rule.c.number).where(rule.c.id.in_(ids)))


def _record(row: Row[Any]) -> Issue:
    return Issue(
        fingerprint=fingerprint_of(row.host, PACKAGE_BY_NUMBER[row.package], row.rule_id, row.subject),
        host=row.host,
        package=PACKAGE_BY_NUMBER[row.package],
        rule_id=row.rule_id,
        subject=row.subject,
        component=row.component,
        installed=row.installed,
        severity=SHOWN_SEVERITIES[row.severity],
        title=row.title.replace("{agent}", row.host),
        status=row.status,
        first_observed=row.first_observed,
        last_observed=row.last_observed,
        fixed_at=row.fixed_at,
        suppression=row.suppression,
    )
