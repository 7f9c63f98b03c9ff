"""Exports of what is open now: what each is about, how far it is, and where its content lies."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from shindan.store.tables import export


class About(NamedTuple):
    """What is exported: a form (`ASFF`) of an account's open findings, or of those of a target (its id; "" for all)."""

    form: str
    target: str = ""


class Export(NamedTuple):
    """One export; `status` as a report's has it, `at` when it was asked for or ended (ms)."""

    id: str
    account: str
    about: About
    status: str
    blob: str | None
    error: str
    at: int


def begin(connection: Connection, id_: str, account: str, about: About, at: int) -> None:
    """Keeps an export that is being made."""
    row = {"id": id_, "account": account, "about": about._asdict(), "status": "WORK_IN_PROGRESS", "created_at": at}
    connection.execute(insert(export).values(row))


def get(connection: Connection, id_: str) -> Export | None:
    """An export; None for one that is unknown, or gone."""
    row = connection.execute(select(export).where(export.c.id == id_)).one_or_none()
    if row is None:
        return None
    return Export(row.id, row.account, About(**row.about), row.status, row.blob, row.error, row.created_at)


def end(connection: Connection, id_: str, at: int, *, blob: str | None = None, error: str = "") -> None:
    """Notes where the content of an export lies, or why there is none."""
    values: dict[str, Any] = {
        "status": "COMPLETED" if blob else "FAILED",
        "blob": blob,
        "error": error,
        "created_at": at,
    }
    connection.execute(update(export).where(export.c.id == id_).values(**values))


def prune(connection: Connection, before: int) -> int:
    """Lets go of exports from before a moment; how many there were."""
    return int(connection.execute(delete(export).where(export.c.created_at < before)).rowcount)
