"""How the service is: what people, probes and metrics ask about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from shindan.engine.clock import age_days, milliseconds, now
from shindan.model.advisory import Generation
from shindan.model.errors import ShindanError
from shindan.service.certificates import Certificate, read
from shindan.service.service import Service
from shindan.store import executors, schema_version
from shindan.store.advisories import AdvisoryStore
from shindan.store.totals import Totals, totals

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FeedAge:
    """A generation in force; `days` since its newest record, None where that has no date."""

    generation: Generation
    days: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """The service as a whole. `troubles` say in a sentence each what is not as it should be."""

    version: str
    region: str
    database: str
    totals: Totals
    feeds: tuple[FeedAge, ...]
    certificate: Certificate | None
    troubles: tuple[str, ...]


def status(service: Service, certificate: Path | None, max_feed_age: float) -> Status:
    """Everything there is to be said; what cannot be looked at is a trouble, never an error."""
    troubles: list[str] = []
    found = _tried(lambda: _totals(service), troubles, Totals())
    none: tuple[FeedAge, ...] = ()
    feeds = _tried(lambda: feed_ages(service.data), troubles, none)
    own = _tried(lambda: read(certificate) if certificate else None, troubles, None)
    troubles += [f"the advisories of {feed.generation.name} are old" for feed in feeds if is_stale(feed, max_feed_age)]
    if not feeds:
        troubles.append("there are no advisories yet: the first host brings them, or `shindan feeds update`")
    if own is not None and own.days_left < 0:
        troubles.append(f"the server's certificate expired on {own.not_after[:10]}")
    kind = "SQLite" if service.database.is_sqlite else "PostgreSQL"
    return Status(version("shindan"), service.region, kind, found, feeds, own, tuple(troubles))


def unready(service: Service) -> str:
    """Why requests cannot be answered now; "" where they can."""
    try:
        schema_version.check(service.database)
    except ShindanError as error:
        return str(error)
    return ""


def worker_seen(service: Service, seconds: float) -> bool:
    """Whether a worker was heard of in the last seconds: else nobody does the jobs."""
    with service.database.read() as connection:
        return executors.any_since(connection, milliseconds() - round(seconds * 1000))


def feed_ages(data: Path) -> tuple[FeedAge, ...]:
    """The generations in force with their ages. Raises StoreError."""
    moment = now()
    return tuple(FeedAge(one, age_days(one.newest, moment)) for one in AdvisoryStore(data / "advisories").generations())


def is_stale(feed: FeedAge, max_age: float) -> bool:
    """Whether a feed's newest record is older than so many days, or of unknown age."""
    return feed.days is None or feed.days > max_age


def _totals(service: Service) -> Totals:
    with service.database.read() as connection:
        return totals(connection)


def _tried(look: Callable[[], Found], troubles: list[str], instead: Found) -> Found:
    try:
        return look()
    except ShindanError as error:
        troubles.append(str(error))
        return instead
