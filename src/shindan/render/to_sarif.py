"""A result as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanning services read it.

A rule is a flaw, a result is that flaw in one package. The ledger is told as notifications of the invocation, so
that a run that could not look at everything does not look clean.
"""

from __future__ import annotations

import json
from typing import Any

from shindan.model.advisory import Kev
from shindan.model.result import Finding, ScanResult
from shindan.model.severity import Severity
from shindan.render.identity import clean, fingerprint
from shindan.render.look import Look, Writer
from shindan.render.words import fixed_in

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: dict[Severity, str] = {
    "Critical": "error",
    "High": "error",
    "Medium": "warning",
    "Low": "note",
    "Informational": "note",
    "Undefined": "warning",
}
_SCORES: dict[Severity, float] = {
    "Critical": 9.5, "High": 8.0, "Medium": 5.5, "Low": 2.0, "Informational": 0.0, "Undefined": 5.0,
}  # fmt: skip
"""GitHub sorts by the property `security-severity`; these stand where nobody gave a score: the middle of the word."""

_PLACES = {
    "deb": "var/lib/dpkg/status",
    "rpm": "var/lib/rpm/rpmdb.sqlite",
    "apk": "lib/apk/db/installed",
}
"""Where the package is recorded, relative to the host's root: a result needs a file."""

_SYSTEM = "etc/os-release"


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run_of(result)]}
    stream.write(json.dumps(document, indent=1) + "\n")


def run_of(result: ScanResult) -> dict[str, Any]:
    """One host as a run of the log."""
    rules: dict[str, Finding] = {}
    for finding in result.findings:
        rules.setdefault(finding.id, finding)
    numbers = {id_: number for number, id_ in enumerate(rules)}
    suppressing = any(finding.ignored for finding in result.findings)
    return {
        "tool": {"driver": _driver(result, list(rules.values()))},
        "invocations": [_invocation(result)],
        "automationDetails": {"id": clean(f"shindan/{result.host.platform}/{result.host.hostname}/")},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the root folder of the host"}}},
        "results": [
            _result(finding, numbers[finding.id], result.host.hostname, suppressing) for finding in result.findings
        ],
    }


def _driver(result: ScanResult, findings: list[Finding]) -> dict[str, Any]:
    return {
        "name": "Shindan",
        "version": result.tool_version,
        "informationUri": "https://github.com/shindan/shindan",
        "rules": [_rule(finding) for finding in findings],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    title = clean(finding.title or finding.id)
    score = finding.cvss.score if finding.cvss else _SCORES[finding.severity]
    sort = "vulnerability" if finding.rules_package == "cve" else "configuration"
    rule: dict[str, Any] = {
        "id": clean(finding.id),
        "name": clean(finding.id),
        "shortDescription": {"text": title},
        "fullDescription": {"text": clean(finding.description or title)[:1000]},
        "help": {"text": _help(finding, "{}"), "markdown": _help(finding, "[{0}]({0})")},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", sort, *(["known-exploited"] if finding.kev else [])],
            "security-severity": f"{score:.1f}",
            "precision": "very-high",
        },
    }
    link = _address(finding)
    return {**rule, "helpUri": link} if link else rule


def _help(finding: Finding, link: str) -> str:
    """What to know and do; the same words as text and as Markdown but for the links."""
    cvss = f"CVSS {finding.cvss.version}: {finding.cvss.score:.1f} ({finding.cvss.vector})" if finding.cvss else ""
    kev = _exploited(finding.kev) if finding.kev else ""
    lines = [finding.description or finding.title or finding.id, f"Severity: {finding.severity}", cvss, kev]
    lines += [finding.remedy] if finding.remedy else []
    lines += [link.format(address) for address in finding.references[:5]]
    return clean("\n\n".join(line for line in lines if line))


def _exploited(kev: Kev) -> str:
    return f"Known to be exploited{f' since {kev.added}' if kev.added else ''} (CISA KEV)."


def _address(finding: Finding) -> str:
    return next((clean(one) for one in finding.references if one.startswith(("https://", "http://"))), "")


def _result(finding: Finding, rule: int, host: str, suppressing: bool) -> dict[str, Any]:
    package = finding.package
    entry: dict[str, Any] = {
        "ruleId": clean(finding.id),
        "ruleIndex": rule,
        # Section 3.27.10: what is no failure has no level.
        "kind": "fail" if finding.active else "informational",
        "level": _LEVELS[finding.severity] if finding.active else "none",
        "message": {"text": clean(_message(finding))},
        "locations": [_location(finding)],
        "partialFingerprints": {"shindanFinding/v1": fingerprint(finding, host)},
        "properties": {
            "severity": finding.severity,
            "state": finding.state,
            "installedVersion": clean(package.version) if package else None,
            "fixedVersion": finding.fixed_version,
            "advisories": [clean(advisory) for advisory in finding.advisories],
            "comparison": clean(finding.reason.comparison),
        },
    }
    if suppressing:
        # Section 3.27.23: once any result has the property, those without a suppression have an empty one.
        entry["suppressions"] = [_suppression(finding)] if finding.ignored else []
    return entry


def _message(finding: Finding) -> str:
    package = finding.package
    if package is None:
        observed = f". {finding.reason.inventory}" if finding.rules_package != "cve" else ""
        return f"{finding.id}: {finding.title}{observed}"
    inactive = f" Not counted: {finding.inactive_reason}." if finding.inactive_reason else ""
    return (
        f"{finding.id} ({finding.severity}) in {package.name} {package.version}: {fixed_in(finding)}."
        f" {finding.reason.comparison}{inactive}"
    )


def _location(finding: Finding) -> dict[str, Any]:
    package = finding.package
    place = _PLACES.get(package.type, _SYSTEM) if package else _SYSTEM
    name = f"{package.name}@{package.version}" if package else "os"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": place, "uriBaseId": "ROOT"},
            # Services show nothing without a line; packages have none.
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"name": clean(name), "kind": "package" if package else "module"}],
    }


def _suppression(finding: Finding) -> dict[str, str]:
    return {"kind": "external", "status": "accepted", "justification": clean(finding.ignored)}


def _invocation(result: ScanResult) -> dict[str, Any]:
    return {
        "executionSuccessful": True,
        "endTimeUtc": result.generated_at,
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": clean(text)}} for level, text in _notices(result)
        ],
    }


def _notices(result: ScanResult) -> list[tuple[str, str]]:
    ledger = result.ledger
    lines = [("note", f"{entry.packages} packages were judged by {entry.feed.name}") for entry in ledger.judged]
    lines += [("warning", f"{one.packages} packages were not judged: {one.text}") for one in ledger.not_judged]
    lines += [
        ("warning", f"{one.title}: {told.rules} rules could not be told: {told.reason}")
        for one in result.checked
        for told in one.not_told
    ]
    lines += [("warning", f"could not look: {collector}: {reason}") for collector, reason in ledger.gaps]
    lines += [("warning", f"stale: {feed.name}, newest record {feed.newest[:10]}") for feed in ledger.stale]
    return lines + [("note", note) for note in ledger.notes]
