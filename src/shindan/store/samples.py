"""A few hosts of each release, standing for all of them where advisories are chosen."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from shindan.store.tables import host


def facts_by_platform(connection: Connection, each: int) -> dict[str, list[str]]:
    """Digests of the newest inventories by release (`debian:12`), at most `each` of one; archived hosts left out."""
    place = func.row_number().over(partition_by=host.c.platform, order_by=(host.c.facts_at.desc(), host.c.id))
    known = (
        select(host.c.platform, host.c.facts, place.label("place"))
        .where(host.c.archived.is_(False), host.c.facts.is_not(None), host.c.platform != "")
        .subquery()
    )
    statement = select(known.c.platform, known.c.facts).where(known.c.place <= each).order_by(known.c.platform)
    found: dict[str, list[str]] = {}
    for platform, digest in connection.execute(statement):
        found.setdefault(platform, []).append(digest)
    return found
