"""Installed packages × advisories → decisions. Each distinct package is judged once, however many hosts have it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shindan.model.advisory import AffectedRow, Generation
from shindan.rules.base import Advisories
from shindan.rules.cve.compare import Keys, keys_of, suspects
from shindan.rules.cve.context import Context, applies, depends_on_host
from shindan.rules.cve.decide import Bench, Decision, decide
from shindan.rules.cve.families import FEED_RANK, GROUPED_RANK
from shindan.rules.cve.platforms import Place, host_place, place_of
from shindan.rules.cve.subject import Subject

_NOWHERE = Context()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to say of one package: its affected decisions, and ids whose versions could not be compared."""

    affected: tuple[Decision, ...] = ()
    not_comparable: tuple[Decision, ...] = ()


_CLEAN = Judgement()


class _Rows(NamedTuple):
    """All rows that name a package, those that may mean a source by it, and those that may mean a binary."""

    all: Sequence[AffectedRow]
    of_source: Sequence[AffectedRow]
    of_binary: Sequence[AffectedRow]

    @classmethod
    def of(cls, rows: Sequence[AffectedRow]) -> _Rows:
        """The rows, cut once for every package that asks."""
        of_source = [row for row in rows if row.names != "binary"]
        of_binary = [row for row in rows if row.names != "source"]
        # What is the same is kept once.
        whole = len(rows)
        return cls(rows, rows if len(of_source) == whole else of_source, rows if len(of_binary) == whole else of_binary)


class Matcher:
    """Judges packages against one set of generations; keeps what it has read and decided.

    Not thread-safe; one matcher serves any number of hosts.
    """

    def __init__(self, advisories: Advisories) -> None:
        self._advisories = advisories
        self._generations = {generation.name: generation for generation in advisories.generations}
        self._rows: dict[str, dict[str, _Rows]] = {}
        self._decided: dict[tuple[Place, Subject, Context], Judgement] = {}
        self._singly: dict[tuple[str, str], str] = {}

    def platform_of(self, subject: Subject, platform: str) -> str:
        """Whose rows speak for a package on a host of `platform` (`platforms.place_of`)."""
        return place_of(subject, platform).platform

    def speaks_for(self, platform: str) -> tuple[Generation, ...]:
        """Advisory generations in force that cover a platform, or the one whose rows it borrows."""
        place = host_place(platform)
        return tuple(
            g for g in self._generations.values() if place.platform in g.platforms or place.borrowed in g.platforms
        )

    def load(self, platform: str, subjects: Iterable[Subject]) -> None:
        """Reads the rows of these packages at once; what was read already is not read again."""
        wanted: dict[str, set[str]] = {}
        for subject in subjects:
            for key in _keys_of(place_of(subject, platform)):
                wanted.setdefault(key, set()).update((subject.name, subject.source))
        for key, names in wanted.items():
            self._read(key, names)

    def judge(self, subject: Subject, platform: str, context: Context = _NOWHERE) -> Judgement:
        """The judgement of one package on a host of this platform."""
        place = place_of(subject, platform)
        if context is not _NOWHERE and not self._differs_between_hosts(subject, place):
            context = _NOWHERE
        known = self._decided.get((place, subject, context))
        if known is None:
            known = self._decided[place, subject, context] = self._judge(subject, place, context)
        return known

    def differs_between_hosts(self, subject: Subject, platform: str) -> bool:
        """Whether the judgement of a package depends on what else its host has (its `Context`)."""
        return self._differs_between_hosts(subject, place_of(subject, platform))

    def trace(self, subject: Subject, platform: str, lead: str, context: Context = _NOWHERE) -> Decision | None:
        """The decision about one id, whatever it is; None where no row speaks of the id and the package."""
        place, keys = place_of(subject, platform), keys_of(subject)
        for key in _keys_of(place):
            rows = [row for row in self._rows_of(subject, key) if lead in row.leads]
            decision = decide(lead, subject, rows, self._bench(keys, key, context))
            if decision is not None:
                return decision if key == place.platform else _borrowed(decision, place)
        return None

    def _judge(self, subject: Subject, place: Place, context: Context) -> Judgement:
        """By the release's own rows; a borrowed row counts only for ids that those do not speak of."""
        keys = keys_of(subject)
        own = self._rows_of(subject, place.platform)
        decisions = list(self._decisions(subject, own, self._bench(keys, place.platform, context)))
        if place.borrowed:
            theirs = self._rows_of(subject, place.borrowed)
            spoken = {lead for row in own if applies(row, subject, context) for lead in row.leads} if theirs else set()
            found = self._decisions(subject, theirs, self._bench(keys, place.borrowed, context), spoken)
            decisions += [_borrowed(decision, place) for decision in found]
        if not decisions:
            return _CLEAN
        return Judgement(
            tuple(d for d in decisions if d.verdict == "affected"),
            tuple(d for d in decisions if d.verdict == "not_comparable"),
        )

    def _decisions(
        self, subject: Subject, rows: Sequence[AffectedRow], bench: Bench, spoken: Collection[str] = ()
    ) -> Iterator[Decision]:
        """Decisions about all ids that some row makes suspect, but for those `spoken` of elsewhere."""
        suspected: dict[str, list[AffectedRow]] = {
            lead: [] for row in suspects(rows, subject, bench.keys) for lead in row.leads if lead not in spoken
        }
        if not suspected:
            return
        for row in rows:
            for lead in row.leads:
                if lead in suspected:
                    suspected[lead].append(row)
        for lead, own in suspected.items():
            decision = decide(lead, subject, own, bench)
            if decision is not None:
                yield decision

    def _bench(self, keys: Keys, platform: str, context: Context) -> Bench:
        return Bench(keys, context, self._generations, lambda lead: self._knows_singly(lead, platform))

    def _differs_between_hosts(self, subject: Subject, place: Place) -> bool:
        for key in _keys_of(place):
            for row in self._rows_of(subject, key):
                if row.only_if and depends_on_host(row):
                    return True
        return False

    def _rows_of(self, subject: Subject, platform: str) -> Sequence[AffectedRow]:
        """The rows that mean a subject (`compare.means`) by its source's name or its own."""
        held = self._rows.setdefault(platform, {})
        source, name = subject.source, subject.name
        if source not in held or name not in held:
            self._read(platform, {source, name})
        if source == name:
            return held[name].all
        of_source, of_binary = held[source].of_source, held[name].of_binary
        return [*of_source, *of_binary] if of_source and of_binary else of_source or of_binary

    def _read(self, platform: str, names: Collection[str]) -> None:
        held = self._rows.setdefault(platform, {})
        missing = [name for name in names if name not in held]
        if missing:
            found = self._advisories.rows(platform, missing)
            held.update((name, _Rows.of(found.get(name, ()))) for name in missing)

    def _knows_singly(self, lead: str, platform: str) -> str:
        """The generation that covers this platform and has a record of this very id, or "".

        Its silence about a package clears what an advisory says that groups several ids: a grouped advisory
        (USN, DSA) lists every package that one of them hits.
        """
        answer = self._singly.get((lead, platform))
        if answer is None:
            stronger = {
                g.name
                for g in self._generations.values()
                if platform in g.platforms and g.knows == "states" and FEED_RANK.get(g.feed, 9) < GROUPED_RANK
            }
            singly = (
                row
                for row in self._advisories.about(lead)
                if row.generation in stronger and row.advisory.endswith(lead)
            )
            answer = self._singly[lead, platform] = next((row.generation for row in singly), "")
        return answer


def _keys_of(place: Place) -> tuple[str, ...]:
    return (place.platform, place.borrowed) if place.borrowed else (place.platform,)


def _borrowed(decision: Decision, place: Place) -> Decision:
    """The decision, saying that it rests on another OS's rows."""
    return replace(decision, notes=(*decision.notes, f"by the rows of {place.borrowed}: {place.worth}"))
