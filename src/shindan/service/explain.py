"""One id on one host, row by row: what was installed, what each feed says, what was compared, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from shindan.engine.clock import now
from shindan.model.advisory import AffectedRow, Enrichment
from shindan.model.result import FeedRef
from shindan.rules.cve.compare import in_words, keys_of, standing
from shindan.rules.cve.context import context_of
from shindan.rules.cve.coverage import judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.kernel import running_kernel
from shindan.rules.cve.match import Matcher
from shindan.service.feeds import FeedDesk
from shindan.service.hosts import HostFacts
from shindan.service.local import feed_ref
from shindan.store.advisories import AdvisoryReader, merge

_DEFAULT_MAX_AGE = 7.0

_VERDICTS = {
    "affected": "AFFECTED",
    "resolved": "not affected: resolved at this version",
    "not_affected": "not affected",
    "not_comparable": "not judged: the versions cannot be compared",
}


def explained(host: HostFacts, data: Path, id_: str, package: str | None = None) -> tuple[bool, list[str]]:
    """Whether any advisory knows the id, and the explanation, line by line."""
    with FeedDesk(data).open() as reader:
        lead = _lead(reader, id_)
        rows = reader.about(lead)
        several = [enrichment for _, enrichment in reader.enrichments([lead]).get(lead, ())]
        known = merge(several) if several else Enrichment("")
        if not rows and not known.id:
            return False, [f"{id_}: no advisory at hand knows this id", *_at_hand(reader)]
        return True, [*_heading(id_, lead, known), *_packages(host, reader, lead, rows, package)]


def _lead(reader: AdvisoryReader, id_: str) -> str:
    wanted = id_.strip()
    if wanted.lower().startswith("cve-"):
        wanted = wanted.upper()
    leads = reader.aliases([wanted]).get(wanted, ())
    return leads[0] if len(leads) == 1 else wanted


def _heading(asked: str, lead: str, known: Enrichment) -> Iterator[str]:
    yield lead if asked == lead else f"{asked} is {lead}"
    if known.description:
        yield f"  {known.description[:400]}"
    if known.rejected:
        yield "  rejected by its CNA: it yields no finding anywhere"
    for vector in known.vectors:
        yield f"  CVSS {vector.version} {vector.score} by {vector.source}: {vector.vector}"
    if known.epss:
        yield f"  EPSS {known.epss.score:.5f} (above {known.epss.percentile:.1%} of all), {known.epss.date}"
    if known.kev:
        yield f"  known to be exploited since {known.kev.added}; to be mended by {known.kev.due}"


def _packages(
    host: HostFacts, reader: AdvisoryReader, lead: str, rows: Sequence[AffectedRow], package: str | None
) -> Iterator[str]:
    platform = host.inventory.platform
    assert platform is not None, "read_host refuses a host without a platform"
    named = {row.package for row in rows}
    subjects = [
        s for s in host.subjects if package in (None, s.name, s.source) and (named & {s.name, s.source} or package)
    ]
    if not subjects:
        what = f"no package {package!r}" if package else f"none of {', '.join(sorted(named)[:8]) or 'its packages'}"
        yield f"  {host.name} has {what} installed"
        return
    matcher = Matcher(reader)
    repositories = {fact.subject: fact.data for fact in host.inventory.all("repository")}
    context = context_of(host.inventory, host.subjects)
    kernel = running_kernel(host.inventory, host.subjects)
    feeds = {g.name: feed_ref(g, now(), _DEFAULT_MAX_AGE) for g in reader.generations}
    for place in judged(subjects, platform.key, platform.id, repositories, matcher, reader):
        yield ""
        yield place.subject.line
        if place.why_not:
            yield f"  => not judged: {place.text}"
            continue
        decision = matcher.trace(place.subject, platform.key, lead, context)
        if decision is None:
            where = matcher.platform_of(place.subject, platform.key)
            feeds_said = ", ".join(place.generations)
            yield f"  => not affected: {feeds_said}: no row for {lead} and this package in {where}"
            continue
        yield from _rows(decision, feeds)
        yield from _verdict(decision, kernel.inactive(place.subject))


def _rows(decision: Decision, feeds: dict[str, FeedRef]) -> Iterator[str]:
    keys = keys_of(decision.subject)
    for row in decision.rows:
        feed = feeds[row.generation]
        yield f"  {row.advisory} of {feed.name}, generation {feed.generation[:12]}, newest record {feed.newest[:10]}"
        said = f" ({row.vendor_state})" if row.vendor_state else ""
        yield f"    says {row.state}{said} for {row.names if row.names != 'any' else 'package'} {row.package}"
        yield f"    {in_words(row, decision.subject, standing(row, decision.subject, keys))}"


def _verdict(decision: Decision, inactive: str) -> Iterator[str]:
    text = _VERDICTS[decision.verdict]
    if decision.verdict == "affected":
        text += f", fixed in {decision.fix.fixed}" if decision.fix else ", no fix is to be had"
    yield f"  => {text}"
    for note in decision.notes:
        yield f"     {note}"
    if inactive:
        yield f"     inactive: {inactive}"


def _at_hand(reader: AdvisoryReader) -> Iterator[str]:
    names = ", ".join(f"{g.name} ({g.newest[:10]})" for g in reader.generations)
    yield f"  at hand: {names or 'nothing; run `shindan feeds update`'}"
