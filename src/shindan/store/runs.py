"""Assessment runs: their states and how they came through them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, update

from shindan.model.run import ENDED, RUN_STATES, Notification, Run, RunState, StateChange
from shindan.store.database import inserted
from shindan.store.finding_traits import note_run
from shindan.store.pairs import packed, unpacked
from shindan.store.patterns import like, list_holds
from shindan.store.tables import run, run_notification, run_state

MOST_NOTIFICATIONS = 50

# Built once: every page of findings asks these.
_NAMED = select(run).where(run.c.account == bindparam("of"), run.c.id.in_(bindparam("ids", expanding=True)))
_GOING = select(run.c.id).where(run.c.state.in_(sorted(set(RUN_STATES) - ENDED))).order_by(run.c.number)
_GOING_OF = _GOING.where(run.c.account == bindparam("of"))
Range = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What runs are wanted: every condition that is given. Ranges include both ends; None where one is open.

    `templates` are ids. Each of `packages` is the endings of one rules package's names (`model.packages.endings_of`),
    and all of them must be in the run. A run that has not begun or ended matches no range of that moment.
    """

    templates: tuple[str, ...] = ()
    name_pattern: str | None = None
    states: tuple[str, ...] = ()
    duration: Range = (None, None)
    packages: tuple[tuple[str, ...], ...] = ()
    started: Range = (None, None)
    completed: Range = (None, None)
    changed: Range = (None, None)


def add(connection: Connection, new: Run) -> bool:
    """Keeps a new run in its first state; False where its template has one of this name."""
    row = {
        "id": new.id,
        "account": new.account,
        "target": new.target,
        "template": new.template,
        "name": new.name,
        "state": new.state,
        "duration": new.duration,
        "packages": list(new.packages),
        "attributes": packed(new.attributes),
        "stop": "",
        "data_collected": False,
        "counts": {},
        "package_counts": {},
        "created_at": new.created_at,
        "state_changed_at": new.state_changed_at,
    }
    if not inserted(connection, run, row, unless=("template", "name")):
        return False
    _note_state(connection, new.id, new.state, new.created_at)
    note_run(connection, new.account, new.id, new.attributes)
    return True


def lock(connection: Connection, id_: str) -> Run | None:
    """A run, held until the transaction ends: nobody else moves it."""
    row = connection.execute(select(run).where(run.c.id == id_).with_for_update()).one_or_none()
    return None if row is None else _record(row)


def named(connection: Connection, account: str, ids: Collection[str]) -> dict[str, Run]:
    """The account's runs among these ids, by id."""
    rows = connection.execute(_NAMED, {"of": account, "ids": list(ids)})
    return {row.id: _record(row) for row in rows}


def get(connection: Connection, id_: str) -> Run | None:
    """The run of an id, whoever's."""
    row = connection.execute(select(run).where(run.c.id == id_)).one_or_none()
    return None if row is None else _record(row)


def move(connection: Connection, id_: str, state: RunState, at: int, **columns: Any) -> None:
    """Brings a run into another state at a moment, with columns that change with it."""
    values = {**columns, "state": state, "state_changed_at": at}
    connection.execute(update(run).where(run.c.id == id_).values(**values))
    _note_state(connection, id_, state, at)


def ask_to_stop(connection: Connection, id_: str, how: str) -> None:
    """Notes how a run is asked to stop: `evaluate` or `skip`."""
    connection.execute(update(run).where(run.c.id == id_).values(stop=how))


def remove(connection: Connection, id_: str) -> None:
    """Removes a run and all that it found."""
    connection.execute(delete(run).where(run.c.id == id_))


def count(connection: Connection, account: str) -> int:
    """How many runs the account has."""
    return connection.execute(select(func.count()).select_from(run).where(run.c.account == account)).scalar_one()


def in_progress(connection: Connection, account: str | None = None) -> list[str]:
    """Ids of the runs that have not ended: the account's, or all; oldest first."""
    if account is None:
        return list(connection.execute(_GOING).scalars())
    return list(connection.execute(_GOING_OF, {"of": account}).scalars())


def listed(
    connection: Connection, account: str, wanted: RunFilter, *, after: int | None = None, limit: int
) -> list[tuple[int, Run]]:
    """The account's runs that pass the filter, newest first, each with its number, from behind `after` on."""
    statement = select(run).where(run.c.account == account, *_conditions(connection, wanted))
    if after is not None:
        statement = statement.where(run.c.number < after)
    statement = statement.order_by(run.c.number.desc()).limit(limit)
    return [(row.number, _record(row)) for row in connection.execute(statement)]


def states_of(connection: Connection, ids: Collection[str]) -> dict[str, list[StateChange]]:
    """How these runs came through their states, in order."""
    found: dict[str, list[StateChange]] = {id_: [] for id_ in ids}
    statement = select(run_state).where(run_state.c.run.in_(ids)).order_by(run_state.c.run, run_state.c.position)
    for row in connection.execute(statement):
        found[row.run].append(StateChange(row.state, row.at))
    return found


def notify(connection: Connection, id_: str, told: Notification) -> None:
    """Notes a publication of an event of a run."""
    row = {"run": id_, "event": told.event, "topic": told.topic, "status": told.status, "message": told.message}
    connection.execute(insert(run_notification).values(**row, at=told.at))


def notifications_of(connection: Connection, id_: str) -> list[Notification]:
    """The newest fifty publications of a run, in order."""
    mine = select(run_notification).where(run_notification.c.run == id_)
    newest = mine.order_by(run_notification.c.number.desc()).limit(MOST_NOTIFICATIONS)
    rows = connection.execute(newest).all()
    return [Notification(row.at, row.event, row.topic, row.status, row.message) for row in reversed(rows)]


def package_counts(connection: Connection, id_: str) -> Mapping[str, int]:
    """How many findings each rules package (by its name in the run) has in a run that ended."""
    return connection.execute(select(run.c.package_counts).where(run.c.id == id_)).scalar_one_or_none() or {}


def _note_state(connection: Connection, id_: str, state: str, at: int) -> None:
    last = select(func.max(run_state.c.position)).where(run_state.c.run == id_)
    position = connection.execute(last).scalar()
    row = {"run": id_, "position": 0 if position is None else position + 1, "state": state, "at": at}
    connection.execute(insert(run_state).values(row))


def _conditions(connection: Connection, wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions = [list_holds(run.c.packages, endings) for endings in wanted.packages]
    if wanted.templates:
        conditions.append(run.c.template.in_(wanted.templates))
    if wanted.name_pattern is not None:
        conditions.append(like(connection, run.c.name, wanted.name_pattern))
    if wanted.states:
        conditions.append(run.c.state.in_(wanted.states))
    ranges = (
        (run.c.duration, wanted.duration),
        (run.c.started_at, wanted.started),
        (run.c.completed_at, wanted.completed),
        (run.c.state_changed_at, wanted.changed),
    )
    for column, (low, high) in ranges:
        if low is not None:
            conditions.append(column >= low)
        if high is not None:
            conditions.append(column <= high)
    return conditions


def _record(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        template=row.template,
        target=row.target,
        account=row.account,
        name=row.name,
        state=row.state,
        duration=row.duration,
        packages=tuple(row.packages),
        attributes=unpacked(row.attributes),
        created_at=row.created_at,
        state_changed_at=row.state_changed_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        data_collected=row.data_collected,
        stop=row.stop,
        counts=tuple(row.counts.items()),
    )
