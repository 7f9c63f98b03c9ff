"""Language packages that an OS package brought: where the distribution speaks for that package, its word counts.

A distribution mends `python3-lxml 4.6.5-3.el9` without moving the 4.6.5 that pip's metadata shows, so a language's
advisory would call it affected for ever. The finding is silenced, not dropped: it stays, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shindan.model.advisory import Generation
from shindan.rules.cve.context import Context
from shindan.rules.cve.coverage import Judged
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.families import LANGUAGES
from shindan.rules.cve.match import Matcher

_SAYS = {
    "affected": "has a finding of its own",
    "resolved": "is past the fix",
    "not_affected": "is not affected",
    "not_comparable": "cannot be compared",
}


class Owners:
    """The judged OS packages of one host, by name.

    `generations` are those in force: only one that lists unfixed flaws, too (`knows` is `states`), tells by its silence
    that an OS package is not affected.
    """

    def __init__(
        self,
        places: Iterable[Judged],
        generations: Iterable[Generation],
        matcher: Matcher,
        platform: str,
        context: Context,
    ) -> None:
        self._places: Mapping[str, Judged] = {
            place.subject.name: place for place in places if place.generations and place.subject.type not in LANGUAGES
        }
        self._telling = frozenset(generation.name for generation in generations if generation.knows == "states")
        self._matcher, self._platform, self._context = matcher, platform, context

    def covers(self, decision: Decision) -> str:
        """Why a finding about a language package does not count, or "" where it does.

        It counts where no OS package owns the files, where the owner is a third party's or no feed judged it, and where
        the feeds that did know fixes only and have no row about this id and the owner.
        """
        subject = decision.subject
        place = self._places.get(subject.owner) if subject.owner and subject.type in LANGUAGES else None
        if place is None:
            return ""
        owner = f"covered by OS package {place.subject.name} {place.subject.installed_version}"
        own = self._matcher.trace(place.subject, self._platform, decision.lead, self._context)
        if own is not None and own.verdict != "not_comparable":
            return f"{owner}, which {_SAYS[own.verdict]} ({own.row.generation}: {own.comparison})"
        telling = [name for name in place.generations if name in self._telling]
        return f"{owner}: {', '.join(telling)} lists no {decision.lead} for it" if telling else ""
