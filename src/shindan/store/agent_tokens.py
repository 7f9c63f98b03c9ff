"""Tokens that agents enrol with; of their secrets only a hash is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from shindan.model.agent import AgentToken
from shindan.store.tables import agent_token

_MINE = agent_token.c


def add(connection: Connection, new: AgentToken, secret_hash: str) -> None:
    """Keeps a new token."""
    row = {
        "id": new.id,
        "account": new.account,
        "secret_hash": secret_hash,
        "created_by": new.created_by,
        "max_uses": new.max_uses,
        "uses": new.uses,
        "tags": [list(pair) for pair in new.tags],
        "created_at": new.created_at,
        "expires_at": new.expires_at,
    }
    connection.execute(insert(agent_token).values(row))


def find(connection: Connection, id_: str) -> tuple[AgentToken, str] | None:
    """The token of an id, of whatever account, and the hash of its secret."""
    row = connection.execute(select(agent_token).where(_MINE.id == id_)).one_or_none()
    return None if row is None else (_record(row), row.secret_hash)


def of_account(connection: Connection, account: str) -> list[AgentToken]:
    """The account's tokens, oldest first."""
    mine = select(agent_token).where(_MINE.account == account).order_by(_MINE.created_at, _MINE.id)
    return [_record(row) for row in connection.execute(mine)]


def use(connection: Connection, id_: str, at: int, *, counted: bool = True) -> bool:
    """Counts one more use, unless the token is revoked, expired or used up at this moment; whether it was good.

    Not `counted`: a use that stands for one that was counted already.
    """
    good = [_MINE.id == id_, _MINE.revoked_at.is_(None), or_(_MINE.expires_at.is_(None), _MINE.expires_at > at)]
    if counted:
        good.append(or_(_MINE.max_uses.is_(None), _MINE.uses < _MINE.max_uses))
    one_more = update(agent_token).where(*good).values(uses=_MINE.uses + (1 if counted else 0), last_used_at=at)
    return connection.execute(one_more).rowcount == 1


def revoke(connection: Connection, account: str, id_: str, at: int) -> bool:
    """Ends a token; one that was ended before stays as it is. False where the account has none of this id."""
    mine = _MINE.id == id_, _MINE.account == account
    if connection.execute(select(_MINE.id).where(*mine)).first() is None:
        return False
    connection.execute(update(agent_token).where(*mine, _MINE.revoked_at.is_(None)).values(revoked_at=at))
    return True


def _record(row: Row[Any]) -> AgentToken:
    return AgentToken(
        id=row.id,
        account=row.account,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        tags=tuple((key, value) for key, value in row.tags),
    )
