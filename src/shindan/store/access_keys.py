"""Access keys, their secrets sealed: what is kept here is of no use without the key beside the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from shindan.model.account import AccessKey
from shindan.store.tables import access_key, user


@dataclass(frozen=True, slots=True)
class Found:
    """A key with its sealed secrets and what its user may do; `policies` are names."""

    key: AccessKey
    secret: bytes
    session_token: bytes | None
    account: str
    user: str
    administrator: bool
    disabled: bool
    policies: tuple[str, ...]


_FIND = (
    select(access_key, user.c.account, user.c.name, user.c.administrator, user.c.disabled, user.c.policies)
    .join_from(access_key, user, access_key.c.user == user.c.id)
    .where(access_key.c.id == bindparam("key"))
)


def add(connection: Connection, key: AccessKey, secret: bytes, session_token: bytes | None = None) -> None:
    """Keeps a new key with its sealed secret and session token."""
    row = {
        "id": key.id,
        "user": key.user,
        "secret": secret,
        "session_token": session_token,
        "active": key.active,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }
    connection.execute(insert(access_key).values(row))


def find(connection: Connection, id_: str) -> Found | None:
    """The key of an id, of whatever account."""
    row = connection.execute(_FIND, {"key": id_}).one_or_none()
    if row is None:
        return None
    return Found(
        _record(row),
        row.secret,
        row.session_token,
        row.account,
        row.name,
        row.administrator,
        row.disabled,
        tuple(row.policies),
    )


def of_user(connection: Connection, user_id: str) -> list[AccessKey]:
    """A user's keys, oldest first."""
    mine = select(access_key).where(access_key.c.user == user_id)
    return [_record(row) for row in connection.execute(mine.order_by(access_key.c.created_at, access_key.c.id))]


def set_active(connection: Connection, id_: str, active: bool) -> None:
    """Switches a key on or off."""
    connection.execute(update(access_key).where(access_key.c.id == id_).values(active=active))


def used(connection: Connection, id_: str, at: int) -> None:
    """Notes when a key was used; an older moment does not replace a newer one."""
    older = access_key.c.last_used_at.is_(None) | (access_key.c.last_used_at < at)
    connection.execute(update(access_key).where(access_key.c.id == id_, older).values(last_used_at=at))


def remove(connection: Connection, id_: str) -> None:
    """Removes a key."""
    connection.execute(delete(access_key).where(access_key.c.id == id_))


def remove_all(connection: Connection) -> None:
    """Removes every key of every account."""
    connection.execute(delete(access_key))


def remove_expired(connection: Connection, user_id: str, before: int) -> None:
    """Removes a user's temporary keys that ended before a moment."""
    connection.execute(delete(access_key).where(access_key.c.user == user_id, access_key.c.expires_at < before))


def any_there(connection: Connection) -> bool:
    """Whether there is any sealed secret."""
    return connection.execute(select(access_key.c.id).limit(1)).first() is not None


def _record(row: Row[Any]) -> AccessKey:
    return AccessKey(row.id, row.user, row.created_at, row.active, row.expires_at, row.last_used_at)
