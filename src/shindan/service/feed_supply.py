"""Advisories for the hosts that the service knows: from the user's own folder where they are, else fetched."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from shindan.facts.fact import Fact
from shindan.facts.wire import read
from shindan.feeds.base import Mirror, Needs, Repository
from shindan.model.advisory import Generation
from shindan.model.errors import ShindanError
from shindan.model.inventory import Inventory
from shindan.rules.cve.families import FAMILIES
from shindan.rules.cve.subject import subject_of
from shindan.service.feeds import FeedDesk, Updated, feed_named
from shindan.service.needs import needs_of
from shindan.service.refresh import refresh
from shindan.store.advisories import AdvisoryStore
from shindan.store.blobs import Blobs
from shindan.store.database import Database
from shindan.store.samples import facts_by_platform
from shindan.versions import compare

SAMPLES = 5
"""Hosts of a release that are asked for their mirrors and lowest versions."""

_CHUNK = 1 << 20
_NOT_FETCHED = "The service fetches none (the setting feeds_update is off): bring them with `shindan feeds import`."
_log = logging.getLogger("shindan.feeds")


class FeedSupply:
    """Keeps a data folder's advisories; `cache` is another folder to take them from, `update` whether to dial out.

    A feed's generation holds what all known hosts need: one host's needs alone would drop the others' releases.
    """

    def __init__(self, database: Database, blobs: Blobs, data: Path, cache: Path | None, *, update: bool) -> None:
        self._database, self._blobs, self._data, self._update = database, blobs, data, update
        self._cache = cache if cache is not None and cache.resolve() != data.resolve() else None
        self._desk = FeedDesk(data)
        self._guard = threading.Lock()
        self._busy = self._asked = False

    def supply(self, facts: Iterable[bytes] = ()) -> Mapping[str, str] | None:
        """Tries to get advisories for releases that have none: these hosts' (NDJSON) and all that are known.

        Gives why a release stays without, in a sentence; never raises for a feed that cannot be had. None where
        another thread is at it: that one looks once more before it ends, and finds these hosts among the known ones.
        """
        with self._guard:
            self._asked = True
            if self._busy:
                return None
            self._busy = True
        why: dict[str, str] = {}
        here = [needs_in(one) for one in facts]
        try:
            while self._goes_on():
                why |= self._supplied(here)
        except BaseException:
            with self._guard:
                self._busy = False
            raise
        return why

    def _goes_on(self) -> bool:
        with self._guard:
            self._busy, self._asked = self._asked, False
            return self._busy

    def _supplied(self, here: Iterable[Needs]) -> Mapping[str, str]:
        needs = union([*self._known(), *here])
        if self._cache is not None:
            self._adopt(self._cache, needs)
        missing = needs.platforms - self._covered()
        if not missing:
            return {}
        if not self._update:
            return dict.fromkeys(missing, _NOT_FETCHED)
        _log.info("advisories wanted: %s", ", ".join(sorted(missing)))
        results = self._fetch(needs, missing)
        reason = _reason(results)
        return dict.fromkeys(missing - self._covered(), reason)

    def renew(self) -> bool:
        """Looks for newer advisories where that is due; whether there are any."""
        before = {one.digest for one in self._desk.generations()}
        needs = union(self._known())
        if needs.platforms and self._update:
            refresh(self._desk, needs, lambda text: _log.info("%s", text))
        return {one.digest for one in self._desk.generations()} != before

    def _fetch(self, needs: Needs, missing: frozenset[str]) -> list[Updated]:
        # The needs of all, whenever they were looked for last: a feed asked for one release knows nothing of another.
        results = self._desk.update(needs)
        still = missing - self._covered()
        if still and any(needs.mirrors.get(platform) for platform in still):
            results += self._desk.update(needs, ("archive",))
        _tell(results)
        return results

    def _adopt(self, cache: Path, needs: Needs) -> None:
        try:
            taken = adopt_from(cache, self._data, needs.platforms)
        except ShindanError as error:
            _log.warning("advisories of %s not taken over: %s", cache, error)
            return
        for one in taken:
            _log.info("advisories taken over: %s of %s, from %s", one.name, one.newest[:10], cache)

    def _covered(self) -> frozenset[str]:
        return frozenset(platform for one in self._desk.generations() for platform in one.platforms)

    def _known(self) -> Iterator[Needs]:
        with self._database.read() as connection:
            digests = facts_by_platform(connection, SAMPLES)
        for digest in (digest for some in digests.values() for digest in some):
            try:
                yield needs_in(self._blobs.get(digest))
            except ShindanError as error:
                _log.warning("inventory not read: %s", error)


def needs_in(facts: bytes) -> Needs:
    """The needs of one host's facts; lines that are none are passed over, as they were refused when they came."""
    inventory = Inventory(item for _, item in read(io.BytesIO(facts)) if isinstance(item, Fact))
    return needs_of(inventory, map(subject_of, (*inventory.all("package"), *inventory.all("language_package"))))


def union(several: Iterable[Needs]) -> Needs:
    """What several hosts need together: the lowest version of each source, every mirror once."""
    platforms: set[str] = set()
    sources: dict[tuple[str, str], str] = {}
    mirrors: dict[str, dict[Mirror, None]] = {}
    repositories: dict[str, dict[Repository, None]] = {}
    for needs in several:
        platforms |= needs.platforms
        for place, version in needs.sources.items():
            known = sources.get(place)
            if known is None or _is_lower(place[0], version, known):
                sources[place] = version
        for platform, some in needs.mirrors.items():
            mirrors.setdefault(platform, {}).update(dict.fromkeys(some))
        for platform, others in needs.repositories.items():
            repositories.setdefault(platform, {}).update(dict.fromkeys(others))
    return Needs(
        frozenset(platforms),
        sources,
        {platform: tuple(some) for platform, some in mirrors.items()},
        False,
        {platform: tuple(others) for platform, others in repositories.items()},
    )


def adopt_from(cache: Path, data: Path, platforms: Iterable[str]) -> tuple[Generation, ...]:
    """Copies into `data` those generations of `cache` that speak for these releases, with the enrichments beside them.

    Only what is newer than what is there, or not there at all. Raises StoreError; then nothing was changed.
    """
    wanted, store = set(platforms), AdvisoryStore(data / "advisories")
    here = {one.name: one for one in store.generations()}
    there = AdvisoryStore(cache / "advisories").paths()
    speaking = [(one, path) for one, path in there if wanted & set(one.platforms) and _is_newer(one, here)]
    if not speaking:
        return ()
    beside = [(one, path) for one, path in there if not one.platforms and _is_newer(one, here)]
    data.mkdir(parents=True, exist_ok=True)
    return store.adopt((one, _chunks(path)) for one, path in (*speaking, *beside))


def _is_lower(platform: str, version: str, known: str) -> bool:
    family = FAMILIES.get(platform.partition(":")[0])
    return family is not None and compare(family.scheme, version, known) == -1


def _is_newer(one: Generation, here: dict[str, Generation]) -> bool:
    known = here.get(one.name)
    return known is None or (known.newest, known.created) < (one.newest, one.created)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _reason(results: Iterable[Updated]) -> str:
    """Why feeds about packages brought nothing."""
    failed = [one for one in results if one.outcome == "failed" and feed_named(one.feed).role == "advisories"]
    if not failed:
        return "No feed that can be fetched speaks of it."
    whys = [f"{one.feed}: {one.text.splitlines()[0] if one.text else 'no reason given'}"[:200] for one in failed]
    return f"Advisories of it could not be fetched: {'; '.join(whys)}."


def _tell(results: Iterable[Updated]) -> None:
    for result in results:
        if result.outcome == "failed":
            _log.warning("feed not reached: %s, %s", result.feed, result.text)
        elif result.outcome == "updated":
            _log.info("feed updated: %s, %s", result.feed, result.text)
