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
"""Distinct lines remembered; with more, the memory starts anew at the next host (some 500 bytes each)."""

_NOTHING = -1


class FleetFacts:
    """Turns hosts' facts (NDJSON, as the blobs hold them) into platforms and numbers of packages."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._known: dict[str, _Lines] = {}

    def packages(self, facts: bytes) -> tuple[Platform | None, list[PackageId]]:
        """The host's platform and its packages' numbers; without a platform nothing can be judged.

        Lines that are no facts are passed over: they were refused when the facts came in.
        """
        lines = facts.split(b"\n")
        platform = next(_platforms(lines), None)
        if platform is None:
            return None, []
        known = self._known.get(platform.key)
        if known is None:
            known = self._known[platform.key] = _Lines(self._fleet, platform.key)
        if sum(map(len, self._known.values())) >= _MOST_LINES:
            for remembered in self._known.values():
                remembered.clear()
        # A line that is known costs no call.
        return platform, [number for number in map(known.__getitem__, lines) if number != _NOTHING]


class _Lines(dict[bytes, PackageId]):
    """Line of one platform's hosts → its package's number, or `_NOTHING`; learnt at first sight."""

    def __init__(self, fleet: Fleet, platform: str) -> None:
        super().__init__()
        self._fleet = fleet
        self._platform = platform

    def __missing__(self, line: bytes) -> PackageId:
        subject = _subject(line)
        number = self[line] = _NOTHING if subject is None else self._fleet.number(self._platform, subject)
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
