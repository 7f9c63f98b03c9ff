"""How many there are of what the service looks after, for its status and its metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from shindan.store.tables import account, audit, host, outbox, run


@dataclass(frozen=True, slots=True)
class Totals:
    """Accounts, hosts that are not archived, runs by state, and events that wait for delivery."""

    accounts: int = 0
    hosts: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    oldest_waiting: int | None = None


def totals(connection: Connection) -> Totals:
    """The totals of all accounts; every one is answered from an index."""
    states = connection.execute(select(run.c.state, func.count().label("runs")).group_by(run.c.state))
    undone = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.done_at.is_(None))
    waiting, oldest = connection.execute(undone).one()
    return Totals(
        connection.execute(select(func.count()).select_from(account)).scalar_one(),
        connection.execute(select(func.count()).select_from(host).where(host.c.archived.is_(False))).scalar_one(),
        {row.state: row.runs for row in states},
        waiting,
        oldest,
    )


def newest_change(connection: Connection) -> int | None:
    """When the newest change was made, by the audit; None before the first."""
    newest = select(audit.c.at).order_by(audit.c.number.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none()
