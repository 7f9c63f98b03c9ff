"""The CVE package at work on a whole run: the very matcher of `scan`, each distinct package judged once."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from shindan.engine.clock import now
from shindan.engine.judge import Flaw, HostVerdict
from shindan.facts.platform import Platform
from shindan.model.inventory import Inventory
from shindan.model.looked import FeedUsed, Looked
from shindan.rules.base import Parameters
from shindan.rules.cve.context import Context, context_of
from shindan.rules.cve.coverage import Judged, judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.end_of_life import SUPPORT
from shindan.rules.cve.families import LANGUAGES
from shindan.rules.cve.kernel import has_kernel, running_kernel
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.owned import Owners
from shindan.rules.cve.subject import Subject
from shindan.service.cve_flaws import flaw_of
from shindan.service.feeds import FeedDesk
from shindan.service.findings import FindingMaker, end_of_life_finding
from shindan.service.fleet_lines import HostLines, Lines
from shindan.service.fleet_table import SILENT, Entry, Table, by_id, take
from shindan.service.hosts import KINDS
from shindan.service.local import feed_ref
from shindan.store.advisories import AdvisoryReader

_NEVER_STALE = float("inf")
_HIDES_PACKAGES = frozenset({"package", "language_package"})
_EXAMPLES = 5


Supply = Callable[[Iterable[bytes]], Mapping[str, str] | None]
"""See `Judge.fetch`."""


class CveJudge:
    """See `engine.judge.Judge`: by the advisory generations in the data folder. `supply` brings what is missing."""

    def __init__(self, data: Path, supply: Supply | None = None) -> None:
        self._data = data
        self._supply = supply

    @contextmanager
    def begin(self) -> Iterator[CveJudging]:
        """See `Judge.begin`."""
        with FeedDesk(self._data).open() as reader:
            yield CveJudging(reader, now())

    def missing(self, platforms: Iterable[str]) -> tuple[str, ...]:
        """See `Judge.missing`."""
        wanted = sorted(set(platforms))
        if not wanted:
            return ()
        with FeedDesk(self._data).open() as reader:
            matcher = Matcher(reader)
            return tuple(platform for platform in wanted if not matcher.speaks_for(platform))

    def fetch(self, facts: Iterable[bytes]) -> Mapping[str, str] | None:
        """See `Judge.fetch`; without a supply nothing is fetched."""
        return self._supply(facts) if self._supply is not None else {}

    def state(self) -> str:
        """See `Judge.state`."""
        return " ".join(sorted(f"{one.name}={one.digest}" for one in FeedDesk(self._data).generations()))


class CveJudging:
    """See `engine.judge.Judging`. Keeps what it decided for as long as it lives; not for several threads."""

    def __init__(self, reader: AdvisoryReader, moment: datetime.datetime) -> None:
        self._reader = reader
        self._moment = moment
        self._lines = Lines()
        self._matcher = Matcher(reader)
        feeds = {one.name: feed_ref(one, moment, _NEVER_STALE) for one in reader.generations}
        nowhere = Owners((), reader.generations, self._matcher, "", Context())
        # No kernel runs here, so only what never runs is inactive; which one runs is asked host by host.
        self._used = {one.name: FeedUsed(one.name, one.digest, one.newest, one.knows) for one in reader.generations}
        self._maker = FindingMaker(reader, feeds, running_kernel(Inventory(()), ()), nowhere)
        self._tables: dict[tuple[object, ...], Table] = {}
        self._flaws: dict[Decision, Flaw | None] = {}
        self._ended: dict[tuple[str, frozenset[str]], Flaw | None] = {}

    together = True
    """See `Judging.together`: distinct packages are judged once for all hosts."""

    def judge(self, facts: Sequence[bytes], given: Sequence[Parameters] = ()) -> list[HostVerdict]:
        """See `Judging.judge`; nothing of advisories can be wanted otherwise."""
        hosts = [self._lines.host(one) for one in facts]
        return [self._host(host, table) for host, table in zip(hosts, self._learn(hosts), strict=True)]

    # ── packages ──

    def _learn(self, hosts: Sequence[HostLines]) -> list[Table]:
        """The table of each host, with entries for all of its packages."""
        tables = []
        new: dict[tuple[object, ...], tuple[HostLines, set[int]]] = {}
        for host in hosts:
            key = _table_key(host.inventory)
            table = self._tables.setdefault(key, Table())
            tables.append(table)
            unknown = table.unknown(host.packages)
            if unknown and host.inventory.platform is not None:
                new.setdefault(key, (host, set()))[1].update(unknown)
        for key, (host, numbers) in new.items():
            self._extend(self._tables[key], host.inventory, sorted(numbers))
        return tables

    def _extend(self, table: Table, inventory: Inventory, numbers: Sequence[int]) -> None:
        platform = inventory.platform
        assert platform is not None
        subjects = [self._lines.subjects[number] for number in numbers]
        repositories = {fact.subject: fact.data for fact in inventory.all("repository")}
        self._matcher.load(platform.key, subjects)
        places = judged(subjects, platform.key, platform.id, repositories, self._matcher, self._reader)
        judgements = [
            self._matcher.judge(place.subject, platform.key) if place.generations else None for place in places
        ]
        self._make([decision for judgement in judgements if judgement for decision in judgement.affected])
        for number, place, judgement in zip(numbers, places, judgements, strict=True):
            entry = Entry(
                self._known(judgement.affected if judgement else ()),
                place,
                len(judgement.not_comparable) if judgement else 0,
                has_kernel((place.subject,)),
                bool(place.generations) and self._matcher.differs_between_hosts(place.subject, platform.key),
            )
            table.add(number, entry)

    def _make(self, decisions: Iterable[Decision]) -> None:
        new = list(dict.fromkeys(decision for decision in decisions if decision not in self._flaws))
        self._flaws.update(dict.fromkeys(new))
        self._flaws.update(
            (decision, flaw_of(finding)) for decision, finding in self._maker.made(new) if finding.active
        )

    def _known(self, decisions: Iterable[Decision]) -> tuple[tuple[Decision, Flaw], ...]:
        pairs = ((decision, self._flaws[decision]) for decision in decisions)
        return tuple((decision, flaw) for decision, flaw in pairs if flaw is not None)

    # ── hosts ──

    def _host(self, host: HostLines, table: Table) -> HostVerdict:
        platform, gaps = host.inventory.platform, list(_gaps(host.inventory))
        if platform is None or not host.packages:
            lacking = "platform" if platform is None else "list of packages"
            reason = ("NOT_OBSERVED", f"The host's {lacking} is not among what it delivered.")
            return HostVerdict(exclusions=[reason, *gaps], whole=False, looked=Looked(len(host.packages)))
        ended = self._end_of_life(platform, host.inventory)
        if not self._matcher.speaks_for(platform.key):
            unsupported = ("UNSUPPORTED_OS", f"Its release is {platform.key}.")
            flaws = [ended] if ended else []
            return HostVerdict(flaws, [unsupported, *gaps], whole=False, looked=self._looked(host, table))
        odd = table.oddities(host.packages)
        best, skipped = self._best(host, platform, table, odd)
        if ended is not None:
            best[ended.rule.id] = ended
        whole = not any(_hides_packages(fact.data.get("kinds")) for fact in host.inventory.all("gap"))
        told = [*_not_judged(odd), *gaps]
        return HostVerdict(list(best.values()), told, skipped, whole, looked=self._looked(host, table))

    def _looked(self, host: HostLines, table: Table) -> Looked:
        by_feed: Counter[str] = Counter()
        by_reason: Counter[str] = Counter()
        for (generations, why_not), number in table.looked(host.packages):
            by_feed.update(dict.fromkeys(generations, number))
            if not generations:
                by_reason[why_not] += number
        return Looked(len(host.packages), by_feed, by_reason, tuple(self._used[name] for name in sorted(by_feed)))

    def _best(
        self, host: HostLines, platform: Platform, table: Table, odd: Sequence[Entry]
    ) -> tuple[dict[str, Flaw], int]:
        """One flaw for each CVE, that of the package it hits worst; and how many are about kernels that do not run."""
        kernel = None
        owners: Owners | None = None
        best = table.worst(host.packages)
        skipped = 0
        for entry in odd:
            flaws = self._anew(host, platform, entry) if entry.differs else entry.flaws
            if not flaws:
                continue
            subject = entry.place.subject
            if entry.is_kernel:
                kernel = kernel or running_kernel(host.inventory, _kernels(odd))
                if kernel.inactive(subject):
                    skipped += len(flaws)
                    continue
            if subject.owner and subject.type in LANGUAGES:
                owners = owners or self._owners(host, platform, table)
                flaws = tuple(pair for pair in flaws if not owners.covers(pair[0]))
            take(best, by_id(flaws))
        return best, skipped

    def _anew(self, host: HostLines, platform: Platform, entry: Entry) -> tuple[tuple[Decision, Flaw], ...]:
        """What depends on what else the host has."""
        context = context_of(host.inventory, (self._lines.subjects[number] for number in host.packages))
        affected = self._matcher.judge(entry.place.subject, platform.key, context).affected
        self._make(affected)
        return self._known(affected)

    def _owners(self, host: HostLines, platform: Platform, table: Table) -> Owners:
        context = context_of(host.inventory, (self._lines.subjects[number] for number in host.packages))
        places = [table.places[number] for number in host.packages]
        return Owners(places, self._reader.generations, self._matcher, platform.key, context)

    def _end_of_life(self, platform: Platform, inventory: Inventory) -> Flaw | None:
        support = SUPPORT.get(platform.key)
        if support is None:
            return None
        entitlements = context_of(inventory, ()).entitlements
        key = (platform.key, entitlements)
        if key not in self._ended:
            since = support.ended(self._moment.date(), entitlements)
            self._ended[key] = flaw_of(end_of_life_finding(platform.key, support, since)) if since else None
        return self._ended[key]


def _table_key(inventory: Inventory) -> tuple[object, ...]:
    """What, beside the package, decides how it is judged: the platform, and where repositories come from."""
    platform = inventory.platform
    repositories = inventory.all("repository")
    # Equal lines are one fact object, which the reader of lines keeps alive.
    return (platform.key if platform else "", *sorted(id(fact) for fact in repositories))


def _kernels(entries: Iterable[Entry]) -> list[Subject]:
    return [entry.place.subject for entry in entries if entry.is_kernel]


def _gaps(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """What could not be looked at, as far as this package wants it."""
    for fact in inventory.all("gap"):
        kinds = fact.data.get("kinds")
        if not isinstance(kinds, list) or set(map(str, kinds)) & set(KINDS):
            yield "NOT_OBSERVED", f"{fact.subject}: {fact.data.get('reason') or 'no reason given'}"[:1000]


def _hides_packages(kinds: object) -> bool:
    return not isinstance(kinds, list) or bool(set(map(str, kinds)) & _HIDES_PACKAGES)


def _not_judged(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """One exclusion for each reason why packages were not judged, with how many and some names."""
    groups: dict[str, list[Judged]] = {}
    for entry in entries:
        if entry.place.why_not not in SILENT:
            groups.setdefault(entry.place.why_not, []).append(entry.place)
    for reason, places in groups.items():
        texts = Counter(place.text for place in places)
        told = "; ".join(text for text, _ in texts.most_common(_EXAMPLES)) + ("; …" if len(texts) > _EXAMPLES else "")
        # Names that go with what is said first.
        chosen = sorted(places, key=lambda place: -texts[place.text])[:_EXAMPLES]
        names = ", ".join(dict.fromkeys(place.subject.name for place in chosen))
        yield "NOT_JUDGED", f"{len(places):,} packages ({reason}), such as {names}: {told}."[:1000]
    if any(entry.not_comparable for entry in entries):
        names = ", ".join(entry.place.subject.name for entry in entries if entry.not_comparable)
        yield "NOT_JUDGED", f"Versions that cannot be compared with the advisories': {names}."[:1000]
