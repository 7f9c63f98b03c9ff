"""Findings of the matcher as the API shows them: its texts, attributes and severities (specification, 5.2 and 6)."""

from __future__ import annotations

import datetime

from shindan.engine.judge import Flaw
from shindan.model.assessment import Pairs
from shindan.model.result import Finding, Package
from shindan.model.stored_finding import SHOWN_SEVERITIES, shown
from shindan.service.scores import leading
from shindan.store.rules import Rule

_LONGEST = 19_000
_UPDATERS = {"deb": "apt-get install --only-upgrade", "rpm": "dnf upgrade", "apk": "apk upgrade"}


def flaw_of(finding: Finding) -> Flaw:
    """The flaw that a finding is, on any host that has the package."""
    package = finding.package
    rule = Rule(
        "cve",
        finding.id,
        clean(_title(finding)),
        clean(_description(finding))[:_LONGEST],
        clean(_recommendation(finding)),
        _attributes(finding),
        component=clean(package.name) if package else "",
        fixed=clean(finding.fixed_version or ""),
        kind=package.type if package else "",
        kev=_day(finding.kev.due) if finding.kev else "",
    )
    severity = SHOWN_SEVERITIES.index(shown(finding.severity))
    if package is None:
        return Flaw(rule, severity)
    return Flaw(rule, severity, clean(package_name(package)), clean(package.name))


def package_name(package: Package) -> str:
    """The attribute `package_name`: name, epoch, version and release, as `wget-0:1.18-1.18.amzn1`."""
    epoch = "" if ":" in package.version else "0:"
    return f"{package.name}-{epoch}{package.version}"


def _title(finding: Finding) -> str:
    if finding.package is None:
        return f"Instance {{agent}}: {finding.title}"
    return f"Instance {{agent}} is vulnerable to {finding.id}"


def _description(finding: Finding) -> str:
    if finding.package is None:
        return finding.description
    about = finding.description or finding.title or f"{finding.id} affects a package of this host."
    fixed = f"it is fixed in {finding.fixed_version}" if finding.fixed_version else _without_fix(finding)
    source = finding.feed.name if finding.feed else "the advisories"
    return f"{about.strip()}\n\nThe installed package {{subject}} is affected; {fixed} (by {source})."


def _without_fix(finding: Finding) -> str:
    said = f": the vendor says {finding.vendor_state!r}" if finding.vendor_state else ""
    return f"no fix is known{said}"


def _recommendation(finding: Finding) -> str:
    package = finding.package
    if package is None:
        return "Upgrade the host to a release that receives security updates."
    link = finding.references[0] if finding.references else ""
    if finding.id.startswith("CVE-"):
        link = f"https://www.cve.org/CVERecord?id={finding.id}"
    reference = f" Reference: [{finding.id}]({link})." if link else ""
    if finding.fixed_version is None:
        return f"Remove {package.name} if it is not needed, or limit who can reach it, until a fix is out.{reference}"
    updater = _UPDATERS.get(package.type)
    example = f" (for example `{updater} {package.name}`)" if updater else ""
    return f"Bring {package.name} to {finding.fixed_version} or newer with its package manager{example}.{reference}"


def _attributes(finding: Finding) -> Pairs:
    """Those that are equal on all hosts; INSTANCE_ID and package_name are added when a finding is read."""
    if finding.package is None:
        return ()
    pairs = [("CVE_ID", finding.id)]
    for version in ("2", "3"):
        best = leading(vector for vector in finding.vectors if vector.version.startswith(version))
        if best is not None:
            pairs += [(f"CVSS{version}_SCORE", f"{best.score:.1f}"), (f"CVSS{version}_VECTOR", best.vector[:256])]
    return tuple(pairs)


def _day(text: str) -> str:
    """A day as ISO 8601 has it; "" for what is none."""
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def clean(text: str) -> str:
    """What both databases can hold: PostgreSQL takes no NUL, and half of a surrogate pair has no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
