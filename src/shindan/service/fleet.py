"""Many hosts' facts at once: each distinct line is parsed once, each distinct package judged once.

Hosts of a fleet have the same packages, so their facts are the same lines; what a line means is remembered by its
bytes, and a host's verdicts are look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shindan.facts.platform import Platform, platform_of
from shindan.facts.wire import loads
from shindan.rules.cve.fleet import Fleet, PackageId
from shindan.rules.cve.subject import Subject, subject_of

_MOST_LINES = 2_000_000
"""Distinct lines remembered; beyond that the memory starts anew (some 500 bytes each)."""

_NOTHING = -1


class FleetFacts:
    """Turns hosts' facts (NDJSON, as the blobs hold them) into platforms and numbers of packages."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._known: dict[str, dict[bytes, PackageId]] = {}
        self._lines = 0

    def packages(self, facts: bytes) -> tuple[Platform | None, list[PackageId]]:
        """The host's platform and its packages' numbers; without a platform nothing can be judged.

        Lines that are no facts are passed over: they were refused when the facts came in.
        """
        lines = facts.split(b"\n")
        platform = next(_platforms(lines), None)
        if platform is None:
            return None, []
        known = self._known.setdefault(platform.key, {})
        numbers: list[PackageId] = []
        add = numbers.append
        for line in lines:
            number = known.get(line)
            if number is None:
                number = self._learn(known, platform.key, line)
            if number != _NOTHING:
                add(number)
        return platform, numbers

    def _learn(self, known: dict[bytes, PackageId], platform: str, line: bytes) -> PackageId:
        subject = _subject(line)
        number = _NOTHING if subject is None else self._fleet.number(platform, subject)
        if self._lines >= _MOST_LINES:
            for remembered in self._known.values():
                remembered.clear()
            self._lines = 0
        known[line] = number
        self._lines += 1
        return number


def _platforms(lines: Iterable[bytes]) -> Iterator[Platform]:
    """The platform fact stands first; elsewhere it is looked for."""
    for line in lines:
        if b'"platform"' in line:
            try:
                fact = loads(line)
            except ValueError:
                continue
            if fact.kind == "platform":
                yield platform_of(fact.data)


def _subject(line: bytes) -> Subject | None:
    if b'"package"' not in line:
        return None
    try:
        fact = loads(line)
    except ValueError:
        return None
    return subject_of(fact) if fact.kind == "package" else None
