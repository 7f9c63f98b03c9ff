"""Reports that schedules are to send once their runs have ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from shindan.model.run import ENDED
from shindan.model.schedule import ReportWish
from shindan.store.tables import run, schedule_report


class Waiting(NamedTuple):
    """One that is to be sent: the run's ids and state, whose schedule wants it, and how often that was tried."""

    run: str
    template: str
    target: str
    account: str
    name: str
    state: str
    schedule: str
    wish: ReportWish
    attempts: int


def add(connection: Connection, run_id: str, schedule_id: str, wish: ReportWish, at: int) -> None:
    """Has the report of a run sent when it has ended."""
    connection.execute(insert(schedule_report).values(run=run_id, schedule=schedule_id, wish=asdict(wish), due_at=at))


def due(connection: Connection, now: int) -> list[str]:
    """Ids of the ended runs whose report is to be sent, oldest first."""
    statement = select(schedule_report.c.run).join_from(schedule_report, run, run.c.id == schedule_report.c.run)
    statement = statement.where(schedule_report.c.due_at <= now, run.c.state.in_(sorted(ENDED)))
    return list(connection.execute(statement.order_by(run.c.number)).scalars())


def claim(connection: Connection, run_id: str, now: int, until: int) -> Waiting | None:
    """Takes a report on until a moment, so that nobody else sends it meanwhile; None where somebody has."""
    mine = (schedule_report.c.run == run_id) & (schedule_report.c.due_at <= now)
    taken = update(schedule_report).where(mine).values(due_at=until).returning(schedule_report)
    row = connection.execute(taken).mappings().one_or_none()
    if row is None:
        return None
    of = connection.execute(select(run).where(run.c.id == run_id)).mappings().one()
    return _waiting(row, of)


def try_again(connection: Connection, run_id: str, at: int, *, failed: bool) -> None:
    """Puts one off; `failed` counts as an attempt."""
    values: dict[str, Any] = {"due_at": at}
    if failed:
        values["attempts"] = schedule_report.c.attempts + 1
    connection.execute(update(schedule_report).where(schedule_report.c.run == run_id).values(**values))


def done(connection: Connection, run_id: str) -> None:
    """Lets go of one that was sent, or is given up."""
    connection.execute(delete(schedule_report).where(schedule_report.c.run == run_id))


def _waiting(row: RowMapping, of: RowMapping) -> Waiting:
    ids = (of["id"], of["template"], of["target"], of["account"], of["name"], of["state"])
    return Waiting(*ids, row["schedule"], ReportWish(**row["wish"]), row["attempts"])
