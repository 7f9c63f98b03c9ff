"""Feeds as a page shows them: each one's generation, age, records, last error and next try."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from shindan.engine.clock import age_days, now, stamp
from shindan.feeds.workspace import State, Workspace
from shindan.model.advisory import Generation
from shindan.model.catalogue_views import FeedState
from shindan.service.caller import Caller
from shindan.service.feeds import ARCHIVE_AFTER_HOURS, CHECK_AFTER_HOURS, FeedDesk, KnownFeed, known_feeds, wait_hours
from shindan.service.rights import must
from shindan.service.service import Service


def list_(service: Service, caller: Caller, *, max_age: float = 7.0) -> list[FeedState]:
    """Every feed, those in force first, a line for each label; `max_age` in days. Needs `ListFeeds`.

    Raises StoreError where the advisories cannot be read, AccessDenied.
    """
    must(caller, "ListFeeds")
    generations = FeedDesk(service.data).generations()
    found = [line for feed in known_feeds() for line in _lines(service, feed, generations, max_age)]
    return sorted(found, key=lambda one: (not one.in_force, one.name))


def _lines(
    service: Service, feed: KnownFeed, generations: tuple[Generation, ...], max_age: float
) -> Iterator[FeedState]:
    state = Workspace(service.data / "feeds" / feed.name).load()
    mine = [one for one in generations if one.feed == feed.name]
    for generation in mine:
        days = age_days(generation.newest, now())
        yield _line(feed, state if generation.label == feed.name else State())._replace(
            name=generation.name,
            in_force=True,
            generation=generation.digest[:12],
            days=days,
            stale=days is None or days > max_age,
            advisories=generation.advisories,
            enrichments=generation.enrichments,
            platforms=generation.platforms,
            notes=generation.notes,
        )
    if not mine:
        yield _line(feed, state)


def _line(feed: KnownFeed, state: State) -> FeedState:
    """A feed of which nothing is in force."""
    return FeedState(
        name=feed.name, feed=feed.name, title=feed.title, url=feed.url, knows=feed.knows, in_force=False, generation="",
        days=None, stale=False, advisories=0, enrichments=0, platforms=(), notes=(), checked=state.checked,
        failed=state.failed, error=state.error, next_try=_next_try(feed, state),
    )  # fmt: skip


def _next_try(feed: KnownFeed, state: State) -> str:
    """When it will be asked again, if anything wants it; "" for at once."""
    after = ARCHIVE_AFTER_HOURS if feed.name == "archive" else CHECK_AFTER_HOURS
    moments = [_later(state.checked, after), _later(state.failed, wait_hours(state.failures))]
    latest = max((moment for moment in moments if moment is not None), default=None)
    return "" if latest is None or latest <= now() else stamp(latest)


def _later(text: str, hours: float) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment + datetime.timedelta(hours=hours) if moment.tzinfo else None
