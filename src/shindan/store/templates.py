"""Assessment templates: what to assess, how long, and with which rules packages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from shindan.model.assessment import Pairs, Template
from shindan.model.run import ENDED, RUN_STATES
from shindan.store.database import inserted
from shindan.store.pairs import packed, unpacked
from shindan.store.patterns import like, list_holds
from shindan.store.tables import run, template

Place = tuple[int, str]
"""Where a template stands in a list: when it was created, and its id."""


class Named(NamedTuple):
    """A template's place in lists, and the ids that its name is made of."""

    created_at: int
    target: str
    id: str


@dataclass(frozen=True, slots=True)
class TemplateFilter:
    """What templates are wanted: every condition that is given.

    `targets` are ids; `duration` is the shortest and the longest, in seconds, both included. Each of `packages` is the
    endings of one rules package's names (`model.packages.endings_of`), and all of them must be in the template.
    """

    targets: tuple[str, ...] = ()
    name_pattern: str | None = None
    duration: tuple[int | None, int | None] = (None, None)
    packages: tuple[tuple[str, ...], ...] = ()


def _with_runs() -> Select[Any]:
    mine = run.c.template == template.c.id
    runs = select(func.count()).select_from(run).where(mine).correlate(template).scalar_subquery()
    last = select(run.c.id).where(mine).order_by(run.c.number.desc()).limit(1).correlate(template).scalar_subquery()
    return select(template, runs.label("runs"), last.label("last_run"))


# Built once: putting a statement together takes longer than answering it.
_GOING = sorted(set(RUN_STATES) - ENDED)
_MINE = _with_runs().where(template.c.account == bindparam("of_account"))
_NAMED = _MINE.where(template.c.id.in_(bindparam("ids", expanding=True)))
_LISTED = select(template.c.created_at, template.c.target, template.c.id)
_LISTED = _LISTED.where(template.c.account == bindparam("of_account"))
_LISTED = _LISTED.order_by(template.c.created_at.desc(), template.c.id.desc()).limit(bindparam("most"))
_BEHIND = _LISTED.where(
    tuple_(template.c.created_at, template.c.id) < tuple_(bindparam("at", type_=BigInteger), bindparam("id"))
)


def add(connection: Connection, new: Template) -> bool:
    """Keeps a new template; False where its target has one of this name."""
    row = {
        "id": new.id,
        "account": new.account,
        "target": new.target,
        "name": new.name,
        "duration": new.duration,
        "packages": list(new.packages),
        "attributes": packed(new.attributes),
        "tags": packed(new.tags),
        "created_at": new.created_at,
    }
    return inserted(connection, template, row, unless=("target", "name"))


def named(connection: Connection, account: str, ids: Collection[str]) -> dict[str, Template]:
    """The account's templates among these ids, by id, with the number of their runs and the newest one's id."""
    rows = connection.execute(_NAMED, {"of_account": account, "ids": list(ids)})
    return {row.id: _record(row) for row in rows}


def get(connection: Connection, account: str, target: str, id_: str) -> Template | None:
    """The account's template of an id, which belongs to this target."""
    found = named(connection, account, [id_]).get(id_)
    return found if found is not None and found.target == target else None


def lock(connection: Connection, account: str, target: str, id_: str) -> bool:
    """Holds a template until the transaction ends: no run of it begins; False where there is none."""
    mine = select(template.c.id).where(template.c.account == account, template.c.target == target, template.c.id == id_)
    return connection.execute(mine.with_for_update()).one_or_none() is not None


def set_tags(connection: Connection, id_: str, tags: Pairs) -> None:
    """Replaces all tags of a template."""
    connection.execute(update(template).where(template.c.id == id_).values(tags=packed(tags)))


def remove(connection: Connection, id_: str) -> None:
    """Removes a template and all that belongs to it: subscriptions, previews, runs and what they found."""
    connection.execute(delete(template).where(template.c.id == id_))


def count(connection: Connection, account: str) -> int:
    """How many templates the account has."""
    mine = select(func.count()).select_from(template).where(template.c.account == account)
    return connection.execute(mine).scalar_one()


def runs_in_progress(
    connection: Connection, *, target: str = "", template_id: str = "", limit: int = 11
) -> list[tuple[str, str, str]]:
    """Runs of a target or of a template that have not ended: ids of (target, template, run), oldest first."""
    mine = run.c.template == template_id if template_id else run.c.target == target
    statement = select(run.c.target, run.c.template, run.c.id).where(mine, run.c.state.in_(_GOING))
    return [(row[0], row[1], row[2]) for row in connection.execute(statement.order_by(run.c.number).limit(limit))]


def listed(
    connection: Connection, account: str, wanted: TemplateFilter, *, after: Place | None = None, limit: int
) -> list[Named]:
    """The account's templates that pass the filter, newest first, from behind `after` on."""
    statement = _LISTED if after is None else _BEHIND
    conditions = _conditions(connection, wanted)
    if conditions:
        statement = statement.where(*conditions)
    place = {} if after is None else {"at": after[0], "id": after[1]}
    rows = connection.execute(statement, {"of_account": account, "most": limit, **place})
    return [Named(*row) for row in rows]


def _conditions(connection: Connection, wanted: TemplateFilter) -> list[ColumnElement[bool]]:
    shortest, longest = wanted.duration
    conditions = [list_holds(template.c.packages, endings) for endings in wanted.packages]
    if wanted.targets:
        conditions.append(template.c.target.in_(wanted.targets))
    if wanted.name_pattern is not None:
        conditions.append(like(connection, template.c.name, wanted.name_pattern))
    if shortest is not None:
        conditions.append(template.c.duration >= shortest)
    if longest is not None:
        conditions.append(template.c.duration <= longest)
    return conditions


def _record(row: Row[Any]) -> Template:
    return Template(
        row.id,
        row.target,
        row.account,
        row.name,
        row.duration,
        tuple(row.packages),
        unpacked(row.attributes),
        row.created_at,
        unpacked(row.tags),
        row.last_run,
        row.runs,
    )
