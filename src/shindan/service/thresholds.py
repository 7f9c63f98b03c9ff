"""When a scan fails: `high`, `kev`, `cvss>=9`, `epss>0.5`; several may be given, any of them suffices."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable

from shindan.model.result import Finding
from shindan.model.severity import at_least, parse

Threshold = Callable[[Finding], bool]

_NUMERIC = re.compile(r"^(cvss|epss)\s*(>=|>|=>)\s*(\d+(?:\.\d+)?)$", re.IGNORECASE)
_RANGE = {"cvss": 10.0, "epss": 1.0}


def parse_threshold(text: str) -> Threshold:
    """A threshold from what a person typed. Raises ValueError that names the forms."""
    word = text.strip()
    if word.lower() == "kev":
        return lambda finding: finding.kev is not None
    match = _NUMERIC.match(word)
    if match is not None:
        return _numeric(match[1].lower(), match[2], float(match[3]))
    try:
        severity = parse(word)
    except ValueError:
        raise ValueError(
            f"cannot read {text!r}: give a severity (critical, high, medium, low), kev, cvss>=N or epss>N"
        ) from None
    return lambda finding: at_least(finding.severity, severity)


def parse_thresholds(words: Iterable[str]) -> list[Threshold]:
    """One threshold a word. Raises ValueError as `parse_threshold` does."""
    return [parse_threshold(word) for word in words]


def met(thresholds: Iterable[Threshold], findings: Iterable[Finding]) -> list[Finding]:
    """Findings that count (active, not ignored) and reach any threshold."""
    checks = list(thresholds)
    return [finding for finding in findings if finding.counts and any(check(finding) for check in checks)]


def _numeric(field: str, sign: str, limit: float) -> Threshold:
    if limit > _RANGE[field]:
        raise ValueError(f"{field} goes from 0 to {_RANGE[field]:g}, not to {limit:g}")
    reaches = operator.gt if sign == ">" else operator.ge

    def check(finding: Finding) -> bool:
        if field == "cvss":
            return finding.cvss is not None and reaches(finding.cvss.score, limit)
        return finding.epss is not None and reaches(finding.epss.score, limit)

    return check
