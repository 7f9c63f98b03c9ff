"""A fleet as DefectDojo's "Generic Findings Import" in JSON: an object with `name`, `type` and `findings`.

Source: DefectDojo's documentation of that import, and the fields that its reader (`tools/generic`) allows. It refuses a
file with any other field, and endpoints that are no host names.
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import UTC, datetime
from typing import Any

from shindan.model.fleet import Fleet, FleetHost, Seen
from shindan.model.packages import package
from shindan.model.result import Finding
from shindan.model.severity import Severity
from shindan.render.identity import clean, fingerprint
from shindan.render.look import Writer
from shindan.render.words import harmless

_TITLE, _NAME, _VERSION, _SERVICE = 511, 500, 100, 200
_SEVERITIES: dict[Severity, str] = {
    "Critical": "Critical", "High": "High", "Medium": "Medium", "Low": "Low", "Informational": "Info",
    "Undefined": "Medium",
}  # fmt: skip
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
_VECTOR = re.compile(r"CVSS:3\.[01](?:/[A-Z]{1,3}:[A-Z]){8,}")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_TAG = re.compile(r"[^A-Za-z0-9_.:-]+")
Json = dict[str, Any]


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`."""
    notes = " ".join(("What no finding tells:", *fleet.notes)) if fleet.notes else ""
    head = {
        "name": f"Shindan: {_line(fleet.name, 200)}",
        "type": "Shindan",
        "version": fleet.tool_version,
        "description": _text(f"{fleet.arn} {notes}".strip()) or "Shindan",
        "static_tool": True,
        "dynamic_tool": False,
    }
    stream.write(f'{json.dumps(head)[:-1]},\n"findings": [')
    first = True
    for host in fleet.hosts():
        for finding, seen in zip(host.result.findings, host.seen, strict=True):
            stream.write("\n" if first else ",\n")
            stream.write(json.dumps(_finding(host, finding, seen)))
            first = False
    stream.write("\n]}\n")


def _finding(host: FleetHost, finding: Finding, seen: Seen) -> Json:
    name = _line(host.result.host.hostname, _SERVICE)
    about = f" in {finding.package.name} {finding.package.version}" if finding.package else ""
    title = f"{finding.id}{about}" if finding.rules_package == "cve" else finding.title or finding.id
    made: Json = {
        "title": _line(title, _TITLE) or "untitled",
        "severity": _SEVERITIES[finding.severity],
        "description": _text(f"{finding.description or finding.title or finding.id}\n\nHost: {name} ({host.id})"),
        "mitigation": _text(finding.remedy),
        "severity_justification": f"{finding.severity} ({package(finding.rules_package).title})",
        "references": _text("\n".join(finding.references)),
        "date": datetime.fromtimestamp(seen.first / 1000, UTC).date().isoformat(),
        "active": finding.counts,
        "verified": False,
        "risk_accepted": bool(finding.ignored),
        "static_finding": True,
        "dynamic_finding": False,
        "unique_id_from_tool": fingerprint(finding, host.id),
        "vuln_id_from_tool": _line(finding.id, _NAME),
        "service": name,
        "tags": [
            tag
            for key, value in host.tags
            if (tag := _TAG.sub("_", f"{key}:{value or ''}".strip(":"))[:100].strip("_"))
        ],
        "fix_available": finding.fixed_version is not None,
        **_of_package(finding),
        **_of_flaw(finding),
    }
    place = _endpoint(host.result.host.hostname)
    return {**made, "endpoints": [place]} if place else made


def _of_package(finding: Finding) -> Json:
    if finding.package is None:
        return {}
    made = {
        "component_name": _line(finding.package.name, _NAME),
        "component_version": _line(finding.package.version, _VERSION),
    }
    if finding.fixed_version:
        made["fix_version"] = _line(finding.fixed_version, _VERSION)
    return made


def _of_flaw(finding: Finding) -> Json:
    made: Json = {}
    if _CVE.fullmatch(finding.id):
        made["vulnerability_ids"] = [finding.id]
    if finding.cvss and _VECTOR.fullmatch(finding.cvss.vector):
        made |= {"cvssv3": finding.cvss.vector, "cvssv3_score": finding.cvss.score}
    if finding.kev:
        made["known_exploited"] = True
    return made


def _endpoint(name: str) -> str:
    """A host's name where the other side can read it as one; "" for anything else."""
    try:
        return f"[{name}]" if ipaddress.ip_address(name).version == 6 else name
    except ValueError:
        return name if _HOST.fullmatch(name) else ""


def _line(text: str, most: int) -> str:
    line = clean(harmless(text)).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _text(text: str) -> str:
    """Paragraphs; NUL, which its database refuses, and what drives terminals are made harmless."""
    return "\n".join(clean(harmless(line)) for line in text.split("\n"))
