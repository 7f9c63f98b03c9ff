"""Decisions become findings: details of the advisories, enrichments by CVE id, severity, reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from shindan.model.advisory import Advisory, Enrichment, State
from shindan.model.result import FeedRef, Finding, Package, Reason
from shindan.model.severity import RANK
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.end_of_life import Support
from shindan.rules.cve.kernel import RunningKernel
from shindan.rules.cve.owned import Owners
from shindan.rules.cve.subject import Subject
from shindan.service.scores import leading, nvd_severity, severity
from shindan.store.advisories import AdvisoryReader, merge

_NOTHING = Enrichment("")


class FindingMaker:
    """Makes findings of one host; `rejected` counts ids that their CNA withdrew, whose findings are closed."""

    def __init__(
        self, reader: AdvisoryReader, feeds: Mapping[str, FeedRef], kernel: RunningKernel, owners: Owners
    ) -> None:
        self._reader = reader
        self._feeds = feeds
        self._kernel = kernel
        self._owners = owners
        self.rejected: list[str] = []

    def findings(self, decisions: Sequence[Decision]) -> list[Finding]:
        """One finding a decision, the worst first; ids that were rejected yield none."""
        return sorted((finding for _, finding in self.made(decisions)), key=_worst_first)

    def made(self, decisions: Sequence[Decision]) -> list[tuple[Decision, Finding]]:
        """Each decision with its finding, in order; those about ids that were rejected are left out."""
        details = self._reader.advisories({(r.generation, r.ref) for d in decisions for r in (d.row, *d.rows)})
        known = {
            id_: merge([enrichment for _, enrichment in several])
            for id_, several in self._reader.enrichments({d.lead for d in decisions}).items()
        }
        self.rejected = sorted({d.lead for d in decisions if known.get(d.lead, _NOTHING).rejected})
        return [
            (decision, self._finding(decision, details, known.get(decision.lead, _NOTHING)))
            for decision in decisions
            if not known.get(decision.lead, _NOTHING).rejected
        ]

    def _finding(self, decision: Decision, details: Mapping[tuple[str, int], Advisory], known: Enrichment) -> Finding:
        advisories = _speaking(decision, details)
        main = details[decision.row.generation, decision.row.ref]
        vectors = tuple(dict.fromkeys((*known.vectors, *(v for advisory in advisories for v in advisory.vectors))))
        cvss = leading(vectors)
        words = [decision.row.severity, *(row.severity for row in decision.rows), main.severity]
        shown, word = severity(words, cvss)
        inactive = self._kernel.inactive(decision.subject) or self._owners.covers(decision)
        return Finding(
            id=decision.lead,
            aliases=_aliases(decision.lead, advisories),
            package=package_of(decision.subject),
            fixed_version=decision.fix.fixed if decision.fix else None,
            state=_state(decision),
            vendor_state=decision.row.vendor_state,
            active=not inactive,
            inactive_reason=inactive,
            severity=shown,
            vendor_severity=word,
            nvd_severity=nvd_severity(vectors),
            cvss=cvss,
            vectors=vectors,
            epss=known.epss,
            kev=known.kev,
            advisories=tuple(dict.fromkeys(advisory.id for advisory in advisories)),
            title=main.title,
            description=main.description or known.description,
            references=tuple(dict.fromkeys((*main.references, *known.references)))[:10],
            reason=self._reason(decision),
            feed=self._feeds[decision.row.generation],
        )

    def _reason(self, decision: Decision) -> Reason:
        feed = self._feeds[decision.row.generation]
        return Reason(
            inventory=decision.subject.line,
            record=f"{decision.row.advisory} of {feed.name}, generation {feed.generation[:12]} ({feed.newest[:10]})",
            comparison=decision.comparison,
            notes=decision.notes,
        )


def package_of(subject: Subject) -> Package:
    """A subject as results show it: the versions as installed."""
    return Package(
        name=subject.name,
        version=subject.installed_version,
        type=subject.type,
        arch=subject.arch,
        source=subject.source,
        source_version=subject.source_version,
    )


def end_of_life_finding(platform: str, support: Support, since: datetime.date) -> Finding:
    """The finding about the host itself that its release is out of support."""
    after = f" {support.extended} goes on for those who have it." if support.extended else ""
    return Finding(
        id=f"END-OF-LIFE-{platform.replace(':', '-').upper()}",
        aliases=(),
        package=None,
        fixed_version=None,
        state="end_of_life",
        vendor_state=f"supported until {since.isoformat()}",
        active=True,
        inactive_reason="",
        severity="High",
        vendor_severity="",
        nvd_severity="Undefined",
        cvss=None,
        vectors=(),
        epss=None,
        kev=None,
        advisories=(),
        title=f"{support.name} is out of support since {since.isoformat()}",
        description="Security updates have ended, so new flaws in this release are neither fixed nor always"
        f" published: what is found here is frozen at that day. Upgrade to a supported release.{after}",
        references=(),
        reason=Reason(
            inventory=f"platform {platform}",
            record="table of support periods (the distributions' own, endoflife.date, distro-info-data)",
            comparison=f"today is after {since.isoformat()}",
            notes=(),
        ),
        feed=None,
    )


def _speaking(decision: Decision, details: Mapping[tuple[str, int], Advisory]) -> list[Advisory]:
    """The advisories behind a decision, the deciding one first."""
    rows = (decision.row, *(row for row in decision.rows if row != decision.row))
    return [details[row.generation, row.ref] for row in rows]


def _aliases(lead: str, advisories: Iterable[Advisory]) -> tuple[str, ...]:
    """Other ids of the very same flaw: not the ids that an advisory groups with it."""
    ids = (
        id_
        for advisory in advisories
        if len(advisory.leads) == 1
        for id_ in (advisory.id, *advisory.aliases)
        if id_ != lead
    )
    return tuple(dict.fromkeys(ids))


def _state(decision: Decision) -> State:
    """The normalised vendor state; a fix that another feed names makes it fixed."""
    if decision.fix is not None:
        return "fixed"
    return "affected" if decision.row.state == "fixed" else decision.row.state


def _worst_first(finding: Finding) -> tuple[object, ...]:
    return (
        not finding.active,
        finding.kev is None,
        RANK[finding.severity],
        -(finding.cvss.score if finding.cvss else 0.0),
        -(finding.epss.score if finding.epss else 0.0),
        finding.package.name if finding.package else "",
        finding.id,
    )
