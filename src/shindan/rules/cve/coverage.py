"""Which generations judged each package, and why the others could not be judged: the ground of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shindan.model.advisory import Coverage, Generation
from shindan.rules.base import Advisories
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.origin import Origin, origin_of
from shindan.rules.cve.subject import Subject
from shindan.versions import compare

WhyNot = Literal["no-feed", "foreign-origin", "unsupported-release", "not-examined", "not-in-archive", ""]
"""Why a package was not judged; "" when it was."""

_OWN_LINEAGE = frozenset({"own", "unknown"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One package's place in the ledger: the generations that judged it, or why none did.

    `assumed` marks a package of unknown origin that was judged as the distribution's own.
    """

    subject: Subject
    generations: tuple[str, ...] = ()
    why_not: WhyNot = ""
    text: str = ""
    assumed: bool = False


def judged(
    subjects: Sequence[Subject],
    platform: str,
    platform_id: str,
    repositories: Mapping[str, Mapping[str, Any]],
    matcher: Matcher,
    advisories: Advisories,
) -> list[Judged]:
    """One entry for each package, in order."""
    covered = _coverages(subjects, platform, matcher, advisories)
    return [
        _judge(subject, platform, origin_of(subject, platform_id, repositories), matcher, covered)
        for subject in subjects
    ]


def _judge(
    subject: Subject,
    platform: str,
    origin: Origin,
    matcher: Matcher,
    covered: Mapping[tuple[str, str, str], Coverage],
) -> Judged:
    if origin not in _OWN_LINEAGE:
        return Judged(subject, why_not="foreign-origin", text=f"not the distribution's own: {origin}")
    key = matcher.platform_of(subject, platform)
    speaking = matcher.speaks_for(key)
    assumed = origin == "unknown"
    if not speaking:
        text = f"no feed speaks for {key}" + (
            f", which {subject.installed_version} rebuilds" if key != platform else ""
        )
        return Judged(subject, why_not="no-feed", text=text)
    blind: list[tuple[WhyNot, str]] = []
    able: list[str] = []
    for generation in speaking:
        why, text = _blind(generation, key, subject, covered)
        if why:
            blind.append((why, text))
        else:
            able.append(generation.name)
    if able:
        return Judged(subject, tuple(able), assumed=assumed)
    why, text = blind[0]
    return Judged(subject, why_not=why, text=text)


def _blind(
    generation: Generation, platform: str, subject: Subject, covered: Mapping[tuple[str, str, str], Coverage]
) -> tuple[WhyNot, str]:
    """Why a generation that covers the platform says nothing of this package; only `archive` tells its reach."""
    if generation.feed != "archive":
        return "", ""
    coverage = covered.get((platform, generation.name, subject.source))
    if coverage is None:
        return "not-in-archive", "the configured package archives do not offer its source"
    if coverage.examined:
        return "", ""
    order = compare(subject.type, subject.source_version, coverage.newest)
    if order is None or order < 0:
        return "not-examined", f"the archive has {coverage.newest}, whose changelog was not read"
    return "", ""


def _coverages(
    subjects: Iterable[Subject], platform: str, matcher: Matcher, advisories: Advisories
) -> dict[tuple[str, str, str], Coverage]:
    by_platform: dict[str, set[str]] = {}
    for subject in subjects:
        by_platform.setdefault(matcher.platform_of(subject, platform), set()).add(subject.source)
    return {
        (key, generation, source): coverage
        for key, sources in by_platform.items()
        if any(generation.feed == "archive" for generation in matcher.speaks_for(key))
        for (generation, source), coverage in advisories.coverage(key, sources).items()
    }
