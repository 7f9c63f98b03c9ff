"""Judges facts that were never stored: the whole of `shindan scan`, from a host's facts to a result."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from shindan.engine.clock import age_days, now, stamp
from shindan.model.advisory import Generation
from shindan.model.errors import ShindanError
from shindan.model.progress import Progress, silent
from shindan.model.result import FeedRef, Finding, Host, ScanResult
from shindan.rules.base import Advisories
from shindan.rules.cve.context import context_of
from shindan.rules.cve.coverage import Judged, judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.end_of_life import SUPPORT
from shindan.rules.cve.kernel import running_kernel
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.owned import Owners
from shindan.service.findings import FindingMaker, end_of_life_finding, package_of
from shindan.service.hosts import HostFacts
from shindan.service.ledger import ledger_of
from shindan.service.looked import Look
from shindan.service.own_version import own_version
from shindan.store.reader import AdvisoryReader

Say = Callable[[str], None]


class NoUsableFeed(ShindanError):
    """No feed speaks for this host's release: nothing was judged."""

    remedy = "run `shindan feeds update`, or import one with `shindan feeds import NAME PATH`"


def assess(
    host: HostFacts,
    data: Path,
    *,
    update: bool,
    max_feed_age: float,
    progress: Progress = silent,
    say: Say = lambda _: None,
) -> ScanResult:
    """Findings and ledger of one host. `max_feed_age` is in days and only marks feeds as stale.

    Raises NoUsableFeed when no generation covers the host's release, and StoreError when the database is unreadable.
    """
    if update:
        _refresh(host, data, progress, say)
    with AdvisoryReader(data / "advisories") as reader:
        return _judge(host, reader, now(), max_feed_age)


def _refresh(host: HostFacts, data: Path, progress: Progress, say: Say) -> None:
    look = Look(host, data)
    if look.counts():
        return
    # Feeds and downloads take as long to import as a small host takes to judge.
    from shindan.service.feeds import FeedDesk
    from shindan.service.needs import needs_of
    from shindan.service.refresh import refresh

    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        say(text)

    refresh(FeedDesk(data, progress), needs_of(host.inventory, host.subjects), tell)
    if not told:
        look.note()


def _judge(host: HostFacts, reader: AdvisoryReader, moment: datetime.datetime, max_feed_age: float) -> ScanResult:
    platform = host.inventory.platform
    assert platform is not None, "read_host refuses a host without a platform"
    matcher = Matcher(reader)
    _refuse_silence(host, platform.key, matcher, moment)
    matcher.load(platform.key, host.subjects)
    places = _places(host, matcher, reader)
    feeds = {g.name: feed_ref(g, moment, max_feed_age) for g in reader.generations}
    decisions, not_comparable = _decisions(host, places, matcher)
    context = context_of(host.inventory, host.subjects)
    owners = Owners(places, reader.generations, matcher, platform.key, context)
    maker = FindingMaker(reader, feeds, running_kernel(host.inventory, host.subjects), owners)
    findings = maker.findings(decisions)
    ended = _ended(host, moment)
    if ended is not None:
        findings = [ended, *findings]
    return ScanResult(
        tool_version=own_version(),
        generated_at=stamp(moment),
        host=_host(host, ended),
        findings=tuple(findings),
        ledger=ledger_of(host, places, not_comparable, reader.generations, feeds, maker.rejected),
        packages=tuple(package_of(subject) for subject in host.subjects),
    )


def _places(host: HostFacts, matcher: Matcher, advisories: Advisories) -> list[Judged]:
    platform = host.inventory.platform
    assert platform is not None
    repositories = {fact.subject: fact.data for fact in host.inventory.all("repository")}
    return judged(host.subjects, platform.key, platform.id, repositories, matcher, advisories)


def _decisions(host: HostFacts, places: Sequence[Judged], matcher: Matcher) -> tuple[list[Decision], list[Decision]]:
    """Affected decisions, and those whose versions could not be compared."""
    platform = host.inventory.platform
    assert platform is not None
    context = context_of(host.inventory, host.subjects)
    judgements = [matcher.judge(place.subject, platform.key, context) for place in places if place.generations]
    return (
        [decision for judgement in judgements for decision in judgement.affected],
        [decision for judgement in judgements for decision in judgement.not_comparable],
    )


def _refuse_silence(host: HostFacts, platform: str, matcher: Matcher, moment: datetime.datetime) -> None:
    if matcher.speaks_for(platform):
        return
    name = host.inventory.platform.name if host.inventory.platform else platform
    ended = _ended(host, moment)
    after = f"; {ended.title}" if ended else ""
    raise NoUsableFeed(f"no feed speaks for {name or platform} ({platform}): nothing was judged{after}")


def _ended(host: HostFacts, moment: datetime.datetime) -> Finding | None:
    """The finding that the host's release receives no updates any more."""
    platform = host.inventory.platform
    support = SUPPORT.get(platform.key) if platform else None
    if platform is None or support is None:
        return None
    entitlements = context_of(host.inventory, ()).entitlements
    since = support.ended(moment.date(), entitlements)
    return end_of_life_finding(platform.key, support, since) if since else None


def feed_ref(generation: Generation, moment: datetime.datetime, max_feed_age: float) -> FeedRef:
    """How a result names a generation: its age counts from its newest record."""
    age = age_days(generation.newest, moment)
    return FeedRef(
        name=generation.name,
        generation=generation.digest,
        age_days=None if age is None else round(age, 2),
        newest=generation.newest,
        stale=age is None or age > max_feed_age,
    )


def _host(host: HostFacts, ended: Finding | None) -> Host:
    platform = host.inventory.platform
    assert platform is not None
    running = host.inventory.one("kernel", "running")
    return Host(
        hostname=host.name,
        platform=platform.key,
        name=platform.name,
        arch=platform.arch,
        kernel=str(running.data.get("release") or "") if running else "",
        end_of_life=ended.title if ended else None,
    )
