"""What belongs to an account, found and removed; where rows do not go with the account's own, they are named here."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, or_, select, union

from shindan.model.run import ENDED
from shindan.store.tables import (
    account,
    export,
    host,
    host_judged,
    host_tally,
    issue,
    issue_day,
    issue_sum,
    issue_tally,
    outbox,
    report,
    resource_group,
    run,
    run_host,
    saved_view,
    setting,
    suppression,
    tailoring,
    target,
    usage,
    user,
    zones,
)


def hosts(connection: Connection, number: str) -> int:
    """How many hosts an account has, archived ones included."""
    return connection.execute(select(func.count()).select_from(host).where(host.c.account == number)).scalar_one()


def ended_runs(connection: Connection, number: str, limit: int) -> list[str]:
    """Ids of the account's runs that ended, oldest first."""
    mine = select(run.c.id).where(run.c.account == number, run.c.state.in_(sorted(ENDED)))
    return list(connection.execute(mine.order_by(run.c.number).limit(limit)).scalars())


def blobs(connection: Connection, number: str) -> set[str]:
    """Digests of the inventories and reports that rows of the account name."""
    of_runs = select(run.c.id).where(run.c.account == number)
    statements = [
        select(host.c.facts).where(host.c.account == number, host.c.facts.is_not(None)),
        select(run_host.c.facts).where(run_host.c.run.in_(of_runs), run_host.c.facts.is_not(None)),
        select(report.c.blob).where(report.c.run.in_(of_runs), report.c.blob.is_not(None)),
        select(export.c.blob).where(export.c.account == number, export.c.blob.is_not(None)),
    ]
    return set(connection.execute(union(*statements)).scalars())


def shut_out(connection: Connection, number: str) -> None:
    """Removes the account's users with their access keys."""
    connection.execute(delete(user).where(user.c.account == number))


def remove(connection: Connection, number: str) -> None:
    """Removes an account whose runs are gone, with all rows that are its own; the audit stays."""
    tallies = (issue_tally, issue_sum, host_tally, issue_day, host_judged, saved_view)
    for table in (outbox, usage, issue, suppression, tailoring, zones, target, resource_group, *tallies, host, user):
        connection.execute(delete(table).where(table.c.account == number))
    mine = (setting.c.key == f"cloud {number}", setting.c.key.startswith(f"rejudged {number} ", autoescape=True))
    connection.execute(delete(setting).where(or_(*mine)))
    connection.execute(delete(account).where(account.c.id == number))
