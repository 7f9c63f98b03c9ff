"""Outcomes of host rules as the findings of a scan, and what became of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from shindan.model.checked import Counts, NotTold, Section
from shindan.model.outcome import Outcome, Verdict
from shindan.model.packages import PackageName
from shindan.model.result import Finding, Reason
from shindan.model.severity import SEVERITIES

_EXAMPLES = 5
_NOT_TOLD: tuple[Verdict, ...] = ("error", "unknown")


def findings_of(package: PackageName, outcomes: Iterable[Outcome], hostname: str) -> list[Finding]:
    """The failed ones as findings, the worst first, in a benchmark's order where there is one."""
    failed = [one for one in outcomes if one.verdict == "fail"]
    made = [_finding(package, one, hostname) for one in failed]
    return sorted(made, key=lambda finding: SEVERITIES.index(finding.severity))


def counts_of(outcomes: Iterable[Outcome]) -> Counts:
    """How many outcomes say what."""
    by_verdict = Counter(one.verdict for one in outcomes)
    not_told = sum(by_verdict[word] for word in _NOT_TOLD)
    return Counts(by_verdict["pass"], by_verdict["fail"], by_verdict["not_applicable"], by_verdict["manual"], not_told)


def sections_of(outcomes: Sequence[Outcome]) -> tuple[Section, ...]:
    """The sections of benchmarks by the first part of their numbers, in order; none where outcomes have none.

    Those of a second benchmark, a user's own, have its id before them.
    """
    grouped: dict[tuple[int, str, int], list[Outcome]] = {}
    benchmarks: dict[str, int] = {}
    for one in outcomes:
        for control in one.controls[:1]:
            id_, _, number = control.partition(" ")
            key = (benchmarks.setdefault(id_, len(benchmarks)), id_, int(number.partition(".")[0]))
            grouped.setdefault(key, []).append(one)
    return tuple(
        Section(f"{id_} {number}" if place else str(number), counts_of(some))
        for (place, id_, number), some in sorted(grouped.items())
    )


def not_told(outcomes: Iterable[Outcome]) -> tuple[NotTold, ...]:
    """What could not be told, by reason, what concerns most rules first."""
    grouped: dict[str, list[str]] = {}
    for one in outcomes:
        if one.verdict in _NOT_TOLD:
            grouped.setdefault(one.reason or "no reason given", []).append(one.rule.title)
    told = [NotTold(reason, len(titles), tuple(titles[:_EXAMPLES])) for reason, titles in grouped.items()]
    return tuple(sorted(told, key=lambda one: -one.rules))


def _finding(package: PackageName, outcome: Outcome, hostname: str) -> Finding:
    rule = outcome.rule
    return Finding(
        id=_id(outcome),
        aliases=(),
        package=None,
        fixed_version=None,
        state="failed",
        vendor_state="",
        active=True,
        inactive_reason="",
        severity=rule.severity,
        vendor_severity="",
        nvd_severity="Undefined",
        cvss=None,
        vectors=(),
        epss=None,
        kev=None,
        advisories=(),
        title=rule.flaw.replace("{agent}", hostname) or rule.title,
        description=rule.why,
        references=rule.references,
        reason=Reason(
            inventory="; ".join(_observed(outcome)),
            record=f"rule {rule.id}",
            comparison="; ".join(dict.fromkeys(f"wanted: {one.wanted}" for one in outcome.evidence if one.wanted)),
        ),
        feed=None,
        rules_package=package,
        controls=outcome.controls,
        evidence=outcome.evidence,
        remedy=rule.remedy,
    )


def _id(outcome: Outcome) -> str:
    """What a finding is called, in ignore files too: the number in a benchmark, or the rule, and what it is about."""
    name = outcome.controls[0].replace(" ", "/") if outcome.controls else outcome.rule.id
    return f"{name} {outcome.subject}" if outcome.subject else name


def _observed(outcome: Outcome) -> Iterator[str]:
    yield from dict.fromkeys(f"{one.subject}: {one.observed}" for one in outcome.evidence)
