"""Who is signed in at the console, by the hashes of what their browsers hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from shindan.model.account import Session
from shindan.store.tables import preference, second_factor, session, user


@dataclass(frozen=True, slots=True)
class Found:
    """A session with whose it is; `policies` are names. `language` and `theme` are "" where nobody chose."""

    session: Session
    account: str
    user: str
    administrator: bool
    disabled: bool
    policies: tuple[str, ...]
    has_password: bool
    second_factor: bool
    language: str
    theme: str


_FIND = (
    select(
        session, user.c.account, user.c.name, user.c.administrator, user.c.disabled, user.c.policies,
        user.c.password_hash, second_factor.c.confirmed, preference.c.language, preference.c.theme,
    )
    .join_from(session, user, session.c.user == user.c.id)
    .outerjoin(second_factor, second_factor.c.user == user.c.id)
    .outerjoin(preference, preference.c.user == user.c.id)
)  # fmt: skip


def add(connection: Connection, new: Session) -> None:
    """Keeps a new session."""
    connection.execute(insert(session).values({name: getattr(new, name) for name in Session.__slots__}))


def find(connection: Connection, id_: str) -> Found | None:
    """The session of a hash."""
    row = connection.execute(_FIND.where(session.c.id == id_)).one_or_none()
    if row is None:
        return None
    own = Session(*(getattr(row, name) for name in Session.__slots__))
    return Found(
        own, row.account, row.name, row.administrator, row.disabled, tuple(row.policies), bool(row.password_hash),
        bool(row.confirmed), row.language or "", row.theme or "",
    )  # fmt: skip


def of_user(connection: Connection, user_id: str) -> list[Session]:
    """A user's sessions, the one seen last first."""
    rows = connection.execute(select(session).where(session.c.user == user_id).order_by(session.c.seen_at.desc()))
    return [Session(*(getattr(row, name) for name in Session.__slots__)) for row in rows]


def saw(connection: Connection, id_: str, at: int, address: str) -> None:
    """Notes that a session was used."""
    connection.execute(update(session).where(session.c.id == id_).values(seen_at=at, address=address))


def end(connection: Connection, user_id: str, id_: str) -> bool:
    """Ends one session of a user; False where there is none."""
    gone = delete(session).where(session.c.user == user_id, session.c.id == id_)
    return connection.execute(gone.returning(session.c.id)).first() is not None


def end_all(connection: Connection, user_id: str, *, but: str = "") -> int:
    """Ends every session of a user except one; how many there were."""
    gone = delete(session).where(session.c.user == user_id, session.c.id != but)
    return len(connection.execute(gone.returning(session.c.id)).all())


def prune(connection: Connection, expired_before: int, seen_before: int) -> None:
    """Lets go of sessions that are over."""
    connection.execute(
        delete(session).where((session.c.expires_at < expired_before) | (session.c.seen_at < seen_before))
    )
