"""A result as a CycloneDX 1.6 bill of materials with VEX (https://cyclonedx.org/docs/1.6/json/).

Every package of the host is a component, with findings or without; each flaw names the components it affects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shindan.model.advisory import Vector
from shindan.model.result import Finding, Package, ScanResult
from shindan.model.severity import Severity
from shindan.render.identity import clean, document_id
from shindan.render.look import Look, Writer
from shindan.render.purls import purl_of
from shindan.render.vex import Word, flaws, left_out, of_rules, word_of

_SEVERITIES: dict[Severity, str] = {
    "Critical": "critical",
    "High": "high",
    "Medium": "medium",
    "Low": "low",
    "Informational": "info",
    "Undefined": "unknown",
}
_STATES = {
    "affected": "exploitable",
    "fixed": "resolved",
    "not_affected": "not_affected",
    "under_investigation": "in_triage",
}
_METHODS = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
_SYSTEM = "os"

Json = dict[str, Any]


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    refs = refs_of(result)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{document_id(result, 'cyclonedx')}",
        "version": 1,
        "metadata": _metadata(result),
        "components": [
            *components_of(result, refs),
        ],
        "dependencies": [{"ref": "host", "dependsOn": [_SYSTEM, *refs.values()]}],
        "vulnerabilities": vulnerabilities_of(result, refs),
    }
    stream.write(json.dumps(document, indent=1) + "\n")


def refs_of(result: ScanResult, inside: str = "") -> dict[Package, str]:
    """Every package of a host with its `bom-ref`, which begins with `inside`."""
    packages = dict.fromkeys((*result.packages, *(f.package for f in result.findings if f.package)))
    return {package: inside + ref for package, ref in _refs(packages, result.host.platform)}


def components_of(result: ScanResult, refs: dict[Package, str], inside: str = "") -> Iterator[Json]:
    """The system of a host, and its packages."""
    yield _system(result) | {"bom-ref": f"{inside}{_SYSTEM}"}
    yield from (_component(package, ref, result.host.platform) for package, ref in refs.items())


def _refs(packages: dict[Package, None], platform: str) -> Iterator[tuple[Package, str]]:
    """Each package with a `bom-ref`: its purl, made unique where two packages share one."""
    used: dict[str, int] = {}
    for package in packages:
        purl = purl_of(package, platform)
        used[purl] = used.get(purl, 0) + 1
        yield package, purl if used[purl] == 1 else f"{purl}#{used[purl]}"


def _metadata(result: ScanResult) -> Json:
    notes = [f"not judged: {one.packages} packages, {one.text}" for one in result.ledger.not_judged]
    notes += [f"could not look: {collector}: {reason}" for collector, reason in result.ledger.gaps]
    notes += [f"stale: {feed.name}, {feed.newest[:10]}" for feed in result.ledger.stale]
    notes += [*result.ledger.notes, *filter(None, [left_out(of_rules(result))])]
    metadata: Json = {
        "timestamp": result.generated_at,
        "tools": {"components": [{"type": "application", "name": "shindan", "version": result.tool_version}]},
        "component": {"type": "device", "bom-ref": "host", "name": clean(result.host.hostname)},
    }
    if notes:
        metadata["properties"] = [{"name": "shindan:ledger", "value": clean(note)} for note in notes]
    return metadata


def _system(result: ScanResult) -> Json:
    id_, _, release = result.host.platform.partition(":")
    return {
        "type": "operating-system",
        "bom-ref": _SYSTEM,
        "name": clean(id_),
        "version": clean(release),
        "description": clean(result.host.name),
    }


def _component(package: Package, ref: str, platform: str) -> Json:
    properties = {"type": package.type, "source": package.source, "sourceVersion": package.source_version}
    return {
        "type": "library",
        "bom-ref": ref,
        "name": clean(package.name),
        "version": clean(package.version),
        "purl": purl_of(package, platform),
        "properties": [
            {"name": f"shindan:package:{name}", "value": clean(value)} for name, value in properties.items() if value
        ],
    }


def vulnerabilities_of(result: ScanResult, refs: dict[Package, str], inside: str = "") -> list[Json]:
    """One entry for each flaw and analysis; it affects packages that share both. `inside` begins every reference."""
    grouped: dict[tuple[str, Word], list[Finding]] = {}
    for finding in flaws(result):
        grouped.setdefault((finding.id, word_of(finding)), []).append(finding)
    return [
        _vulnerability(f"{inside}{id_}#{number}", word, findings, refs, inside)
        for number, ((id_, word), findings) in enumerate(grouped.items(), 1)
    ]


def _vulnerability(ref: str, word: Word, findings: list[Finding], refs: dict[Package, str], inside: str) -> Json:
    first = findings[0]
    affected = dict.fromkeys(refs[f.package] if f.package else f"{inside}{_SYSTEM}" for f in findings)
    entry: Json = {
        "bom-ref": clean(ref),
        "id": clean(first.id),
        "ratings": _ratings(first),
        "description": clean(first.description or first.title or first.id),
        "affects": [{"ref": one} for one in affected],
        "analysis": _analysis(first, word),
    }
    if word.action:
        entry["recommendation"] = clean(word.action)
    links = [{"url": clean(one)} for one in dict.fromkeys(first.references) if _is_address(one)]
    if links:
        entry["advisories"] = links
    if first.aliases:
        source = {"name": first.feed.name} if first.feed else {}
        entry["references"] = [{"id": clean(alias), "source": source} for alias in first.aliases]
    return entry


def _is_address(text: str) -> bool:
    """Whether the schema's `iri-reference` takes it; feeds carry texts with spaces too."""
    return text.startswith(("https://", "http://")) and not any(sign in text for sign in ' <>"{}|\\^`\n\t')


def _ratings(finding: Finding) -> list[Json]:
    """Ours first, which readers take for the one that counts; then every vector as it was given."""
    ratings: list[Json] = [{"source": {"name": "shindan"}, "severity": _SEVERITIES[finding.severity]}]
    return ratings + [_rating(vector) for vector in finding.vectors]


def _rating(vector: Vector) -> Json:
    return {
        "source": {"name": clean(vector.source)},
        "score": vector.score,
        "method": _METHODS.get(vector.version, "other"),
        "vector": clean(vector.vector),
    }


def _analysis(finding: Finding, word: Word) -> Json:
    detail = word.impact or finding.reason.comparison
    analysis: Json = {"state": _STATES[word.status], "detail": clean(detail)}
    if not finding.active and word.status == "not_affected":
        analysis["justification"] = "code_not_reachable"
    if word.status == "affected":
        # An accepted flaw stays as it is, whatever update there may be.
        if finding.ignored or finding.state in ("will_not_fix", "end_of_life", "deferred"):
            analysis["response"] = ["will_not_fix"]
        elif finding.fixed_version:
            analysis["response"] = ["update"]
        else:
            analysis["response"] = ["can_not_fix"]
    return analysis
