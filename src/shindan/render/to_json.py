"""A result as JSON, schema `shindan-result/1`: docs/result.md tells every field, docs/result.schema.json checks it.

Written piece by piece, one finding a line: neither the text nor the object of a large result is ever whole in memory.
Keys stand in the order of the schema. The text is ASCII, so it survives any stream; lone surrogates, which JSON
(RFC 8259 section 8.2) leaves undefined, are replaced by `?`. New fields may come within a version of the schema;
a field that goes or changes its meaning makes a new version.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from shindan.model.checked import Checked, Counts
from shindan.model.outcome import Outcome
from shindan.model.result import FeedRef, Finding, JudgedBy, Ledger, ScanResult
from shindan.render.look import Look, Writer
from shindan.render.summary import Summary, summary_of

SCHEMA = "shindan-result/1"

Json = dict[str, Any]


def write(result: ScanResult, stream: Writer, look: Look) -> None:
    """See `Renderer`."""
    stream.write("{")
    for name, value in _head(result).items():
        stream.write(f"{_dumps(name)}: {_dumps(value)},\n")
    stream.write('"findings": [')
    for number, finding in enumerate(result.findings):
        stream.write(",\n" if number else "\n")
        stream.write(_dumps(finding_object(finding)))
    stream.write("\n],\n" if result.findings else "],\n")
    stream.write(f'"ledger": {_dumps(_ledger(result.ledger))},\n')
    stream.write(f'"rules": {_dumps([_checked(one) for one in result.checked])}')
    if look.full:
        _outcomes(result, stream)
    stream.write("}\n")


def _outcomes(result: ScanResult, stream: Writer) -> None:
    stream.write(',\n"outcomes": [')
    for number, (package, outcome) in enumerate(result.outcomes):
        stream.write(",\n" if number else "\n")
        stream.write(_dumps(_outcome(package, outcome)))
    stream.write("\n]" if result.outcomes else "]")


def finding_object(finding: Finding) -> Json:
    """One finding as JSON has it."""
    return {
        "rules_package": finding.rules_package,
        "id": finding.id,
        "aliases": finding.aliases,
        "package": _record(finding.package),
        "fixed_version": finding.fixed_version,
        "state": finding.state,
        "active": finding.active,
        "inactive_reason": finding.inactive_reason or None,
        "ignored": finding.ignored or None,
        "ignored_as": finding.ignored_as or None,
        "severity": finding.severity,
        "cvss": _record(finding.cvss),
        "epss": _record(finding.epss),
        "kev": _record(finding.kev),
        "advisories": finding.advisories,
        "reason": _record(finding.reason),
        "feed": _feed(finding.feed),
        "vendor_state": finding.vendor_state,
        "vendor_severity": finding.vendor_severity,
        "nvd_severity": finding.nvd_severity,
        "vectors": [_record(vector) for vector in finding.vectors],
        "title": finding.title,
        "description": finding.description,
        "references": finding.references,
        "controls": finding.controls,
        "evidence": [_record(one) for one in finding.evidence],
        "remedy": finding.remedy or None,
    }


def _outcome(package: str, outcome: Outcome) -> Json:
    rule = outcome.rule
    return {
        "rules_package": package,
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "verdict": outcome.verdict,
        "subject": outcome.subject or None,
        "reason": outcome.reason or None,
        "controls": outcome.controls,
        "evidence": [_record(one) for one in outcome.evidence],
    }


def _checked(one: Checked) -> Json:
    return {
        "rules_package": one.package,
        "title": one.title,
        "benchmark": one.benchmark or None,
        **_counts(one.counts),
        "sections": [{"number": section.number, **_counts(section.counts)} for section in one.sections],
        "not_told_because": [_record(told) for told in one.not_told],
        "notes": one.notes,
    }


def _counts(counts: Counts) -> Json:
    score = counts.score
    return {**counts._asdict(), "score": None if score is None else round(score, 4)}


def _head(result: ScanResult) -> Json:
    return {
        "schema": SCHEMA,
        "tool": {"name": "shindan", "version": result.tool_version},
        "generated_at": result.generated_at,
        "host": _record(result.host),
        "rules_packages": result.rules_packages,
        "summary": _summary(summary_of(result)),
    }


def _summary(summary: Summary) -> Json:
    return {
        "findings": summary.findings,
        "inactive": summary.inactive,
        "ignored": summary.ignored,
        "by_severity": summary.by_severity,
        "fixable": summary.fixable,
        "kev": summary.kev,
        "packages_affected": summary.packages_affected,
        "packages": summary.packages,
        "packages_judged": summary.packages_judged,
        "packages_not_judged": summary.packages_not_judged,
        "stale_feeds": summary.stale_feeds,
    }


def _ledger(ledger: Ledger) -> Json:
    return {
        "packages": ledger.packages,
        "judged": [_judged_by(entry) for entry in ledger.judged],
        "not_judged": [_record(entry) for entry in ledger.not_judged],
        "assumed_own": ledger.assumed_own,
        "gaps": [{"collector": collector, "reason": reason} for collector, reason in ledger.gaps],
        "stale": [_feed(feed) for feed in ledger.stale],
        "notes": ledger.notes,
    }


def _judged_by(entry: JudgedBy) -> Json:
    return {"feed": _feed(entry.feed), "packages": entry.packages, "knows": entry.knows, "notes": entry.notes}


def _feed(feed: FeedRef | None) -> Json | None:
    if feed is None:
        return None
    return {
        "name": feed.name,
        "generation": feed.generation,
        "age": _finite(feed.age_days),
        "newest": feed.newest,
        "stale": feed.stale,
    }


def _record(record: Any) -> Json | None:
    """A flat record of the model as an object: its fields, in its order. None stays null."""
    if record is None:
        return None
    if isinstance(record, tuple):
        return {name: _finite(value) for name, value in zip(record._fields, record, strict=True)}  # type: ignore[attr-defined]
    return {field.name: _finite(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN (RFC 8259 section 6); what a feed gave as such is unknown."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isascii():
        return text
    return json.dumps(json.loads(text.encode("utf-8", "replace")))
