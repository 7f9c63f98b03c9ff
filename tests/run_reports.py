"""Reports of runs, made up, for tests of their forms."""

from __future__ import annotations

from shindan.model.checked import Counts
from shindan.model.fleet import RuleCounts
from shindan.model.looked import FeedUsed, Looked
from shindan.model.report import (
    Affected,
    CheckedRule,
    Report,
    ReportExclusion,
    ReportFinding,
    ReportHost,
    ReportPackage,
    ReportType,
)
from shindan.model.stored_finding import SHOWN_SEVERITIES

CVE = "Common Vulnerabilities and Exposures"
ARN = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12"
_ABOUT = (
    "A missing check of a length lets whoever can send a packet to the service write behind the end of a buffer, "
    "which ends it and may run what the packet says. The flaw is in all versions since the parser was rewritten."
)


LOOKED = Looked(
    840, {"debian": 810, "osv": 12}, {"foreign-origin": 18},
    (FeedUsed("debian", "4f1c" * 16, "2026-11-24", "states"), FeedUsed("osv", "9b03" * 16, "2026-11-20", "fixed")),
)  # fmt: skip
RULES = (
    RuleCounts("cis", "debian-12", "1.9", "Updates are installed", Counts(0, 0, 0, 2, 0)),
    RuleCounts("cis", "debian-12", "1.10", "The boot loader wants a password", Counts(1, 1)),
    RuleCounts("cis", "debian-12", "5.1.20", "Root cannot log in over SSH", Counts(2, 0)),
    RuleCounts("cis", "debian-12", "5.1.21", "Idle sessions end", Counts(0, 0, 1, 0, 1)),
    RuleCounts("practices", "", "aslr", "Memory is laid out at random", Counts(1, 1)),
)
"""Counted on two hosts: 1.10 passed on one and failed on the other."""


def finding(number: int, on: int = 1, severity: str = "High", **more: object) -> ReportFinding:
    """One finding on some hosts."""
    id_ = f"CVE-2026-{number:04}"
    fields: dict[str, object] = {
        "package": CVE,
        "id": id_,
        "title": f"Instance i-{0:017x} is vulnerable to {id_}",
        "severity": severity,
        "description": f"{_ABOUT}\n\nThe installed package libssl3-0:3.0.{number} is affected; it is fixed in 3.0.99.",
        "recommendation": f"Bring libssl3 to 3.0.99 or newer (for example `apt-get install libssl3`). Reference: "
        f"[{id_}](https://www.cve.org/CVERecord?id={id_}).",
        "attributes": (("CVE_ID", id_), ("CVSS3_SCORE", "9.8"), ("CVSS3_VECTOR", "CVSS:3.1/AV:N/AC:L")),
        "user_attributes": (),
        "hosts": tuple(Affected(f"i-{host:017x}", f"libssl3-0:3.0.{number}") for host in range(on)),
        "component": "libssl3",
        "fixed": "3.0.99",
    }
    return ReportFinding(**{**fields, **more})  # type: ignore[arg-type]


def report(findings: int = 6, hosts: int = 3, type_: ReportType = "FULL", **more: object) -> Report:
    """A report of so many findings on up to so many hosts, with something of everything."""
    made = [finding(n, n % hosts + 1, SHOWN_SEVERITIES[min(n * 4 // max(1, findings), 3)]) for n in range(findings)]
    fields: dict[str, object] = {
        "type": type_,
        "arn": ARN,
        "name": "Run - weekly - 2026-11-24T12:00:00.000Z",
        "state": "COMPLETED_WITH_ERRORS",
        "template": "weekly",
        "target": "web",
        "duration": 3600,
        "started_at": 1_795_521_600_000,
        "completed_at": 1_795_525_200_000,
        "generated_at": 1_795_525_260_000,
        "attributes": (("team", "web"),),
        "packages": (ReportPackage(CVE, "1.1", "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p", 9),),
        "hosts": tuple(
            ReportHost(
                f"i-{n:017x}",
                f"web-{n}.example.org",
                "Debian GNU/Linux 12 (bookworm)",
                n != 1,
                3,
                (1, 1, 1, 0, 0),
                n == 2,
            )
            for n in range(hosts)
        ),
        "findings": tuple(made),
        "exclusions": (
            ReportExclusion("Agent not found", "Nothing was handed in.", "Install it.", (f"i-{1:017x}",), ()),
            ReportExclusion("Rules evaluation error", "It failed.", "Start again.", (), (CVE,)),
        ),
        "rules": RULES if type_ == "FULL" else (),
        "looked": LOOKED,
        "checked": (CheckedRule(CVE, "CVE-2026-0001", 2, 0), CheckedRule(CVE, "CVE-2025-0001", 0, 1)),
    }
    return Report(**{**fields, **more})  # type: ignore[arg-type]


def large(findings: int = 3000) -> Report:
    """A full report as a large run has it: so many rules that failed, and as many that were checked."""
    checked = tuple(
        CheckedRule(CVE, f"CVE-2026-{number:04}", number % 2, (number + 1) % 2) for number in range(findings)
    )
    return report(findings, 5, checked=checked)
