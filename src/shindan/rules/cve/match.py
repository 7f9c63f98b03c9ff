"""Installed packages × advisories → decisions. Each distinct package is judged once, however many hosts have it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from shindan.model.advisory import AffectedRow, Generation
from shindan.rules.base import Advisories
from shindan.rules.cve.compare import keys_of, means, standing
from shindan.rules.cve.context import Context, depends_on_host
from shindan.rules.cve.decide import Bench, Decision, decide
from shindan.rules.cve.families import FEED_RANK, GROUPED_RANK, backport_platform
from shindan.rules.cve.subject import Subject

_NOWHERE = Context()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to say of one package: its affected decisions, and ids whose versions could not be compared."""

    affected: tuple[Decision, ...] = ()
    not_comparable: tuple[Decision, ...] = ()


class Matcher:
    """Judges packages against one set of generations; keeps what it has read and decided.

    Not thread-safe; one matcher serves any number of hosts.
    """

    def __init__(self, advisories: Advisories) -> None:
        self._advisories = advisories
        self._generations = {generation.name: generation for generation in advisories.generations}
        self._rows: dict[str, dict[str, Sequence[AffectedRow]]] = {}
        self._decided: dict[tuple[str, Subject, Context], Judgement] = {}
        self._singly: dict[tuple[str, str], str] = {}

    def platform_of(self, subject: Subject, platform: str) -> str:
        """Whose rows speak for a package on a host of `platform`: a backport is judged by the suite it rebuilds."""
        if subject.backport_of and platform.startswith("debian:"):
            return backport_platform(subject.backport_of)
        return platform

    def speaks_for(self, platform: str) -> tuple[Generation, ...]:
        """Advisory generations in force that cover a platform."""
        return tuple(g for g in self._generations.values() if platform in g.platforms)

    def load(self, platform: str, subjects: Iterable[Subject]) -> None:
        """Reads the rows of these packages at once; what was read already is not read again."""
        wanted: dict[str, set[str]] = {}
        for subject in subjects:
            wanted.setdefault(self.platform_of(subject, platform), set()).update((subject.name, subject.source))
        for key, names in wanted.items():
            self._read(key, names)

    def judge(self, subject: Subject, platform: str, context: Context = _NOWHERE) -> Judgement:
        """The judgement of one package on a host of this platform."""
        key = self.platform_of(subject, platform)
        rows = self._rows_of(subject, key)
        if not any(row.only_if and depends_on_host(row) for row in rows):
            context = _NOWHERE
        known = self._decided.get((key, subject, context))
        if known is None:
            known = self._decided[key, subject, context] = self._judge(subject, key, rows, context)
        return known

    def trace(self, subject: Subject, platform: str, lead: str, context: Context = _NOWHERE) -> Decision | None:
        """The decision about one id, whatever it is; None where no row speaks of the id and the package."""
        key = self.platform_of(subject, platform)
        rows = [row for row in self._rows_of(subject, key) if lead in row.leads]
        return decide(lead, subject, rows, self._bench(subject, key, context))

    def _judge(self, subject: Subject, platform: str, rows: Sequence[AffectedRow], context: Context) -> Judgement:
        bench = self._bench(subject, platform, context)
        suspected: dict[str, None] = {}
        for row in rows:
            if standing(row, subject, bench.keys) in ("in", "incomparable"):
                suspected.update(dict.fromkeys(row.leads))
        if not suspected:
            return Judgement()
        by_lead: dict[str, list[AffectedRow]] = {lead: [] for lead in suspected}
        for row in rows:
            for lead in row.leads:
                if lead in by_lead:
                    by_lead[lead].append(row)
        decisions = [decide(lead, subject, own, bench) for lead, own in by_lead.items()]
        return Judgement(
            tuple(d for d in decisions if d is not None and d.verdict == "affected"),
            tuple(d for d in decisions if d is not None and d.verdict == "not_comparable"),
        )

    def _bench(self, subject: Subject, platform: str, context: Context) -> Bench:
        return Bench(keys_of(subject), context, self._generations, lambda lead: self._knows_singly(lead, platform))

    def _rows_of(self, subject: Subject, platform: str) -> list[AffectedRow]:
        names = {subject.source, subject.name}
        self._read(platform, names)
        held = self._rows[platform]
        return [row for name in names for row in held[name] if means(row.names, row.package, subject)]

    def _read(self, platform: str, names: Collection[str]) -> None:
        held = self._rows.setdefault(platform, {})
        missing = [name for name in names if name not in held]
        if missing:
            found = self._advisories.rows(platform, missing)
            held.update((name, found.get(name, ())) for name in missing)

    def _knows_singly(self, lead: str, platform: str) -> str:
        """The generation that covers this platform and has a record of this very id, or "".

        Its silence about a package clears what an advisory says that groups several ids: a grouped advisory
        (USN, DSA) lists every package that one of them hits.
        """
        answer = self._singly.get((lead, platform))
        if answer is None:
            stronger = {g.name for g in self.speaks_for(platform) if FEED_RANK.get(g.feed, 9) < GROUPED_RANK}
            singly = (
                row
                for row in self._advisories.about(lead)
                if row.generation in stronger and row.advisory.endswith(lead)
            )
            answer = self._singly[lead, platform] = next((row.generation for row in singly), "")
        return answer
