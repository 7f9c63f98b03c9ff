"""What a person asked to see of a result; the result itself keeps everything."""

from __future__ import annotations

from shindan.model.result import Finding, ScanResult
from shindan.model.severity import Severity, at_least


def filtered(result: ScanResult, least: Severity | None, *, only_fixed: bool) -> ScanResult:
    """The result with findings of severity `least` or worse, and only those with a fix if asked so.

    What is not shown is counted in a note of the ledger: a short list must not look like all there is.
    """
    shown = tuple(
        finding
        for finding in result.findings
        if (least is None or at_least(finding.severity, least)) and not (only_fixed and _has_no_update(finding))
    )
    hidden = len(result.findings) - len(shown)
    if not hidden:
        return result
    asked = [f"of severity {least} or worse"] if least else []
    asked += ["with a fix"] if only_fixed else []
    note = f"{hidden:,} more findings are not shown: only those {' and '.join(asked)} were asked for"
    ledger = result.ledger._replace(notes=(*result.ledger.notes, note))
    return result._replace(findings=shown, ledger=ledger)


def _has_no_update(finding: Finding) -> bool:
    """Rules are mended by hand or by a script, never by waiting for an update: they are always shown."""
    return finding.rules_package == "cve" and finding.fixed_version is None
