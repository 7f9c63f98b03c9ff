"""Accounts: all that the service keeps belongs to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from shindan.model.account import Account
from shindan.store.database import inserted
from shindan.store.tables import account


def add(connection: Connection, new: Account) -> bool:
    """Keeps a new account; False where its number is taken."""
    row = {
        "id": new.id,
        "name": new.name,
        "role_arn": new.role_arn,
        "role_at": new.role_at,
        "settings": dict(new.settings),
        "created_at": new.created_at,
    }
    return inserted(connection, account, row, unless=("id",))


def get(connection: Connection, id_: str) -> Account | None:
    """The account of a number."""
    row = connection.execute(select(account).where(account.c.id == id_)).one_or_none()
    return None if row is None else _record(row)


def every(connection: Connection) -> list[Account]:
    """All accounts, oldest first."""
    return [_record(row) for row in connection.execute(select(account).order_by(account.c.created_at, account.c.id))]


def lock(connection: Connection, id_: str) -> bool:
    """Holds the account until the transaction ends, so that what is counted stays so; False where there is none.

    SQLite has one writer anyway. On PostgreSQL the lock is one that rows which name the account do not wait for.
    """
    statement = select(account.c.id).where(account.c.id == id_).with_for_update(key_share=True)
    return connection.execute(statement).one_or_none() is not None


def set_role(connection: Connection, id_: str, arn: str | None, at: int | None) -> None:
    """Notes the role that the account registered; None takes it away."""
    connection.execute(update(account).where(account.c.id == id_).values(role_arn=arn, role_at=at))


def set_settings(connection: Connection, id_: str, settings: Mapping[str, Any]) -> None:
    """Replaces the account's settings."""
    connection.execute(update(account).where(account.c.id == id_).values(settings=dict(settings)))


def _record(row: Row[Any]) -> Account:
    return Account(row.id, row.name, row.created_at, row.role_arn, row.role_at, row.settings)
