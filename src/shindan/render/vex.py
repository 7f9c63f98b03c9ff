"""What a finding means in the words of VEX, which CycloneDX and OpenVEX share; one place, so that both agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shindan.model.result import Finding, ScanResult
from shindan.render.words import counted, fixed_in

_WHY = "left out: this form speaks of vulnerabilities alone"
LEFT_OUT = re.compile(rf"[0-9,]+ findings? of rules (?:is|are) {_WHY}")
"""What `left_out` says, as it stands in a file."""

Status = Literal["affected", "not_affected", "fixed", "under_investigation"]


@dataclass(frozen=True, slots=True)
class Word:
    """A status, why it is not affected (`impact`), or what to do about it (`action`)."""

    status: Status
    impact: str = ""
    action: str = ""


def flaws(result: ScanResult) -> Iterator[Finding]:
    """The findings that VEX speaks of: a rule that does not hold is no vulnerability, and `left_out` tells of it."""
    return (finding for finding in result.findings if finding.rules_package == "cve")


def of_rules(result: ScanResult) -> int:
    """How many findings are none that VEX speaks of."""
    return sum(finding.rules_package != "cve" for finding in result.findings)


def left_out(number: int) -> str:
    """That so many findings of rules are not in it; "" where there are none."""
    verb = "is" if number == 1 else "are"
    return f"{counted(number, 'finding')} of rules {verb} {_WHY}" if number else ""


def word_of(finding: Finding) -> Word:
    """A finding's VEX status. An ignore that only accepts the flaw leaves it affected: a claim is not invented."""
    if finding.ignored_as == "not_affected":
        return Word("not_affected", impact=finding.ignored)
    if finding.ignored_as == "fixed":
        return Word("fixed", impact=finding.ignored)
    if not finding.active:
        return Word("not_affected", impact=finding.inactive_reason)
    if finding.ignored:
        return Word("affected", action=f"Accepted: {finding.ignored}")
    if finding.state == "under_investigation":
        return Word("under_investigation")
    return Word("affected", action=_action(finding))


def _action(finding: Finding) -> str:
    if finding.package is None:
        return finding.description or "Upgrade to a supported release."
    if finding.fixed_version:
        return f"Update to {finding.fixed_version} or later."
    said = f" (the vendor says: {finding.vendor_state})" if finding.vendor_state else ""
    return f"No update mends it: {fixed_in(finding)}{said}."
