"""What a host needs of the feeds: its release, the suites its backports rebuild, its sources and mirrors."""

from __future__ import annotations

from collections.abc import Iterable

from shindan.feeds.archive_suites import ORIGINS
from shindan.feeds.base import Mirror, Needs, Repository
from shindan.model.inventory import Inventory
from shindan.rules.cve.platforms import host_place, place_of
from shindan.rules.cve.subject import Subject
from shindan.versions import compare


def needs_of(inventory: Inventory, subjects: Iterable[Subject], *, everything: bool = False) -> Needs:
    """The needs of one host; of nothing where its platform is unknown."""
    if inventory.platform is None:
        return Needs(everything=everything)
    key = inventory.platform.key
    sources: dict[tuple[str, str], str] = {}
    own = host_place(key)
    platforms = {key, own.borrowed}
    for subject in subjects:
        place = place_of(subject, key)
        platforms |= {place.platform, place.borrowed}
        if place.platform != key:
            continue
        known = sources.get((key, subject.source))
        if known is None or compare(subject.type, subject.source_version, known) == -1:
            sources[key, subject.source] = subject.source_version
    platforms.discard("")
    repositories = tuple(_repositories(inventory))
    return Needs(
        frozenset(platforms),
        sources,
        {key: tuple(_mirrors(inventory))},
        everything,
        {key: repositories} if repositories else {},
    )


def _repositories(inventory: Inventory) -> Iterable[Repository]:
    """The rpm repositories that are switched on, by the first address that each has; local ones are not dialled."""
    for fact in inventory.all("repository"):
        if fact.data.get("format") not in ("yum", "zypp") or fact.data.get("enabled") is False:
            continue
        listed = fact.data.get("metalink") or fact.data.get("mirrorlist")
        address = str(fact.data.get("url") or listed or "")
        if address.startswith(("http://", "https://")):
            yield Repository(fact.subject, address, mirrorlist=not fact.data.get("url"))


def _mirrors(inventory: Inventory) -> Iterable[Mirror]:
    for fact in inventory.all("repository"):
        url, suite = fact.data.get("url"), fact.data.get("suite")
        if not url or not suite or fact.data.get("enabled") is False:
            continue
        origin = str(fact.data.get("origin") or "")
        if origin and origin not in ORIGINS:
            continue  # apt knows it as a third party's: it has no word on the distribution's packages
        components = fact.data.get("components") or ["main"]
        behind = fact.data.get("mirrors") or [url]  # `mirror+file:` stands for a list of addresses
        for address in behind:
            yield Mirror(str(address), str(suite), tuple(map(str, components)), str(fact.data.get("signed_by") or ""))
