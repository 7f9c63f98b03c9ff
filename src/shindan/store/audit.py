"""What was changed, by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from shindan.model.account import AuditEntry
from shindan.store.tables import audit


def note(
    connection: Connection,
    *,
    account: str,
    caller: str,
    action: str,
    resource: str,
    outcome: str,
    at: int,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry, in the transaction of the change itself."""
    row = {
        "account": account,
        "caller": caller,
        "action": action,
        "resource": resource,
        "outcome": outcome,
        "detail": dict(detail or {}),
        "at": at,
    }
    connection.execute(insert(audit).values(row))


def entries(connection: Connection, account: str, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
    """The account's entries, newest first; `before` is the number of the last one seen."""
    statement = select(audit).where(audit.c.account == account).order_by(audit.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.number < before)
    return [_record(row) for row in connection.execute(statement)]


def search(
    connection: Connection,
    account: str,
    *,
    caller: str = "",
    action: str = "",
    resource: str = "",
    refused: bool | None = None,
    since: int | None = None,
    until: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """Entries, newest first: of a caller, with actions that begin so and resources that hold such a text; with
    `refused` only those that were, or were not; from `since` on and before `until`. `before` as in `entries`.
    """
    statement = select(audit).where(audit.c.account == account).order_by(audit.c.number.desc()).limit(limit)
    wanted: list[ColumnElement[bool]] = []
    if caller:
        wanted.append(audit.c.caller == caller)
    if action:
        wanted.append(audit.c.action.startswith(action, autoescape=True))
    if resource:
        wanted.append(audit.c.resource.contains(resource, autoescape=True))
    if refused is not None:
        wanted.append((audit.c.outcome != "done") if refused else (audit.c.outcome == "done"))
    if since is not None:
        wanted.append(audit.c.at >= since)
    if until is not None:
        wanted.append(audit.c.at < until)
    if before is not None:
        wanted.append(audit.c.number < before)
    statement = statement.where(*wanted)
    return [_record(row) for row in connection.execute(statement)]


def prune(connection: Connection, before: int) -> int:
    """Lets go of entries older than a moment; how many there were."""
    return len(connection.execute(delete(audit).where(audit.c.at < before).returning(audit.c.number)).all())


def _record(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.number, row.account, row.caller, row.action, row.resource, row.outcome, row.detail, row.at)
