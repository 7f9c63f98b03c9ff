"""What is known of the packages of hosts of one platform with one set of repositories: judged once, then looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shindan.engine.judge import Flaw
from shindan.rules.cve.coverage import Judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.families import LANGUAGES

SILENT = frozenset({"", "debug-symbols", "no-program"})
"""Reasons why a package was not judged that nobody needs to hear (`coverage.WhyNot`)."""

Pairs = tuple[tuple[Decision, Flaw], ...]
Looker = tuple[tuple[str, ...], str]
"""The generations that judged a package, and why none did."""


class Entry(NamedTuple):
    """One package of a host, with what decides whether its flaws count there and why it was not judged."""

    flaws: Pairs
    place: Judged
    not_comparable: int
    is_kernel: bool
    differs: bool

    @property
    def is_odd(self) -> bool:
        """Whether its flaws depend on the host, or something beside them is to be told."""
        if self.is_kernel or self.differs or self.not_comparable or self.place.why_not not in SILENT:
            return True
        return bool(self.place.subject.owner) and self.place.subject.type in LANGUAGES


class Table:
    """Number of a package → its flaws by their ids; `odd` has the entries of those that need a look at the host.

    Nearly all packages of nearly all hosts cost one look-up, so what is looked up holds nothing else.
    """

    def __init__(self) -> None:
        self.odd: dict[int, Entry] = {}
        self.places: dict[int, Judged] = {}
        self._flaws: dict[int, dict[str, Flaw] | None] = {}
        self._looked: dict[int, Looker] = {}
        self._lookers: dict[Looker, Looker] = {}

    def add(self, number: int, entry: Entry) -> None:
        """Takes in a package."""
        self.places[number] = entry.place
        looker = (entry.place.generations, entry.place.why_not)
        self._looked[number] = self._lookers.setdefault(looker, looker)
        if entry.is_odd:
            self.odd[number] = entry
        self._flaws[number] = None if entry.is_odd or not entry.flaws else by_id(entry.flaws)

    def unknown(self, packages: Iterable[int]) -> set[int]:
        """Those without an entry."""
        return set(packages).difference(self._flaws)

    def worst(self, packages: Sequence[int]) -> dict[str, Flaw]:
        """One flaw for each id, without the odd packages'. Raises KeyError where a package has no entry."""
        best: dict[str, Flaw] = {}
        apart, update = best.keys().isdisjoint, best.update
        for found in filter(None, map(self._flaws.__getitem__, packages)):
            if apart(found):
                update(found)
            else:
                take(best, found)
        return best

    def looked(self, packages: Iterable[int]) -> list[tuple[Looker, int]]:
        """How many of these packages the same generations judged, or none for the same reason."""
        # Counted by identity: equal ones are one object, and to hash its texts for every package would cost more.
        counted = Counter(map(id, map(self._looked.__getitem__, packages)))
        return [(looker, counted[id(looker)]) for looker in self._lookers.values() if id(looker) in counted]

    def oddities(self, packages: Iterable[int]) -> list[Entry]:
        """The entries of a host's odd packages, in order."""
        odd = self.odd
        return [odd[number] for number in packages if number in odd] if odd else []


def by_id(flaws: Pairs) -> dict[str, Flaw]:
    """Flaws of one package by their ids, of which each occurs once."""
    return {flaw.rule.id: flaw for _, flaw in flaws}


def take(best: dict[str, Flaw], found: Mapping[str, Flaw]) -> None:
    """Takes the flaws of a package into those of its host: one for each id, that of the package it hits worst."""
    for id_, flaw in found.items():
        held = best.get(id_)
        if held is None or (flaw.severity, flaw.subject) < (held.severity, held.subject):
            best[id_] = flaw
