"""Hosts of an account: what is known of each, and where its newest inventory lies."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, or_, select, update

from shindan.model.assessment import Pairs
from shindan.model.host import Host
from shindan.model.run import ENDED
from shindan.store import judged, tally
from shindan.store.host_tags import has_any, tags
from shindan.store.patterns import contains
from shindan.store.tables import host, issue, run, run_host

_AT_ONCE = 500
_SAME = (
    "id", "account", "hostname", "created_at", "platform", "system", "kernel", "arch", "agent_version", "health",
    "health_code", "health_details", "last_seen", "facts", "facts_at", "scaling_group", "image", "archived",
)  # fmt: skip
"""Fields that are columns of the same name."""


# Built once: every poll of an agent asks it.
_HEALTH = (
    update(host)
    .where(host.c.id == bindparam("of"))
    .values(
        health=bindparam("new_health"),
        health_code=bindparam("new_code"),
        health_details=bindparam("new_details"),
        last_seen=bindparam("new_last_seen"),
        agent_version=bindparam("new_version"),
        archived=False,
    )
)


@dataclass(frozen=True, slots=True)
class HostFilter:
    """What hosts are wanted: every condition that is given.

    `text` is part of an id, a hostname, a platform or an address; `tags` are wanted all. `archived`: None for both.
    """

    text: str = ""
    tags: Pairs = ()
    archived: bool | None = False


def add(connection: Connection, new: Host, identity: str = "") -> None:
    """Keeps a new host; its tags are set apart. Raises IntegrityError where some account has its id."""
    row = {name: getattr(new, name) for name in _SAME}
    connection.execute(insert(host).values(**row, addresses=list(new.addresses), network=[], identity=identity))


def change(connection: Connection, id_: str, **columns: Any) -> None:
    """Replaces columns of a host; `addresses` as a list. The tallies of issues go with its platform and archive."""
    counted = [host.c[name] != columns[name] for name in ("platform", "archived") if name in columns]
    changing = bool(counted) and connection.execute(select(host.c.id).where(host.c.id == id_, or_(*counted))).first()
    with tally.moved(connection, [id_], _now()) if changing else nullcontext():
        connection.execute(update(host).where(host.c.id == id_).values(**columns))
    if "facts" in columns:
        judged.new_facts(connection, id_, columns["facts"] or "")


def tell_health(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Notes what agents say of themselves; each row has the host as `of`, and `new_health`, `new_code`, `new_details`,
    `new_last_seen` and `new_version`. Who is heard from is not archived any more: the hosts that were.
    """
    back = _archived(connection, [row["of"] for row in rows]) if rows else []
    if rows:
        with tally.moved(connection, back, _now()):
            connection.execute(_HEALTH, list(rows))
    return back


def get(connection: Connection, account: str, id_: str) -> Host | None:
    """The account's host of an id, archived or not."""
    return next(iter(named(connection, account, [id_])), None)


def named(connection: Connection, account: str, ids: Collection[str]) -> list[Host]:
    """The account's hosts among these ids, archived or not, by id."""
    # Said so that no planner goes through all hosts of the account for a few.
    mine = func.coalesce(host.c.account, "") == account
    return _hosts(connection, select(host).where(mine, host.c.id.in_(ids)))


def taken(connection: Connection, id_: str) -> bool:
    """Whether a host of any account has this id."""
    return connection.execute(select(host.c.id).where(host.c.id == id_)).first() is not None


def platform_known(connection: Connection, platform: str) -> bool:
    """Whether some host of any account is of a release."""
    return connection.execute(select(host.c.id).where(host.c.platform == platform).limit(1)).first() is not None


def by_identity(connection: Connection, account: str, identity: str) -> Host | None:
    """The account's host of an identity: the oldest, should there be several."""
    mine = select(host).where(host.c.account == account, host.c.identity == identity)
    row = connection.execute(mine.order_by(host.c.created_at, host.c.id).limit(1)).one_or_none()
    return None if row is None else _record(row, tags(connection, [row.id]).get(row.id, ()))


def selected(
    connection: Connection, account: str, pairs: Pairs | None, *, after: str | None = None, limit: int | None = None
) -> list[Host]:
    """The account's hosts that have any of the pairs (None: all), by id, without the archived ones.

    A pair without a value asks for the key alone.
    """
    statement = select(host).where(host.c.account == account, ~host.c.archived)
    if pairs is not None:
        statement = statement.where(has_any(host.c.id, pairs))
    return _hosts(connection, _part(statement, after, limit))


def search(
    connection: Connection, account: str, wanted: HostFilter, *, after: str | None = None, limit: int | None = None
) -> list[Host]:
    """The account's hosts that pass the filter, by id, from behind `after` on."""
    statement = select(host).where(host.c.account == account, *_conditions(wanted))
    return _hosts(connection, _part(statement, after, limit))


def archive_unseen(connection: Connection, account: str, before: int) -> list[str]:
    """Archives the account's hosts that nobody has heard of since a moment; their ids."""
    silent = host.c.last_seen.is_(None) & (host.c.created_at < before) | (host.c.last_seen < before)
    gone = (host.c.account == account) & ~host.c.archived & silent
    ids = sorted(connection.execute(select(host.c.id).where(gone).with_for_update()).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        tally.leave(connection, some, _now())
        connection.execute(update(host).where(host.c.id.in_(some)).values(archived=True))
    return ids


def in_runs(connection: Connection, ids: Collection[str], limit: int = 11) -> list[tuple[str, str, str]]:
    """Runs in progress that these hosts take part in: ids of (target, template, run), oldest first."""
    statement = (
        select(run.c.target, run.c.template, run.c.id, run.c.number)
        .distinct()
        .join_from(run, run_host, run.c.id == run_host.c.run)
    )
    statement = statement.where(run_host.c.host.in_(ids), run.c.state.not_in(sorted(ENDED)))
    return [(row[0], row[1], row[2]) for row in connection.execute(statement.order_by(run.c.number).limit(limit))]


def take_issues(connection: Connection, from_id: str, into_id: str) -> None:
    """Lets a host's issues go, after the same ones of another host have taken over when they were first observed."""
    old = {
        (row.package, row.rule_id, row.subject): row.first_observed
        for row in connection.execute(select(issue).where(issue.c.host == from_id))
    }
    for row in connection.execute(select(issue).where(issue.c.host == into_id)).all():
        first = old.get((row.package, row.rule_id, row.subject))
        if first is not None and first < row.first_observed:
            mine = issue.c.number == row.number
            connection.execute(update(issue).where(mine).values(first_observed=first))
    _drop_issues(connection, from_id)


def remove(connection: Connection, id_: str) -> None:
    """Removes a host with its tags and issues; runs that it took part in keep what they found."""
    _drop_issues(connection, id_)
    connection.execute(delete(host).where(host.c.id == id_))


def _drop_issues(connection: Connection, id_: str) -> None:
    tally.leave(connection, [id_], _now())
    connection.execute(delete(issue).where(issue.c.host == id_))


def _archived(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these hosts that are archived: mostly none, and many polls come in one statement."""
    return list(connection.execute(select(host.c.id).where(host.c.id.in_(ids), host.c.archived)).scalars())


def _now() -> int:
    return time.time_ns() // 1_000_000


def _conditions(wanted: HostFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.archived is not None:
        yield host.c.archived if wanted.archived else ~host.c.archived
    if wanted.text:
        # Addresses are a JSON list, whose text holds each of them as it is.
        columns = (host.c.id, host.c.hostname, host.c.platform, host.c.system, host.c.addresses)
        yield or_(*(contains(column, wanted.text) for column in columns))
    for pair in wanted.tags:
        yield has_any(host.c.id, (pair,))


def _part(statement: Select[Any], after: str | None, limit: int | None) -> Select[Any]:
    if after is not None:
        statement = statement.where(host.c.id > after)
    return statement if limit is None else statement.limit(limit)


def _hosts(connection: Connection, statement: Select[Any]) -> list[Host]:
    rows = connection.execute(statement.order_by(host.c.id)).all()
    known = tags(connection, [row.id for row in rows])
    return [_record(row, known.get(row.id, ())) for row in rows]


def _record(row: Row[Any], pairs: tuple[tuple[str, str], ...]) -> Host:
    return Host(**{name: getattr(row, name) for name in _SAME}, addresses=tuple(row.addresses), tags=pairs)
