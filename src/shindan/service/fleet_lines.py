"""Facts of many hosts, each distinct line read once: a host's packages become numbers, the rest of it stays facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shindan.facts.fact import Fact
from shindan.facts.wire import loads
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import Subject, subject_of

_MOST_LINES = 2_000_000
"""Distinct lines remembered; beyond that the memory starts anew (some 500 bytes each)."""

_PACKAGES = frozenset({"package", "language_package"})


@dataclass(frozen=True, slots=True)
class HostLines:
    """One host: everything but its packages, and the numbers of those (`Lines.subjects`)."""

    inventory: Inventory
    packages: Sequence[int]


class Lines:
    """Reads hosts. Lines that are no facts are passed over: they were refused when the facts came in."""

    def __init__(self) -> None:
        self.subjects: list[Subject] = []
        self._numbers: dict[Subject, int] = {}
        self._known: dict[bytes, int | Fact | None] = {}

    def host(self, facts: bytes) -> HostLines:
        """One host's facts (NDJSON)."""
        packages: list[int] = []
        others: list[Fact] = []
        number = packages.append
        for line in facts.split(b"\n"):
            try:
                meaning = self._known[line]
            except KeyError:
                meaning = self._learn(line)
            if type(meaning) is int:
                number(meaning)
            elif isinstance(meaning, Fact):
                others.append(meaning)
        return HostLines(Inventory(others), packages)

    def _learn(self, line: bytes) -> int | Fact | None:
        if len(self._known) >= _MOST_LINES:
            # Facts stay: others know them by their identity.
            self._known = {line: kept for line, kept in self._known.items() if isinstance(kept, Fact)}
        meaning = self._known[line] = self._meaning(line)
        return meaning

    def _meaning(self, line: bytes) -> int | Fact | None:
        try:
            fact = loads(line)
        except ValueError:
            return None
        if fact.kind not in _PACKAGES:
            return fact
        subject = subject_of(fact)
        number = self._numbers.get(subject)
        if number is None:
            number = self._numbers[subject] = len(self.subjects)
            self.subjects.append(subject)
        return number
