"""The ledger: every package is judged by some feed of some age, or it says why it was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from shindan.model.advisory import Generation
from shindan.model.result import FeedRef, JudgedBy, Ledger, NotJudged
from shindan.rules.cve.coverage import Judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.kernel import has_kernel, running_kernel
from shindan.rules.cve.proven import proof_of
from shindan.service.hosts import HostFacts

_EXAMPLES = 5


def ledger_of(
    host: HostFacts,
    places: Sequence[Judged],
    not_comparable: Sequence[Decision],
    generations: Sequence[Generation],
    feeds: Mapping[str, FeedRef],
    rejected: Sequence[str],
) -> Ledger:
    """The ledger of one host."""
    used = {name for place in places for name in place.generations}
    enriching = {generation.name for generation in generations if generation.knows == "enrichment"}
    return Ledger(
        packages=len(places),
        judged=tuple(_judged_by(generation, places, feeds) for generation in generations if generation.name in used),
        not_judged=(*_not_judged(places), *_not_comparable(not_comparable)),
        assumed_own=sum(place.assumed for place in places if place.generations),
        gaps=tuple(host.inventory.gaps.items()),
        stale=tuple(feeds[name] for name in sorted(used | enriching) if feeds[name].stale),
        notes=(*_notes(host, used, rejected, generations), *_worth(places)),
    )


def _unproven(host: HostFacts) -> list[str]:
    """What a verdict lacks on a platform that nobody has tried."""
    platform = host.inventory.platform
    if platform is None or proof_of(platform.key) is not None:
        return []
    return [
        f"identified only: {platform.key} is recognised, but no recorded host of it and no verdict about one are among "
        "Shindan's tests"
    ]


def _worth(places: Sequence[Judged]) -> list[str]:
    """What verdicts are worth that rest on another system's rows."""
    counts = Counter(place.worth for place in places if place.worth)
    return [
        f"{count:,} packages were judged by what another system says of the same sources: {worth}"
        for worth, count in counts.items()
    ]


def _judged_by(generation: Generation, places: Sequence[Judged], feeds: Mapping[str, FeedRef]) -> JudgedBy:
    return JudgedBy(
        feed=feeds[generation.name],
        packages=sum(generation.name in place.generations for place in places),
        knows=generation.knows,
        notes=generation.notes,
    )


def _not_judged(places: Sequence[Judged]) -> list[NotJudged]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for place in places:
        if place.why_not:
            grouped.setdefault((place.why_not, _general(place)), []).append(place.subject.name)
    return [
        NotJudged(reason=why, text=text, packages=len(names), examples=tuple(names[:_EXAMPLES]))
        for (why, text), names in sorted(grouped.items(), key=lambda entry: -len(entry[1]))
    ]


def _general(place: Judged) -> str:
    """The reason without what differs from package to package, so that equal ones stand together."""
    if place.why_not == "not-examined":
        return "the archive has a newer version whose changelog was not read"
    return place.text


def _not_comparable(decisions: Sequence[Decision]) -> list[NotJudged]:
    if not decisions:
        return []
    names = list(dict.fromkeys(f"{decision.subject.name} ({decision.lead})" for decision in decisions))
    text = "advisories whose versions cannot be compared with the installed one"
    packages = len({decision.subject.name for decision in decisions})
    return [NotJudged(reason="not-comparable", text=text, packages=packages, examples=tuple(names[:_EXAMPLES]))]


def _notes(
    host: HostFacts, used: set[str], rejected: Sequence[str], generations: Sequence[Generation]
) -> tuple[str, ...]:
    notes = _unproven(host)
    knows = {generation.knows for generation in generations if generation.name in used}
    if used and "states" not in knows:
        notes.append("the feeds at hand know CVEs with a fix only: flaws without a fix are not listed")
    kernel = running_kernel(host.inventory, host.subjects)
    if kernel.release and not kernel.packaged and has_kernel(host.subjects):
        notes.append(f"the running kernel {kernel.release} is of no installed package and was not judged")
    if rejected:
        notes.append(f"{len(rejected)} rejected ids are left out: {', '.join(rejected[:_EXAMPLES])}")
    if host.malformed:
        lines = "1 line" if len(host.malformed) == 1 else f"{len(host.malformed)} lines"
        notes.append(f"left out of the facts file: {lines}, such as {host.malformed[0]}")
    return tuple(notes)
