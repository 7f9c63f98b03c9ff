"""Which generations judged each package, and why the others could not be judged: the ground of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shindan.model.advisory import Coverage, Generation
from shindan.rules.base import Advisories
from shindan.rules.cve.families import LANGUAGES
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.origin import origin_of
from shindan.rules.cve.platforms import host_place
from shindan.rules.cve.subject import Subject
from shindan.versions import compare

WhyNot = Literal[
    "no-feed",
    "foreign-origin",
    "unsupported-release",
    "not-examined",
    "not-in-archive",
    "debug-symbols",
    "no-program",
    "",
]
"""Why a package was not judged; "" when it was."""

_OWN_LINEAGE = frozenset({"own", "unknown"})
_SYMBOLS = ("-debuginfo", "-debugsource")


@dataclass(frozen=True, slots=True)
class Judged:
    """One package's place in the ledger: the generations that judged it, or why none did.

    `assumed` marks a package of unknown origin that was judged as the distribution's own. `worth` says what the verdict
    is worth where only another OS's rows speak for it: `approximate (RHEL data)`.
    """

    subject: Subject
    generations: tuple[str, ...] = ()
    why_not: WhyNot = ""
    text: str = ""
    assumed: bool = False
    worth: str = ""


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
    ids = {platform: platform_id}
    return [_judge(subject, platform, ids, repositories, matcher, covered) for subject in subjects]


def _judge(
    subject: Subject,
    platform: str,
    ids: Mapping[str, str],
    repositories: Mapping[str, Mapping[str, Any]],
    matcher: Matcher,
    covered: Mapping[tuple[str, str, str], Coverage],
) -> Judged:
    idle = _idle(subject)
    if idle is not None:
        return idle
    key = matcher.platform_of(subject, platform)
    origin = origin_of(subject, ids.get(key) or key.partition(":")[0], repositories)
    if origin not in _OWN_LINEAGE:
        return Judged(subject, why_not="foreign-origin", text=f"not the distribution's own: {origin}")
    speaking = matcher.speaks_for(key)
    if not speaking:
        rebuilt = f", which {subject.installed_version} rebuilds" if subject.backport_of and key != platform else ""
        return Judged(subject, why_not="no-feed", text=f"no feed speaks for {key}{rebuilt}")
    assumed = origin == "unknown" and subject.type not in LANGUAGES
    return _by_the_able(subject, key, speaking, assumed, covered)


def _idle(subject: Subject) -> Judged | None:
    """The entry of a package in which nothing can run, or None.

    rpm keeps the public keys it trusts as packages called `gpg-pubkey`; apk's virtual packages, whose names begin with
    a dot, only group others.
    """
    if subject.type == "rpm" and subject.name.endswith(_SYMBOLS):
        text = "debugging symbols, which do not run: the package that they belong to is judged"
        return Judged(subject, why_not="debug-symbols", text=text)
    if subject.type == "rpm" and subject.name == "gpg-pubkey":
        return Judged(subject, why_not="no-program", text="a key that rpm trusts, not a program")
    if subject.type == "apk" and subject.name.startswith("."):
        return Judged(subject, why_not="no-program", text="a virtual package, which only groups others")
    return None


def _by_the_able(
    subject: Subject,
    platform: str,
    speaking: Sequence[Generation],
    assumed: bool,
    covered: Mapping[tuple[str, str, str], Coverage],
) -> Judged:
    """Judged by every generation that could look, or not at all, with the reason of the first that could not."""
    blind = [(generation, *_blind(generation, platform, subject, covered)) for generation in speaking]
    able = [generation for generation, why, _ in blind if not why]
    if not able:
        _, why, text = blind[0]
        return Judged(subject, why_not=why, text=text)
    own = any(platform in generation.platforms for generation in able)
    worth = "" if own else host_place(platform).worth
    return Judged(subject, tuple(generation.name for generation in able), assumed=assumed, worth=worth)


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
