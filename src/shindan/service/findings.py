"""Decisions become findings: details of the advisories, enrichments by CVE id, severity, reason."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from shindan.model.advisory import Advisory, Enrichment, State, Vector
from shindan.model.result import Cvss, FeedRef, Finding, Package, Reason
from shindan.model.severity import RANK, Severity
from shindan.rules.cve.decide import Decision
from shindan.rules.cve.end_of_life import Support
from shindan.rules.cve.kernel import RunningKernel
from shindan.rules.cve.owned import Owners
from shindan.rules.cve.subject import Subject
from shindan.service.scores import leading, nvd_severity, severity
from shindan.store.merge import merge
from shindan.store.reader import AdvisoryReader

T = TypeVar("T")

_NOTHING = Enrichment("")


class _Said(NamedTuple):
    """What the rows behind a decision say: the same for every package that they hit."""

    aliases: tuple[str, ...]
    severity: Severity
    vendor_severity: str
    nvd_severity: Severity
    cvss: Cvss | None
    vectors: tuple[Vector, ...]
    advisories: tuple[str, ...]
    title: str
    description: str
    references: tuple[str, ...]
    record: str


class _Has(NamedTuple):
    """One installed package, as all its findings show it; and why they do not count, or ""."""

    package: Package
    line: str
    inactive: str


class _Once(Generic[T]):
    """Something about decisions that many share, worked out once for each key."""

    def __init__(self, work: Callable[[Decision], T]) -> None:
        self._work = work
        self._known: dict[object, T] = {}

    def of(self, key: object, decision: Decision) -> T:
        """What is known for the key, or is found out from this decision."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._work(decision)
        return found


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
        self.rejected = sorted(id_ for id_, enrichment in known.items() if enrichment.rejected)
        said = _Once(lambda decision: self._said(decision, details, known.get(decision.lead, _NOTHING)))
        has = _Once(lambda decision: self._has(decision.subject))
        made = []
        for decision in decisions:
            enrichment = known.get(decision.lead, _NOTHING)
            if not enrichment.rejected:
                # A package has many flaws, and a source many packages. Rows and subjects live as long as the decisions
                # do, so which one it is tells enough: to compare their many fields would cost what is to be saved.
                rows = (decision.lead, id(decision.row), *map(id, decision.rows))
                package = has.of(id(decision.subject), decision)
                made.append((decision, self._finding(decision, package, said.of(rows, decision), enrichment)))
        return made

    def _has(self, subject: Subject) -> _Has:
        return _Has(package_of(subject), subject.line, self._kernel.inactive(subject))

    def _finding(self, decision: Decision, has: _Has, said: _Said, known: Enrichment) -> Finding:
        inactive = has.inactive or self._owners.covers(decision)
        return Finding(
            id=decision.lead,
            aliases=said.aliases,
            package=has.package,
            fixed_version=decision.fix.fixed if decision.fix else None,
            state=_state(decision),
            vendor_state=decision.row.vendor_state,
            active=not inactive,
            inactive_reason=inactive,
            severity=said.severity,
            vendor_severity=said.vendor_severity,
            nvd_severity=said.nvd_severity,
            cvss=said.cvss,
            vectors=said.vectors,
            epss=known.epss,
            kev=known.kev,
            advisories=said.advisories,
            title=said.title,
            description=said.description,
            references=said.references,
            reason=Reason(has.line, said.record, decision.comparison, decision.notes),
            feed=self._feeds[decision.row.generation],
        )

    def _said(self, decision: Decision, details: Mapping[tuple[str, int], Advisory], known: Enrichment) -> _Said:
        advisories = _speaking(decision, details)
        main = details[decision.row.generation, decision.row.ref]
        vectors = tuple(dict.fromkeys([*known.vectors, *[v for advisory in advisories for v in advisory.vectors]]))
        cvss = leading(vectors)
        words = [decision.row.severity, *[row.severity for row in decision.rows], main.severity]
        shown, word = severity(words, cvss)
        feed = self._feeds[decision.row.generation]
        return _Said(
            aliases=_aliases(decision.lead, advisories),
            severity=shown,
            vendor_severity=word,
            nvd_severity=nvd_severity(vectors),
            cvss=cvss,
            vectors=vectors,
            advisories=tuple(dict.fromkeys([advisory.id for advisory in advisories])),
            title=main.title,
            description=main.description or known.description,
            references=tuple(dict.fromkeys((*main.references, *known.references)))[:10],
            record=f"{decision.row.advisory} of {feed.name}, generation {feed.generation[:12]} ({feed.newest[:10]})",
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
    rows = [decision.row, *[row for row in decision.rows if row != decision.row]]
    return [details[row.generation, row.ref] for row in rows]


def _aliases(lead: str, advisories: Iterable[Advisory]) -> tuple[str, ...]:
    """Other ids of the very same flaw: not the ids that an advisory groups with it."""
    ids = dict.fromkeys(
        [id_ for advisory in advisories if len(advisory.leads) == 1 for id_ in (advisory.id, *advisory.aliases)]
    )
    ids.pop(lead, None)
    return tuple(ids)


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
