"""Agents of hosts: what they sign with, what they said last, and what they delivered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from shindan.model.agent import Agent
from shindan.store.tables import agent, host

_AT_ONCE = 1000
_OF = agent.c.host == bindparam("of")
_COLUMNS = [column for column in agent.c if column.name != "secret"]

# Built once: every poll asks these.
_SECRET = select(agent.c.secret).where(agent.c.key == bindparam("of_key"), agent.c.revoked_at.is_(None))
_BY_KEY = select(*_COLUMNS, host.c.facts.label("host_facts")).join_from(agent, host, agent.c.host == host.c.id)
_BY_KEY = _BY_KEY.where(agent.c.key.in_(bindparam("keys", expanding=True)))
_LOCKED = _BY_KEY.order_by(agent.c.host).with_for_update(of=agent)
_POLLED = update(agent).where(_OF).values(
    {name: bindparam(f"new_{name}") for name in
     ("sequence", "seen_at", "version", "boot", "boot_before", "state", "detail", "told")}
)  # fmt: skip
_HEARD = update(agent).where(_OF).values(sequence=bindparam("new_sequence"), seen_at=bindparam("new_seen_at"))


def enrol(connection: Connection, new: Agent, secret: bytes) -> None:
    """Keeps the agent of a host with its sealed secret, in place of the one before, whose key ends."""
    connection.execute(delete(agent).where(agent.c.host == new.host))
    row = {**asdict(new), "kinds": list(new.kinds), "told": dict(new.told), "secret": secret}
    connection.execute(insert(agent).values(row))


def secret(connection: Connection, key: str) -> bytes | None:
    """The sealed secret of a key; None for one that is unknown or revoked."""
    return connection.execute(_SECRET, {"of_key": key}).scalar()


def locked(connection: Connection, keys: Collection[str]) -> dict[str, tuple[Agent, str | None]]:
    """The agents of these keys, held until the transaction ends, each with the digest of its host's inventory."""
    rows = connection.execute(_LOCKED, {"keys": list(keys)})
    return {row.key: (_record(row), row.host_facts) for row in rows}


def lock(connection: Connection, host_id: str) -> Agent | None:
    """The agent of a host, held until the transaction ends."""
    row = connection.execute(select(*_COLUMNS).where(agent.c.host == host_id).with_for_update()).one_or_none()
    return None if row is None else _record(row)


def of_hosts(connection: Connection, ids: Sequence[str]) -> dict[str, Agent]:
    """The agents of those of these hosts that have one, revoked or not."""
    found: dict[str, Agent] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = select(*_COLUMNS).where(agent.c.host.in_(ids[start : start + _AT_ONCE]))
        found.update({row.host: _record(row) for row in connection.execute(some)})
    return found


def active(connection: Connection, host_id: str) -> bool:
    """Whether a host has an agent that is listened to."""
    mine = select(agent.c.host).where(agent.c.host == host_id, agent.c.revoked_at.is_(None))
    return connection.execute(mine).first() is not None


def listed(connection: Connection, account: str, *, after: str | None = None, limit: int) -> list[Agent]:
    """The account's agents, by host, from behind `after` on."""
    statement = select(*_COLUMNS).where(agent.c.account == account)
    if after is not None:
        statement = statement.where(agent.c.host > after)
    return [_record(row) for row in connection.execute(statement.order_by(agent.c.host).limit(limit))]


def count_heard(connection: Connection, since: int) -> int:
    """How many agents of all accounts were heard from since a moment."""
    return connection.execute(select(func.count()).select_from(agent).where(agent.c.seen_at >= since)).scalar_one()


def polled(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Notes polls; each row has the host as `of` and columns as `new_…`."""
    if rows:
        connection.execute(_POLLED, list(rows))


def heard(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Notes other requests in the same way: their sequence numbers and when they came."""
    if rows:
        connection.execute(_HEARD, list(rows))


def change(connection: Connection, host_id: str, **columns: Any) -> None:
    """Replaces columns of a host's agent."""
    connection.execute(update(agent).where(agent.c.host == host_id).values(**columns))


def move(connection: Connection, from_id: str, into_id: str) -> None:
    """Lets a host have the agent of another one, if it has none of its own."""
    if connection.execute(select(agent.c.host).where(agent.c.host == into_id)).first() is None:
        connection.execute(update(agent).where(agent.c.host == from_id).values(host=into_id))


def revoke(connection: Connection, host_id: str, at: int) -> None:
    """Listens to a host's agent no more."""
    mine = agent.c.host == host_id, agent.c.revoked_at.is_(None)
    connection.execute(update(agent).where(*mine).values(revoked_at=at))


def revoke_all(connection: Connection, at: int) -> None:
    """Listens to no agent of any account any more: nobody can read their secrets."""
    connection.execute(update(agent).where(agent.c.revoked_at.is_(None)).values(revoked_at=at))


def any_there(connection: Connection) -> bool:
    """Whether there is any sealed secret that still counts."""
    return connection.execute(select(agent.c.host).where(agent.c.revoked_at.is_(None)).limit(1)).first() is not None


def silent(connection: Connection, before: int) -> list[tuple[str, int | None]]:
    """Hosts whose agent has not been heard since a moment, and when it was; without those known as unhealthy."""
    statement = select(agent.c.host, agent.c.seen_at).join_from(agent, host, agent.c.host == host.c.id)
    last = func.coalesce(agent.c.seen_at, agent.c.enrolled_at)
    statement = statement.where(agent.c.revoked_at.is_(None), last < before, host.c.health != "UNHEALTHY")
    return [(row.host, row.seen_at) for row in connection.execute(statement.order_by(agent.c.host))]


def _record(row: Any) -> Agent:
    known = {name: getattr(row, name) for name in Agent.__slots__ if name != "kinds"}
    return Agent(**known, kinds=tuple(row.kinds))
