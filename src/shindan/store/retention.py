"""What has been kept for long enough: found, and let go of."""

from __future__ import annotations

from sqlalchemy import Connection, String, and_, cast, delete, select, union

from shindan.model.run import ENDED
from shindan.store import tally
from shindan.store.tables import account, export, host, issue, outbox, report, run, run_host


def ended_runs(connection: Connection, before: int, limit: int) -> list[str]:
    """Ids of runs that ended before a moment, oldest first."""
    statement = select(run.c.id).where(run.c.state.in_(ENDED), run.c.completed_at < before)
    return list(connection.execute(statement.order_by(run.c.number).limit(limit)).scalars())


def remove_run(connection: Connection, id_: str) -> None:
    """Lets go of a run with all that was found in it."""
    connection.execute(delete(run).where(run.c.id == id_))


def remove_fixed_issues(connection: Connection, before: int) -> int:
    """Lets go of issues that were mended before a moment; how many there were."""
    # Account by account, as the index begins: else every open issue would be read, too.
    mended = and_(issue.c.account.in_(select(account.c.id)), issue.c.status == "fixed")
    old = delete(issue).where(mended, issue.c.fixed_at < before)
    kind = (issue.c.account, issue.c.host, issue.c.package, issue.c.rule, issue.c.severity, issue.c.status)
    gone = [tally.Move(*row, -1) for row in connection.execute(old.returning(*kind))]
    tally.apply(connection, gone, before)  # what was mended is in no day's count
    return len(gone)


def remove_delivered(connection: Connection, before: int) -> int:
    """Lets go of events that were dealt with before a moment; how many there were."""
    return int(connection.execute(delete(outbox).where(outbox.c.done_at < before)).rowcount)


def named_blobs(connection: Connection) -> set[str]:
    """Digests of every blob that some row names."""
    statements = [
        select(host.c.facts).where(host.c.facts.is_not(None)),
        select(run_host.c.facts).where(run_host.c.facts.is_not(None)),
        select(report.c.blob).where(report.c.blob.is_not(None)),
        select(export.c.blob).where(export.c.blob.is_not(None)),
    ]
    named = set(connection.execute(union(*statements)).scalars())
    some = select(run_host.c.samples).where(cast(run_host.c.samples, String) != "[]")
    for samples in connection.execute(some).scalars():
        named.update(samples)
    return named
