"""The figures of a result that all forms show, counted in one place so that they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shindan.model.result import Finding, ScanResult
from shindan.model.severity import SEVERITIES, Severity

_STILL_JUDGED = "not-comparable"


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one result. `findings` are those that count; `inactive` and `ignored` ones do not.

    `rules` are those of rules, which no version mends; `fixable` are those with a fixed version, `kev` those of known
    exploited flaws, `packages_affected` the packages that have any. `packages_judged` of `packages` were judged by at
    least one feed.
    """

    findings: int
    inactive: int
    ignored: int
    by_severity: Mapping[Severity, int]
    fixable_by_severity: Mapping[Severity, int]
    rules: int
    fixable: int
    kev: int
    packages_affected: int
    packages: int
    packages_judged: int
    packages_not_judged: int
    stale_feeds: tuple[str, ...]
    end_of_life: str | None


def summary_of(result: ScanResult) -> Summary:
    """Count a result."""
    active = [finding for finding in result.findings if finding.counts]
    ledger = result.ledger
    # A package of which one advisory could not be compared was judged all the same, by the others.
    not_judged = sum(entry.packages for entry in ledger.not_judged if entry.reason != _STILL_JUDGED)
    return Summary(
        findings=len(active),
        inactive=sum(not finding.active for finding in result.findings),
        ignored=sum(finding.active and bool(finding.ignored) for finding in result.findings),
        by_severity=count(active),
        fixable_by_severity=count([finding for finding in active if finding.fixed_version]),
        rules=sum(finding.rules_package != "cve" for finding in active),
        fixable=sum(finding.fixed_version is not None for finding in active),
        kev=sum(finding.kev is not None for finding in active),
        packages_affected=len({finding.package for finding in active if finding.package}),
        packages=ledger.packages,
        packages_judged=max(0, ledger.packages - not_judged),
        packages_not_judged=not_judged,
        stale_feeds=tuple(feed.name for feed in ledger.stale),
        end_of_life=result.host.end_of_life,
    )


def count(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings of each severity, the worst first; every word has its number."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts
