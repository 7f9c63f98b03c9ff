"""The charts of a run's report, worked out before page and paper: rows of bars whose parts are severities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shindan.model.report import Report
from shindan.model.stored_finding import SHOWN_SEVERITIES, ShownSeverity
from shindan.render.run_report_words import Tongue, labels, severities

_ROWS = 8
_LEAST = 0.6


class Part(NamedTuple):
    """A part of a bar; `start` and `width` are in hundredths of the chart's."""

    severity: ShownSeverity
    start: float
    width: float


class Row(NamedTuple):
    """One bar: what it is about, how many, and its parts."""

    label: str
    number: str
    parts: tuple[Part, ...]


class Chart(NamedTuple):
    """Some bars, the longest first but for severities; `words` says the same for those who cannot see."""

    title: str
    rows: tuple[Row, ...]
    words: str


def charts_of(report: Report, tongue: Tongue) -> tuple[Chart, ...]:
    """Severities, hosts, rules packages, and updates: those that have something to show."""
    label, word = labels(tongue), severities(tongue)
    by_severity = {word[name]: Counter({name: number}) for name, number in _severities(report).items() if number}
    made = (
        _chart(label["by_severity"], by_severity, tongue, keep=True),
        _chart(label["by_host"], _hosts(report), tongue),
        _chart(label["by_package"], _packages(report, tongue), tongue),
        _chart(label["by_fix"], _fixes(report), tongue),
    )
    return tuple(chart for chart in made if chart.rows)


def _severities(report: Report) -> Mapping[ShownSeverity, int]:
    counts = Counter[ShownSeverity]()
    for one in report.findings:
        counts[one.severity] += max(1, len(one.hosts))
    return {name: counts[name] for name in SHOWN_SEVERITIES}


def _hosts(report: Report) -> dict[str, Counter[ShownSeverity]]:
    return {
        (host.hostname and f"{host.hostname} ({host.id})") or host.id: Counter(
            dict(zip(SHOWN_SEVERITIES, host.severities, strict=False))
        )
        for host in sorted(report.hosts, key=lambda host: -host.findings)[:_ROWS]
        if host.findings and host.severities
    }


def _packages(report: Report, tongue: Tongue) -> dict[str, Counter[ShownSeverity]]:
    found: dict[str, Counter[ShownSeverity]] = {}
    for one in report.findings:
        found.setdefault(tongue.text(one.package), Counter())[one.severity] += max(1, len(one.hosts))
    return found


def _fixes(report: Report) -> dict[str, Counter[ShownSeverity]]:
    """By package: bringing it to its newest version mends all of them."""
    found: dict[str, Counter[ShownSeverity]] = {}
    for one in report.findings:
        if one.component and one.fixed:
            found.setdefault(one.component, Counter())[one.severity] += len(one.hosts)
    return found


def _chart(title: str, bars: Mapping[str, Counter[ShownSeverity]], tongue: Tongue, *, keep: bool = False) -> Chart:
    ranked: Iterable[tuple[str, Counter[ShownSeverity]]] = bars.items()
    if not keep:
        ranked = sorted(ranked, key=lambda one: (-one[1].total(), one[0]))[:_ROWS]
    shown = list(ranked)
    most = max((counts.total() for _, counts in shown), default=0)
    rows = tuple(_row(label, counts, most, tongue) for label, counts in shown)
    return Chart(title, rows, "; ".join(f"{row.label}: {row.number}" for row in rows))


def _row(label: str, counts: Counter[ShownSeverity], most: int, tongue: Tongue) -> Row:
    return Row(
        label, tongue.number(counts.total()), tuple(_parts([(name, counts[name]) for name in SHOWN_SEVERITIES], most))
    )


def _parts(counts: Sequence[tuple[ShownSeverity, int]], most: int) -> Iterable[Part]:
    """A single finding among thousands still shows."""
    start = 0.0
    for name, number in counts:
        if number:
            width = min(max(number * 100 / most, _LEAST), 100 - start)
            yield Part(name, round(start, 2), round(width, 2))
            start += width
