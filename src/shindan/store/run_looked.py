"""How far the CVE package came on the hosts of a run: packages by what judged them, or by why nothing did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Row, select, update

from shindan.model.looked import FeedUsed, Looked
from shindan.store.database import upsert
from shindan.store.tables import run_generation, run_host


def note(connection: Connection, run_id: str, said: Mapping[str, Looked]) -> None:
    """Notes how far it came on some hosts, by id."""
    used = {feed for one in said.values() for feed in one.feeds}
    rows = [{"run": run_id, **feed._asdict()} for feed in sorted(used)]
    upsert(connection, run_generation, rows, key=("run", "name", "digest"), update=())
    for host_id, one in said.items():
        mine = (run_host.c.run == run_id) & (run_host.c.host == host_id)
        packed = {"packages": one.packages, "judged": dict(one.judged), "not": dict(one.not_judged)}
        connection.execute(update(run_host).where(mine).values(looked=packed))


def of_hosts(connection: Connection, run_id: str, hosts: Collection[str]) -> dict[str, Looked]:
    """How far it came on these hosts; those that it did not look at are left out."""
    feeds = _feeds(connection, run_id)
    statement = select(run_host.c.host, run_host.c.looked)
    statement = statement.where(run_host.c.run == run_id, run_host.c.host.in_(hosts))
    return {row.host: _record(row.looked, feeds) for row in connection.execute(statement) if row.looked}


def of_run(connection: Connection, run_id: str) -> Looked | None:
    """All hosts of a run together; None where it looked at none."""
    feeds, packages, hosts = _feeds(connection, run_id), 0, 0
    judged: Counter[str] = Counter()
    not_judged: Counter[str] = Counter()
    for (looked,) in connection.execute(select(run_host.c.looked).where(run_host.c.run == run_id)):
        if looked:
            hosts += 1
            packages += looked["packages"]
            judged.update(looked["judged"])
            not_judged.update(looked["not"])
    return Looked(packages, judged, not_judged, tuple(feeds)) if hosts else None


def _feeds(connection: Connection, run_id: str) -> list[FeedUsed]:
    mine = select(run_generation).where(run_generation.c.run == run_id)
    ordered = mine.order_by(run_generation.c.name, run_generation.c.newest.desc(), run_generation.c.digest)
    return [_feed(row) for row in connection.execute(ordered)]


def _feed(row: Row[tuple[object, ...]]) -> FeedUsed:
    return FeedUsed(row.name, row.digest, row.newest, row.knows)


def _record(looked: Mapping[str, object], feeds: Collection[FeedUsed]) -> Looked:
    packages, judged, not_judged = looked["packages"], looked["judged"], looked["not"]
    assert isinstance(packages, int) and isinstance(judged, dict) and isinstance(not_judged, dict)
    return Looked(packages, judged, not_judged, tuple(feed for feed in feeds if feed.name in judged))
