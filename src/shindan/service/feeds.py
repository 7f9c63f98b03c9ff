"""The desk where feeds are updated, imported, listed and withdrawn; every door and `scan` use it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shindan.engine.clock import age_days, now, stamp
from shindan.feeds.base import Feed, Needs, Options, Progress, silent
from shindan.feeds.download import Downloader
from shindan.feeds.workspace import State, Workspace
from shindan.model.advisory import Generation, Record
from shindan.model.errors import FeedError, ShindanError, StoreError
from shindan.service.data_folder import made
from shindan.store.advisories import AdvisoryReader, AdvisoryStore
from shindan.versions import compare

_ARCHIVE = "archive"

Outcome = Literal["updated", "unchanged", "failed"]

CHECK_AFTER_HOURS = 12.0
"""A feed asked less long ago is not asked again by `scan`."""

ARCHIVE_AFTER_HOURS = 3.0
"""The package mirror is asked again after so long, as `apt` users expect."""

RETRY_AFTER_HOURS = 1.0
"""A feed that failed is left alone for so long by `scan`, then for twice as long, and so on, `CHECK_AFTER_HOURS` at
most: a host without a way out must not wait each time."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of one feed; `text` says why it failed, or what is now in force."""

    feed: str
    outcome: Outcome
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class KnownFeed:
    """A feed as listed: its name, what it is, the address in use, and whether it only enriches."""

    name: str
    title: str
    url: str
    role: str
    knows: str


def _feeds() -> tuple[Feed, ...]:
    # All feeds take 80 ms to import, and reading what is at hand needs none of them.
    from shindan.feeds.feeds import FEEDS

    return FEEDS


def feed_named(name: str) -> Feed:
    """The feed of this name. Raises FeedError that names all of them."""
    for feed in _feeds():
        if feed.name == name:
            return feed
    raise FeedError(f"no feed is called {name!r}", remedy=f"choose one of {', '.join(feed.name for feed in _feeds())}")


def known_feeds() -> list[KnownFeed]:
    """Every feed, with the address that `update` would ask."""
    return [KnownFeed(feed.name, feed.title, address(feed), feed.role, feed.knows) for feed in _feeds()]


def address(feed: Feed) -> str:
    """The feed's address: SHINDAN_FEED_<NAME>_URL, else the publisher's."""
    return os.environ.get(f"SHINDAN_FEED_{feed.name.upper()}_URL") or feed.url


class FeedDesk:
    """Feeds and their generations in one data folder."""

    def __init__(self, data: Path, progress: Progress = silent) -> None:
        self._data = data
        self._progress = progress
        self._store = AdvisoryStore(data / "advisories")

    def generations(self) -> tuple[Generation, ...]:
        """The generations in force."""
        return self._store.generations()

    def open(self) -> AdvisoryReader:
        """A reader of the generations in force; a context manager."""
        return self._store.open()

    def remove(self, name: str) -> None:
        """Takes a generation out of force. Raises StoreError where there is none of this name."""
        self._store.remove(name)

    def rollback(self, name: str) -> Generation:
        """Puts the previous generation in force again. Raises StoreError where none is kept."""
        return self._store.rollback(name)

    def import_(self, name: str, path: Path, *, label: str = "", sources: Path | None = None) -> Generation:
        """Loads a file, archive or folder in a feed's form. Raises FeedError or StoreError; the old load stays."""
        feed = feed_named(name)
        for given in (path, sources):
            if given is not None and not given.exists():
                raise FeedError(f"{given} does not exist")
        made(self._data)
        options = Options(sources=sources, progress=self._progress)
        return self._load(feed, label or feed.name, feed.parse(path, options), origin=str(path))

    def due(self, needs: Needs) -> tuple[str, ...]:
        """Feeds that these needs want and that were not asked lately."""
        return tuple(feed.name for feed in _feeds() if feed.serves(needs) and self._is_due(feed))

    def archive_is_due(self, needs: Needs) -> bool:
        """Whether the package mirror should be read: not lately, or newer sources than were examined are wanted.

        What the mirror could not tell when it was last asked for the very same is not asked for again so soon.
        """
        state = Workspace(self._data / "feeds" / _ARCHIVE).load()
        checked = age_days(state.checked, now())
        if _is_left_alone(state):
            return False
        if checked is None or checked * 24 >= ARCHIVE_AFTER_HOURS:
            return True
        if not any(g.feed == _ARCHIVE for g in self.generations()):
            return True
        return self._unexamined(needs) and state.asked != _digest(needs)

    def _unexamined(self, needs: Needs) -> bool:
        """Whether a host's source is older than the archive's newest and that one's changelog was not read."""
        with self.open() as reader:
            for platform in needs.mirrors:
                wanted = {source for key, source in needs.sources if key == platform}
                for (_, source), reach in reader.coverage(platform, wanted).items():
                    older = compare(reach.scheme, needs.sources[platform, source], reach.newest) == -1
                    if older and not reach.examined:
                        return True
        return False

    def update(self, needs: Needs, names: Collection[str] = ()) -> list[Updated]:
        """Fetches and loads the named feeds, or those that the needs want; one failing does not stop the others."""
        chosen = [feed_named(name) for name in names] or [feed for feed in _feeds() if feed.serves(needs)]
        made(self._data)
        with Downloader(progress=self._progress) as get:  # one for all: it learns that there is no way out
            return [self._update(feed, needs, get) for feed in chosen]

    def _update(self, feed: Feed, needs: Needs, get: Downloader) -> Updated:
        workspace = Workspace(self._data / "feeds" / feed.name)
        state = workspace.load()
        try:
            return self._fetch_and_load(feed, needs, get, workspace, state)
        except ShindanError as error:
            failed = state.replace(failed=stamp(now()), failures=state.failures + 1, error=str(error)[:500])
            workspace.save(failed)
            return Updated(feed.name, "failed", str(error), error.remedy)

    def _fetch_and_load(self, feed: Feed, needs: Needs, get: Downloader, workspace: Workspace, state: State) -> Updated:
        in_force = any(g.feed == feed.name and g.label == feed.name for g in self.generations())
        known = state.fingerprint if in_force and state.parser_version == feed.parser_version else None
        fingerprint = feed.fetch(get, needs, workspace.input, known)
        if fingerprint is not None:
            options = Options(needs=needs, progress=self._progress)
            generation = self._load(feed, feed.name, feed.parse(workspace.input, options), origin=address(feed))
            state = state.replace(fingerprint=fingerprint, parser_version=feed.parser_version)
        workspace.save(state.replace(checked=stamp(now()), failed="", failures=0, error="", asked=_digest(needs)))
        if fingerprint is None:
            return Updated(feed.name, "unchanged")
        return Updated(
            feed.name,
            "updated",
            f"{generation.advisories:,} advisories, {generation.enrichments:,} enrichments",
        )

    def _load(self, feed: Feed, label: str, records: Iterator[Record], *, origin: str) -> Generation:
        try:
            return self._store.write(
                feed.name,
                label,
                records,
                knows=feed.knows,
                origin=origin,
                parser_version=feed.parser_version,
                created=stamp(now()),
                progress=lambda done: self._progress(f"{feed.name}: records", done, None),
            )
        except OSError as error:
            raise StoreError(f"{feed.name}: {error.strerror or error}") from error

    def _is_due(self, feed: Feed) -> bool:
        state = Workspace(self._data / "feeds" / feed.name).load()
        checked = age_days(state.checked, now())
        return not _is_left_alone(state) and (checked is None or checked * 24 >= CHECK_AFTER_HOURS)


def _is_left_alone(state: State) -> bool:
    """Whether a feed failed lately: the more often in a row, the longer ago it may be."""
    failed = age_days(state.failed, now())
    return failed is not None and failed * 24 < wait_hours(state.failures)


def wait_hours(failures: int) -> float:
    """For how long a feed is left alone that failed so often in a row."""
    return min(RETRY_AFTER_HOURS * 2.0 ** min(max(failures, 1) - 1, 10), CHECK_AFTER_HOURS)


def _digest(needs: Needs) -> str:
    """The sources and mirrors of some needs, in 32 characters."""
    parts = (sorted(needs.platforms), sorted(needs.sources.items()), sorted(needs.mirrors.items()))
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
