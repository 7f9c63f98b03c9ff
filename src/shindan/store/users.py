"""Users of an account, their rights by name, and the hashes of their passwords."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from shindan.model.account import User
from shindan.store.database import inserted
from shindan.store.tables import user


def add(connection: Connection, new: User, password_hash: str = "") -> bool:
    """Keeps a new user; False where the account has one of this name."""
    row = {
        "id": new.id,
        "account": new.account,
        "name": new.name,
        "password_hash": password_hash,
        "administrator": new.administrator,
        "disabled": new.disabled,
        "policies": list(new.policies),
        "created_at": new.created_at,
    }
    return inserted(connection, user, row, unless=("account", "name"))


def get(connection: Connection, account: str, name: str) -> User | None:
    """The user of a name."""
    row = connection.execute(select(user).where(user.c.account == account, user.c.name == name)).one_or_none()
    return None if row is None else _record(row)


def every(connection: Connection, account: str) -> list[User]:
    """The account's users, by name."""
    return [
        _record(row) for row in connection.execute(select(user).where(user.c.account == account).order_by(user.c.name))
    ]


def administrators(connection: Connection, account: str) -> int:
    """How many administrators the account has that are not disabled."""
    mine = (user.c.account == account, user.c.administrator, ~user.c.disabled)
    return connection.execute(select(func.count()).select_from(user).where(*mine)).scalar_one()


def change(connection: Connection, id_: str, **columns: Any) -> None:
    """Replaces columns of a user: `administrator`, `disabled`, `policies`, `password_hash`."""
    connection.execute(update(user).where(user.c.id == id_).values(**columns))


def password_hash(connection: Connection, account: str, name: str) -> str | None:
    """The hash of a user's password; None for one without, or disabled, or unknown."""
    mine = (user.c.account == account, user.c.name == name, ~user.c.disabled)
    return connection.execute(select(user.c.password_hash).where(*mine)).scalar_one_or_none() or None


def remove(connection: Connection, id_: str) -> None:
    """Removes a user and the access keys."""
    connection.execute(delete(user).where(user.c.id == id_))


def _record(row: Row[Any]) -> User:
    return User(
        row.id,
        row.account,
        row.name,
        row.created_at,
        row.administrator,
        row.disabled,
        tuple(row.policies),
        bool(row.password_hash),
    )
