"""Who of an OpenID provider is which user here: by issuer and subject, which never change (Core, 5.7)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from shindan.model.account import User
from shindan.store import users
from shindan.store.database import inserted
from shindan.store.tables import identity, user


def find(connection: Connection, issuer: str, subject: str) -> User | None:
    """The user of a subject."""
    mine = (
        select(user.c.account, user.c.name)
        .join_from(identity, user, identity.c.user == user.c.id)
        .where(identity.c.issuer == issuer, identity.c.subject == subject)
    )
    row = connection.execute(mine).one_or_none()
    return None if row is None else users.get(connection, row.account, row.name)


def of_user(connection: Connection, user_id: str) -> list[tuple[str, str]]:
    """(issuer, subject) of whoever may be this user."""
    rows = connection.execute(select(identity.c.issuer, identity.c.subject).where(identity.c.user == user_id))
    return [(row.issuer, row.subject) for row in rows]


def add(connection: Connection, issuer: str, subject: str, user_id: str, at: int) -> bool:
    """Keeps that a subject is a user; False where it is somebody already."""
    row = {"issuer": issuer, "subject": subject, "user": user_id, "created_at": at}
    return inserted(connection, identity, row, unless=("issuer", "subject"))


def remove(connection: Connection, issuer: str, subject: str, user_id: str) -> bool:
    """Takes back that a subject is a user; False where it is not."""
    gone = delete(identity).where(
        identity.c.issuer == issuer, identity.c.subject == subject, identity.c.user == user_id
    )
    return connection.execute(gone.returning(identity.c.user)).first() is not None
