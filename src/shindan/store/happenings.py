"""What waits to be told to channels: noted by the transaction that makes it true, gone with what tells it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select

from shindan.model.channel import Happened
from shindan.model.run import ENDED
from shindan.store.bulk import insert_rows
from shindan.store.tables import channel, happening, host, host_tag, issue, rule, run

_COLUMNS = ("channel", "event", "run", "rule", "severity", "hosts", "detail", "at")
_AT_ONCE = 400


class RuleText(NamedTuple):
    """What a rule says of itself; `kev` is the day by which CISA wants it mended, "" where there is none."""

    number: int
    package: str
    rule_id: str
    title: str
    component: str
    fixed: str
    kev: str


class Held(NamedTuple):
    """An issue as it is now."""

    rule: int
    host: str
    subject: str
    status: str


def add(connection: Connection, channel_id: str, some: Iterable[Happened]) -> None:
    """Has things told to a channel; their numbers are given here."""
    rows = [
        (channel_id, one.event, one.run, one.rule, one.severity, json.dumps(one.hosts), json.dumps(one.detail), one.at)
        for one in some
    ]
    if rows:
        insert_rows(connection, happening, _COLUMNS, rows)


def channels(connection: Connection) -> list[tuple[str, int]]:
    """Channels that have something to tell, with the moment of the oldest of it, those that wait longest first."""
    oldest = func.min(happening.c.at)
    statement = select(happening.c.channel, oldest).join_from(happening, channel, channel.c.id == happening.c.channel)
    statement = _ready(statement.where(~channel.c.paused)).group_by(happening.c.channel).order_by(oldest)
    return [(row[0], row[1]) for row in connection.execute(statement)]


def of_channel(connection: Connection, channel_id: str) -> Iterator[Happened]:
    """What waits for a channel, in order; what a run brought only once that has ended."""
    statement = _ready(select(happening).where(happening.c.channel == channel_id)).order_by(happening.c.number)
    for row in connection.execute(statement):
        yield Happened(row.number, row.event, row.run, row.rule, row.severity, tuple(row.hosts), row.detail, row.at)


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Lets go of what was told."""
    for start in range(0, len(numbers), _AT_ONCE):
        some = happening.c.number.in_(numbers[start : start + _AT_ONCE])
        connection.execute(delete(happening).where(some))


def forget(connection: Connection, channel_id: str) -> None:
    """Lets go of all that waits for a channel."""
    connection.execute(delete(happening).where(happening.c.channel == channel_id))


# ── what is to be said of it ──


def texts(connection: Connection, numbers: Collection[int]) -> dict[int, RuleText]:
    """Rules by their numbers."""
    columns = (rule.c.number, rule.c.package, rule.c.id, rule.c.title, rule.c.component, rule.c.fixed, rule.c.kev)
    found: dict[int, RuleText] = {}
    for some in _parts(sorted(numbers)):
        rows = connection.execute(select(*columns).where(rule.c.number.in_(some)))
        found.update((row[0], RuleText(*row)) for row in rows)
    return found


def held(connection: Connection, rules: Collection[int], hosts: Collection[str]) -> Iterator[Held]:
    """Issues of these rules on these hosts."""
    wanted = set(rules)
    columns = (issue.c.rule, issue.c.host, issue.c.subject, issue.c.status)
    for some in _parts(sorted(hosts)):
        for row in connection.execute(select(*columns).where(issue.c.host.in_(some), issue.c.rule.in_(wanted))):
            yield Held(*row)


def hostnames(connection: Connection, hosts: Collection[str], *, archived: bool = False) -> dict[str, str]:
    """Names of hosts by their ids; archived ones are not among them, unless they are asked for."""
    found: dict[str, str] = {}
    for some in _parts(sorted(hosts)):
        mine = select(host.c.id, host.c.hostname).where(host.c.id.in_(some))
        rows = connection.execute(mine if archived else mine.where(~host.c.archived))
        found.update((row.id, row.hostname or row.id) for row in rows)
    return found


def open_on(connection: Connection, hosts: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(Rule's number, severity, host) of what is open on these hosts."""
    for some in _parts(sorted(hosts)):
        mine = select(issue.c.rule, issue.c.severity, issue.c.host).distinct()
        mine = mine.where(issue.c.host.in_(some), issue.c.status == "open")
        for row in connection.execute(mine.order_by(issue.c.rule, issue.c.severity, issue.c.host)):
            yield row[0], row[1], row[2]


def tags(connection: Connection, hosts: Collection[str]) -> dict[str, dict[str, str]]:
    """Tags of hosts by their ids."""
    found: dict[str, dict[str, str]] = {}
    for some in _parts(sorted(hosts)):
        for row in connection.execute(select(host_tag).where(host_tag.c.host.in_(some))):
            found.setdefault(row.host, {})[row.key] = row.value
    return found


def accounts_of(connection: Connection, hosts: Collection[str]) -> Mapping[str, list[Any]]:
    """Hosts (id, hostname, health_details) by the account that they belong to."""
    found: dict[str, list[Any]] = {}
    for some in _parts(sorted(hosts)):
        columns = (host.c.account, host.c.id, host.c.hostname, host.c.health_details)
        for row in connection.execute(select(*columns).where(host.c.id.in_(some), ~host.c.archived)):
            found.setdefault(row.account, []).append(row)
    return found


def _ready(statement: Any) -> Any:
    """What no run brought, or one that has ended or is gone."""
    going = select(run.c.id).where(run.c.id == happening.c.run, run.c.state.not_in(sorted(ENDED)))
    return statement.where(or_(happening.c.run == "", ~going.exists()))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
