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
        self._known = _Known(self.subjects)

    def host(self, facts: bytes) -> HostLines:
        """One host's facts (NDJSON)."""
        known = self._known
        known.make_room()
        # A line that is known costs no call.
        meanings = list(map(known.__getitem__, facts.split(b"\n")))
        others = [known.facts[meaning] for meaning in meanings if meaning < -1]
        return HostLines(Inventory(others), [meaning for meaning in meanings if meaning >= 0])


_NOTHING = -1


class _Known(dict[bytes, int]):
    """Line → the number of its package, `_NOTHING`, or a number below that by which `facts` has its fact."""

    def __init__(self, subjects: list[Subject]) -> None:
        super().__init__()
        self.facts: dict[int, Fact] = {}
        self._subjects = subjects
        self._numbers: dict[Subject, int] = {}

    def make_room(self) -> None:
        """Forgets lines where there are too many. Facts stay: others know them by their identity."""
        if len(self) >= _MOST_LINES:
            kept = {line: meaning for line, meaning in self.items() if meaning < _NOTHING}
            self.clear()
            self.update(kept)

    def __missing__(self, line: bytes) -> int:
        meaning = self[line] = self._meaning(line)
        return meaning

    def _meaning(self, line: bytes) -> int:
        try:
            fact = loads(line)
        except ValueError:
            return _NOTHING
        if fact.kind not in _PACKAGES:
            number = _NOTHING - 1 - len(self.facts)
            self.facts[number] = fact
            return number
        subject = subject_of(fact)
        known = self._numbers.get(subject)
        if known is None:
            known = self._numbers[subject] = len(self._subjects)
            self._subjects.append(subject)
        return known
