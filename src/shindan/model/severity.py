"""Severity words, their order, and how a CVSS score or a vendor's word becomes one.

The words are ours for every rules package; the Inspector Classic shapes later show Critical as High.
"""

from __future__ import annotations

from typing import Literal, get_args

Severity = Literal["Critical", "High", "Medium", "Low", "Informational", "Undefined"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Every word, the worst first; Undefined is last: nobody has said anything."""

RANK: dict[Severity, int] = {word: position for position, word in enumerate(SEVERITIES)}
"""Position of each word in `SEVERITIES`: a smaller rank is worse."""

_VENDOR_WORDS: dict[str, Severity] = {
    "critical": "Critical",
    "important": "High",
    "high": "High",
    "moderate": "Medium",
    "medium": "Medium",
    "low": "Low",
    "minor": "Low",
    "negligible": "Informational",
    "unimportant": "Informational",
    "informational": "Informational",
    "none": "Informational",
}


def from_score(score: float | None) -> Severity:
    """The qualitative rating of a CVSS base score (CVSS v3.1 section 5; v4.0 section 6); None is Undefined."""
    if score is None:
        return "Undefined"
    if score >= 9.0:
        return "Critical"
    if score >= 7.0:
        return "High"
    if score >= 4.0:
        return "Medium"
    return "Low" if score > 0.0 else "Informational"


def from_vendor(word: str) -> Severity:
    """Our word for a vendor's (`important`, `moderate`, `unimportant**` …); an unknown one is Undefined."""
    return _VENDOR_WORDS.get(word.strip().strip("*").lower(), "Undefined")


def parse(word: str) -> Severity:
    """A severity as a person types it, in any case. Raises ValueError that names the choices."""
    for severity in SEVERITIES:
        if severity.lower() == word.strip().lower():
            return severity
    raise ValueError(f"unknown severity {word!r}: choose one of {', '.join(SEVERITIES)}")


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether `severity` is as bad as `threshold` or worse; Undefined reaches only the threshold Undefined."""
    return RANK[severity] <= RANK[threshold]
