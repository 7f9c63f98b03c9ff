"""Findings: thin rows that point at shared texts. Pages of them: `finding_pages`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, case, func, select, update

from shindan.model.assessment import Pairs
from shindan.model.stored_finding import PACKAGE_NUMBERS
from shindan.store.bulk import insert_rows
from shindan.store.finding_traits import mark, note_rules
from shindan.store.pairs import packed, unpacked
from shindan.store.tables import finding, run

_COLUMNS = (
    "account", "run", "host", "package", "rule", "severity", "subject", "attributes", "user_attributes",
    "created_at", "updated_at",
)  # fmt: skip


class NewFinding(NamedTuple):
    """One finding to keep; `rule` is its number, `severity` and `package` as `model.stored_finding` numbers them."""

    host: str
    package: int
    rule: int
    severity: int
    subject: str
    attributes: Pairs = ()


class FoundRow(NamedTuple):
    """One finding as it is kept."""

    number: int
    run: str
    host: str
    package: int
    rule: int
    severity: int
    subject: str
    attributes: Pairs
    user_attributes: Pairs
    created_at: int
    updated_at: int


_CVE = PACKAGE_NUMBERS["cve"]
"""Its findings alone show what they are about as an attribute."""


def add(
    connection: Connection, account: str, run_id: str, new: Sequence[NewFinding], user_attributes: Pairs, at: int
) -> None:
    """Keeps the findings of a run."""
    mine = json.dumps(packed(user_attributes))
    nothing = "[]"
    rows = (
        (
            account, run_id, one.host, one.package, one.rule, one.severity, one.subject,
            json.dumps(packed(one.attributes)) if one.attributes else nothing, mine, at, at,
        )
        for one in new
    )  # fmt: skip
    insert_rows(connection, finding, _COLUMNS, rows)
    shown: set[tuple[int, str, str | None]] = {
        (one.rule, "package_name", one.subject) for one in new if one.subject and one.package == _CVE
    }
    shown.update((one.rule, *pair) for one in new if one.attributes for pair in one.attributes)
    note_rules(connection, shown)


def by_number(connection: Connection, account: str, numbers: Collection[int]) -> dict[int, FoundRow]:
    """The account's findings of these numbers."""
    return _of_account(connection, account, select(finding).where(finding.c.number.in_(numbers)))


def last_number(connection: Connection) -> int:
    """The highest number of any finding; 0 where there is none."""
    return connection.execute(select(func.max(finding.c.number))).scalar() or 0


def numbers_of(connection: Connection, run_id: str, hosts: Collection[str], after: int = 0) -> list[int]:
    """Numbers of a run's findings on these hosts from behind `after` on, in order."""
    mine = (finding.c.run == run_id) & finding.c.host.in_(hosts) & (finding.c.number > after)
    return list(connection.execute(select(finding.c.number).where(mine).order_by(finding.c.number)).scalars())


def set_user_attributes(connection: Connection, account: str, row: FoundRow, pairs: Pairs, at: int) -> None:
    """Replaces the caller's own attributes of a finding, and notes with its run that something has changed."""
    values = {"user_attributes": packed(pairs), "updated_at": at}
    connection.execute(update(finding).where(finding.c.number == row.number).values(**values))
    mark(connection, account, row.number, pairs)
    # Rises also within one millisecond: whoever has made a report of it must see that it is no longer so.
    later = case((run.c.findings_at >= at, run.c.findings_at + 1), else_=at)
    connection.execute(update(run).where(run.c.id == row.run).values(findings_at=later))


def lock(connection: Connection, account: str, numbers: Collection[int]) -> dict[int, FoundRow]:
    """As `by_number`, held until the transaction ends."""
    wanted = select(finding).where(finding.c.number.in_(numbers)).order_by(finding.c.number)
    return _of_account(connection, account, wanted.with_for_update())


def counts(connection: Connection, run_id: str) -> Mapping[tuple[int, int], int]:
    """(package, severity) → how many findings of a run."""
    statement = select(finding.c.package, finding.c.severity, func.count()).where(finding.c.run == run_id)
    rows = connection.execute(statement.group_by(finding.c.package, finding.c.severity))
    return {(package, severity): number for package, severity, number in rows}


def stretch(connection: Connection, run_id: str) -> tuple[int, int]:
    """The lowest and the highest number of a run's findings; (0, 0) where it has none."""
    statement = select(func.min(finding.c.number), func.max(finding.c.number)).where(finding.c.run == run_id)
    low, high = connection.execute(statement).one()
    return low or 0, high or 0


def between(connection: Connection, run_id: str, low: int, high: int) -> list[FoundRow]:
    """A run's findings with numbers from `low` to `high`, in order: host by host, as they were written.

    What other runs wrote in between is read and passed over: that is less work than a search for each page.
    """
    lying = select(finding).where(finding.c.number.between(low, high)).order_by(finding.c.number)
    return [_record(row) for row in connection.execute(lying) if row.run == run_id]


def of_run(connection: Connection, run_id: str, *, after: int = 0, limit: int = 1000) -> list[FoundRow]:
    """A part of a run's findings, by number."""
    mine = select(finding).where(finding.c.run == run_id, finding.c.number > after)
    return [_record(row) for row in connection.execute(mine.order_by(finding.c.number).limit(limit))]


def _of_account(connection: Connection, account: str, statement: Select[Any]) -> dict[int, FoundRow]:
    # The account is compared here: as a condition it would tempt SQLite to read the whole account's index.
    return {row.number: _record(row) for row in connection.execute(statement) if row.account == account}


def _record(row: Row[Any]) -> FoundRow:
    return FoundRow(
        row.number, row.run, row.host, row.package, row.rule, row.severity, row.subject,
        unpacked(row.attributes), unpacked(row.user_attributes), row.created_at, row.updated_at,
    )  # fmt: skip
