"""Reports of runs: which there are, how far they are, and where their content lies."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from shindan.store.database import upsert
from shindan.store.tables import report, run

_KEY = ("run", "type", "format", "language")


class Which(NamedTuple):
    """One report: a run's id, `FINDING` or `FULL`, a form (`HTML`, `JSON`), and a language."""

    run: str
    type: str
    format: str
    language: str = "en"


class Kept(NamedTuple):
    """How far a report is: `WORK_IN_PROGRESS`, `COMPLETED` or `FAILED` (`error` says why).

    `blob` is the digest of its content, also of an older one while it is made anew. `at` is when work on it began or
    ended, `attributes_at` how new the newest change to a finding in it is; milliseconds since the epoch.
    """

    status: str
    blob: str | None
    error: str
    at: int
    attributes_at: int


def get(connection: Connection, which: Which) -> Kept | None:
    """A report; None where nobody asked for it yet."""
    row = connection.execute(select(report).where(*_is(which))).one_or_none()
    return None if row is None else Kept(row.status, row.blob, row.error, row.created_at, row.attributes_at)


def begin(connection: Connection, which: Which, at: int) -> None:
    """Notes that a report is being made; an older content stays until it is there."""
    row = {**which._asdict(), "status": "WORK_IN_PROGRESS", "error": "", "created_at": at, "attributes_at": 0}
    upsert(connection, report, [row], key=_KEY, update=("status", "error", "created_at"))


def complete(connection: Connection, which: Which, blob: str, at: int, attributes_at: int) -> None:
    """Notes where the content of a report lies; a run that was deleted meanwhile has none."""
    _change(connection, which, status="COMPLETED", blob=blob, error="", created_at=at, attributes_at=attributes_at)


def fail(connection: Connection, which: Which, error: str, at: int) -> None:
    """Notes that a report could not be made, and why."""
    _change(connection, which, status="FAILED", error=error, created_at=at)


def changed_at(connection: Connection, run_id: str) -> int:
    """When a finding of a run was last changed; 0 where none was since it was written."""
    return connection.execute(select(run.c.findings_at).where(run.c.id == run_id)).scalar() or 0


def _change(connection: Connection, which: Which, **values: Any) -> None:
    connection.execute(update(report).where(*_is(which)).values(**values))


def _is(which: Which) -> tuple[Any, ...]:
    wanted = which._asdict().items()
    return tuple(report.c[name] == value for name, value in wanted)
