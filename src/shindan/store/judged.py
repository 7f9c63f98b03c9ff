"""What each rules package said last of each host, be it in a run or between runs: the ledger of a whole account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select, update

from shindan.store.database import upsert
from shindan.store.tables import host, host_judged

_REST = ("account", "run", "facts", "fresh", "codes", "flaws", "exclusions", "at")


class Said(NamedTuple):
    """One package of one host: `run` is "" between runs, `facts` the digest of what was judged, `at` when (ms)."""

    account: str
    host: str
    package: int
    run: str
    facts: str
    flaws: int
    exclusions: tuple[tuple[str, str], ...]
    at: int


class Covered(NamedTuple):
    """How many hosts a package left one way: `codes` of the exclusions ("" where all was judged); `fresh`, where it
    had the newest inventory.
    """

    package: int
    codes: str
    fresh: bool
    hosts: int


def note(connection: Connection, said: Iterable[Said]) -> None:
    """Notes what packages said, in place of what they said before; hosts that went meanwhile are passed over."""
    rows = sorted(said)
    facts = _facts(connection, sorted({one.host for one in rows}))
    new = [
        {
            **one._asdict(),
            "fresh": one.facts == (facts[one.host] or ""),
            "codes": ",".join(sorted({code for code, _ in one.exclusions})),
            "exclusions": [list(pair) for pair in one.exclusions],
        }
        for one in rows
        if one.host in facts
    ]
    upsert(connection, host_judged, new, key=("host", "package"), update=_REST)


def new_facts(connection: Connection, host_id: str, facts: str) -> None:
    """Notes that a host has another inventory now: what was said of older ones is out of date."""
    mine = host_judged.c.host == host_id
    connection.execute(update(host_judged).where(mine).values(fresh=host_judged.c.facts == facts))


def covered(connection: Connection, account: str) -> list[Covered]:
    """How the account's hosts that are not archived were left, by package."""
    alike = (host_judged.c.package, host_judged.c.codes, host_judged.c.fresh)
    away = select(host.c.id).where(host.c.account == account, host.c.archived)
    statement = select(*alike, func.count()).where(host_judged.c.account == account, host_judged.c.host.not_in(away))
    rows = connection.execute(statement.group_by(*alike))
    return [Covered(row[0], row[1], bool(row[2]), row[3]) for row in rows]


def of_host(connection: Connection, host_id: str) -> list[Said]:
    """What was said last of one host, by package."""
    rows = connection.execute(select(host_judged).where(host_judged.c.host == host_id).order_by(host_judged.c.package))
    return [
        Said(
            row.account, row.host, row.package, row.run, row.facts, row.flaws,
            tuple((code, detail) for code, detail in row.exclusions), row.at,
        )
        for row in rows
    ]  # fmt: skip


def never(connection: Connection, account: str) -> tuple[int, int]:
    """How many hosts that are not archived nobody ever judged: (with facts, without)."""
    known = exists().where(host_judged.c.host == host.c.id)
    rows = connection.execute(
        select(host.c.facts.is_(None), func.count())
        .where(host.c.account == account, ~host.c.archived, ~known)
        .group_by(host.c.facts.is_(None))
    )
    found = {bool(row[0]): row[1] for row in rows}
    return found.get(False, 0), found.get(True, 0)


def _facts(connection: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    rows = connection.execute(select(host.c.id, host.c.facts).where(host.c.id.in_(ids)))
    return {row.id: row.facts for row in rows}
