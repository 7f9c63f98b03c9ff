"""The chart of severities: for each one bar, solid where an update is at hand and pale where none is.

Places across are shares of the chart's width, so bars grow with the page while letters keep their size.
"""

from __future__ import annotations

from dataclasses import dataclass

from shindan.model.severity import SEVERITIES, Severity
from shindan.render.summary import Summary

ROW_HEIGHT = 44
_LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. `top` is in pixels, `fixable_width` and `width` (of all findings) in per cent of the chart."""

    severity: Severity
    top: int
    findings: int
    fixable: int
    fixable_width: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the worst on, the height of all in pixels, and what they say in words for those who cannot see."""

    bars: tuple[Bar, ...]
    height: int
    words: str


def chart_of(summary: Summary) -> Chart:
    """The four severities that CVSS has are always there; the other two where they occur."""
    shown = [word for word in SEVERITIES if summary.by_severity[word] or word in SEVERITIES[:4]]
    most = max(summary.by_severity.values())
    bars = tuple(_bar(word, place * ROW_HEIGHT, summary, most) for place, word in enumerate(shown))
    said = (f"{bar.severity}: {bar.findings}, of them {bar.fixable} with a fix" for bar in bars)
    return Chart(bars, len(bars) * ROW_HEIGHT, "; ".join(said))


def _bar(word: Severity, top: int, summary: Summary, most: int) -> Bar:
    findings, fixable = summary.by_severity[word], summary.fixable_by_severity[word]
    return Bar(word, top, findings, fixable, _share(fixable, most), _share(findings, most))


def _share(number: int, most: int) -> float:
    """A single finding among thousands still shows."""
    return round(max(number * 100 / most, _LEAST_SHARE), 2) if number else 0.0
