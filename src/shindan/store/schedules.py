"""Schedules of templates: what is due, what became of it, and which hosts are new to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, literal, or_, select, update

from shindan.model.schedule import Plan, ReportWish, Schedule, ScheduleEvent
from shindan.store.database import inserted
from shindan.store.tables import host, schedule, schedule_event, schedule_host, schedule_report


def add(connection: Connection, new: Schedule) -> bool:
    """Keeps a new schedule; False where the account has one of this name."""
    row = {**asdict(new), "plan": packed(new.plan)}
    return inserted(connection, schedule, row, unless=("account", "name"))


def get(connection: Connection, account: str, id_: str, *, hold: bool = False) -> Schedule | None:
    """The account's schedule of an id; held until the transaction ends where `hold` says so."""
    statement = select(schedule).where(schedule.c.account == account, schedule.c.id == id_)
    row = connection.execute(statement.with_for_update() if hold else statement).one_or_none()
    return None if row is None else _record(row)


def listed(connection: Connection, account: str, *, templates: Collection[str] = ()) -> list[Schedule]:
    """The account's schedules by name: of these templates (ids), or all."""
    statement = select(schedule).where(schedule.c.account == account)
    if templates:
        statement = statement.where(schedule.c.template.in_(templates))
    return [_record(row) for row in connection.execute(statement.order_by(schedule.c.name))]


def count(connection: Connection, account: str) -> int:
    """How many schedules the account has."""
    mine = select(func.count()).select_from(schedule).where(schedule.c.account == account)
    return connection.execute(mine).scalar_one()


def change(connection: Connection, id_: str, **columns: Any) -> None:
    """Replaces columns of a schedule. Raises IntegrityError where the account has one of this name."""
    if "plan" in columns:
        columns["plan"] = packed(columns["plan"])
    connection.execute(update(schedule).where(schedule.c.id == id_).values(**columns))


def remove(connection: Connection, account: str, id_: str) -> bool:
    """Removes a schedule with its history; False where there is none."""
    mine = delete(schedule).where(schedule.c.account == account, schedule.c.id == id_)
    return connection.execute(mine.returning(schedule.c.id)).first() is not None


def sending_to(connection: Connection, account: str, channel: str) -> list[Schedule]:
    """The account's schedules whose reports go to a channel (as they name it), by name."""
    found = listed(connection, account)
    return [one for one in found if one.plan.report is not None and one.plan.report.channel == channel]


def send_elsewhere(connection: Connection, some: Sequence[Schedule], channel: str) -> None:
    """Has the reports of schedules go to another channel; those that wait already, too."""
    for one in some:
        if one.plan.report is not None:
            change(connection, one.id, plan=replace(one.plan, report=replace(one.plan.report, channel=channel)))
    mine = schedule_report.c.schedule.in_([one.id for one in some])
    for row in connection.execute(select(schedule_report.c.run, schedule_report.c.wish).where(mine)).all():
        wish = {**row.wish, "channel": channel}
        connection.execute(update(schedule_report).where(schedule_report.c.run == row.run).values(wish=wish))


def due(connection: Connection, now: int) -> list[tuple[str, str]]:
    """(Account, id) of all schedules whose time has come, the longest due first."""
    statement = select(schedule.c.account, schedule.c.id).where(schedule.c.due_at <= now, ~schedule.c.paused)
    rows = connection.execute(statement.order_by(schedule.c.due_at, schedule.c.id))
    return [(row.account, row.id) for row in rows]


# ── what became of them ──


def note(connection: Connection, id_: str, event: ScheduleEvent) -> None:
    """Writes one entry of a schedule's history; its number is given by the database."""
    row = asdict(event)
    del row["number"]
    connection.execute(insert(schedule_event).values(**row, schedule=id_))


def events(connection: Connection, id_: str, *, after: int | None = None, limit: int) -> list[ScheduleEvent]:
    """A schedule's history, newest first, from behind the number `after` on."""
    statement = select(schedule_event).where(schedule_event.c.schedule == id_)
    if after is not None:
        statement = statement.where(schedule_event.c.number < after)
    rows = connection.execute(statement.order_by(schedule_event.c.number.desc()).limit(limit))
    return [_event(row) for row in rows]


def last_events(connection: Connection, ids: Collection[str]) -> dict[str, ScheduleEvent]:
    """The newest entry of each of these schedules that has any."""
    newest = select(func.max(schedule_event.c.number)).where(schedule_event.c.schedule.in_(ids))
    statement = select(schedule_event).where(schedule_event.c.number.in_(newest.group_by(schedule_event.c.schedule)))
    return {row.schedule: _event(row) for row in connection.execute(statement)}


def prune(connection: Connection, before: int) -> int:
    """Lets go of entries older than a moment; how many there were."""
    return int(connection.execute(delete(schedule_event).where(schedule_event.c.at < before)).rowcount)


# ── hosts that are new ──


def for_new_hosts(connection: Connection) -> list[Schedule]:
    """Every account's schedules for new hosts that are not paused."""
    rows = connection.execute(select(schedule).where(~schedule.c.paused).order_by(schedule.c.id))
    return [one for one in map(_record, rows) if one.plan.rhythm == "first-contact"]


def meet(connection: Connection, one: Schedule, at: int, *, fresh: bool) -> int:
    """Notes the hosts of the account that were heard of and that the schedule does not know yet; how many.

    A host is heard of once it handed facts in or its agent spoke; what EC2 alone knows is not yet.
    """
    values = select(literal(one.id), host.c.id, literal(fresh), literal(at)).where(*_strange(one))
    rows = insert(schedule_host).from_select(["schedule", "host", "fresh", "at"], values)
    return int(connection.execute(rows).rowcount)


def is_strange(connection: Connection, one: Schedule) -> bool:
    """Whether the account has a host that was heard of and that the schedule does not know yet."""
    return connection.execute(select(host.c.id).where(*_strange(one)).limit(1)).first() is not None


def fresh(connection: Connection, id_: str) -> list[str]:
    """Ids of the hosts that a schedule has to have a run of."""
    statement = select(schedule_host.c.host).where(schedule_host.c.schedule == id_, schedule_host.c.fresh)
    return sorted(connection.execute(statement).scalars())


def oldest_fresh(connection: Connection, id_: str) -> int | None:
    """Since when the longest waiting of these is known."""
    statement = select(func.min(schedule_host.c.at)).where(schedule_host.c.schedule == id_, schedule_host.c.fresh)
    return connection.execute(statement).scalar()


def settle(connection: Connection, id_: str, hosts: Sequence[str] | None = None) -> None:
    """Notes that hosts are not new any more: these, or all that were."""
    statement = update(schedule_host).where(schedule_host.c.schedule == id_, schedule_host.c.fresh)
    if hosts is not None:
        statement = statement.where(schedule_host.c.host.in_(hosts))
    connection.execute(statement.values(fresh=False))


def _strange(one: Schedule) -> list[ColumnElement[bool]]:
    known = exists().where(schedule_host.c.schedule == one.id, schedule_host.c.host == host.c.id)
    heard_of = or_(host.c.facts.is_not(None), host.c.last_seen.is_not(None))
    return [host.c.account == one.account, ~host.c.archived, heard_of, ~known]


# ── plans as JSON ──


def packed(plan: Plan) -> dict[str, Any]:
    """What a JSON column holds."""
    return {**asdict(plan), "blackouts": list(plan.blackouts)}


def unpacked(stored: Mapping[str, Any]) -> Plan:
    """What `packed` made of a plan."""
    report = stored.get("report")
    wish = ReportWish(**report) if report else None
    return Plan(**{**stored, "blackouts": tuple(stored["blackouts"]), "report": wish})


def _record(row: Row[Any]) -> Schedule:
    names = [name for name in Schedule.__slots__ if name != "plan"]
    return Schedule(**{name: getattr(row, name) for name in names}, plan=unpacked(row.plan))


def _event(row: Row[Any]) -> ScheduleEvent:
    return ScheduleEvent(**{name: getattr(row, name) for name in ScheduleEvent.__slots__})
