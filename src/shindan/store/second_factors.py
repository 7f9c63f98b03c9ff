"""Second factors: sealed secrets, the last code that was used, and hashes of recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from shindan.store.database import upsert
from shindan.store.tables import second_factor


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`secret` is sealed; `step` is the number of the last 30 seconds whose code was used."""

    user: str
    secret: bytes
    confirmed: bool
    step: int
    recovery: tuple[str, ...]
    created_at: int


def put(connection: Connection, new: SecondFactor) -> None:
    """Keeps a second factor, in place of an older one."""
    row = {name: getattr(new, name) for name in SecondFactor.__slots__} | {"recovery": list(new.recovery)}
    upsert(connection, second_factor, [row], key=("user",), update=tuple(name for name in row if name != "user"))


def get(connection: Connection, user_id: str) -> SecondFactor | None:
    """A user's second factor, confirmed or not."""
    row = connection.execute(select(second_factor).where(second_factor.c.user == user_id)).one_or_none()
    if row is None:
        return None
    return SecondFactor(row.user, row.secret, row.confirmed, row.step, tuple(row.recovery), row.created_at)


def use_step(connection: Connection, user_id: str, step: int) -> bool:
    """Notes that the code of a step was used; False where it, or a later one, was used before."""
    used = update(second_factor).where(second_factor.c.user == user_id, second_factor.c.step < step)
    return (
        connection.execute(used.values(step=step, confirmed=True).returning(second_factor.c.user)).first() is not None
    )


def set_recovery(connection: Connection, user_id: str, hashes: Sequence[str]) -> None:
    """Replaces the hashes of the recovery codes."""
    connection.execute(update(second_factor).where(second_factor.c.user == user_id).values(recovery=list(hashes)))


def confirmed(connection: Connection, user_ids: Sequence[str]) -> set[str]:
    """Which of these users have a second factor in force."""
    mine = select(second_factor.c.user).where(second_factor.c.user.in_(user_ids), second_factor.c.confirmed)
    return set(connection.execute(mine).scalars())


def remove(connection: Connection, user_id: str) -> bool:
    """Removes a user's second factor; False where there is none."""
    gone = delete(second_factor).where(second_factor.c.user == user_id)
    return connection.execute(gone.returning(second_factor.c.user)).first() is not None


def remove_all(connection: Connection) -> None:
    """Removes all of them: their secrets cannot be unsealed any more."""
    connection.execute(delete(second_factor))
