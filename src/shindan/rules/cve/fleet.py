"""Many hosts at once: each distinct package of a platform is a number, judged once; a host is a list of numbers.

A fleet of 100,000 hosts has some hundred thousand distinct packages, not hundreds of millions: judging is per distinct
package, and a host's verdicts are look-ups in a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shindan.rules.cve.decide import Decision
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.subject import Subject

PackageId = int


class Fleet:
    """Distinct packages of all platforms and their judgements under one matcher.

    Rows with conditions on the whole host (entitlements, other packages) are judged as on a host without them; a host
    that has them is judged by `Matcher.judge` with its own context.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._ids: dict[tuple[str, Subject], PackageId] = {}
        self._entries: list[tuple[str, Subject]] = []
        self._affected: list[tuple[Decision, ...]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def number(self, platform: str, subject: Subject) -> PackageId:
        """The number of a package on hosts of one platform; equal packages have equal numbers."""
        entry = (platform, subject)
        known = self._ids.get(entry)
        if known is None:
            known = self._ids[entry] = len(self._entries)
            self._entries.append(entry)
        return known

    def judge(self) -> int:
        """Judges every package that was numbered since the last call; returns how many."""
        new = self._entries[len(self._affected) :]
        by_platform: dict[str, list[Subject]] = {}
        for platform, subject in new:
            by_platform.setdefault(platform, []).append(subject)
        for platform, subjects in by_platform.items():
            self._matcher.load(platform, subjects)
        self._affected.extend(self._matcher.judge(subject, platform).affected for platform, subject in new)
        return len(new)

    def affected(self, packages: Iterable[PackageId]) -> Iterator[tuple[PackageId, tuple[Decision, ...]]]:
        """A host's packages that are affected, with their decisions. Every number must have been judged."""
        table = self._affected
        for number in packages:
            decisions = table[number]
            if decisions:
                yield number, decisions

    def verdicts(self, packages: Sequence[PackageId]) -> list[PackageId]:
        """The affected ones among a host's packages."""
        table = self._affected
        return [number for number in packages if table[number]]
