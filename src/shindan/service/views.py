"""What a person asked to see of a result; the result itself keeps everything."""

from __future__ import annotations

import dataclasses

from shindan.model.result import ScanResult
from shindan.model.severity import Severity, at_least


def filtered(result: ScanResult, least: Severity | None, *, only_fixed: bool) -> ScanResult:
    """The result with findings of severity `least` or worse, and only those with a fix if asked so."""
    shown = tuple(
        finding
        for finding in result.findings
        if (least is None or at_least(finding.severity, least)) and not (only_fixed and finding.fixed_version is None)
    )
    return dataclasses.replace(result, findings=shown)
