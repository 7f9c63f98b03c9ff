"""A result as GitHub-flavoured Markdown (https://github.github.com/gfm/), short enough for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from shindan.model.result import Finding, ScanResult
from shindan.model.severity import SEVERITIES
from shindan.render.look import Look, Writer
from shindan.render.markdown_rules import ScoreRow, table
from shindan.render.markdown_text import plain
from shindan.render.words import KNOWS, age, counted, fixed_in, percent

MOST = 50
"""Findings that are listed; the rest is counted. GitHub refuses comments over 65,536 characters."""


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    counting = [finding for finding in result.findings if finding.counts]
    host = result.host
    stream.write(f"## Shindan: {plain(host.hostname)}, {plain(host.name or host.platform)}\n\n")
    if host.end_of_life:
        stream.write(f"**{plain(host.end_of_life)}**\n\n")
    _summary(counting, stream)
    _table(counting, stream)
    table(_scores(result), stream)
    _set_aside(result, stream)
    _ledger(result, stream)


def _summary(counting: list[Finding], stream: Writer) -> None:
    if not counting:
        stream.write("No findings.\n\n")
        return
    counts = {word: sum(finding.severity == word for finding in counting) for word in SEVERITIES}
    shown = [word for word in SEVERITIES if counts[word]]
    stream.write(f"| Findings | {' | '.join(shown)} | with a fix | exploited |\n")
    stream.write(f"| ---: |{' ---: |' * (len(shown) + 2)}\n")
    fixable = sum(finding.fixed_version is not None for finding in counting)
    exploited = sum(finding.kev is not None for finding in counting)
    cells = [len(counting), *(counts[word] for word in shown), fixable, exploited]
    stream.write(f"| {' | '.join(f'{number:,}' for number in cells)} |\n\n")


def _table(counting: list[Finding], stream: Writer) -> None:
    if not counting:
        return
    stream.write("| Flaw | Severity | Package | Installed | Fixed in | CVSS | EPSS |\n")
    stream.write("| --- | --- | --- | --- | --- | ---: | ---: |\n")
    for finding in counting[:MOST]:
        stream.write(f"| {' | '.join(_cells(finding))} |\n")
    stream.write("\n")
    if len(counting) > MOST:
        stream.write(f"… and {len(counting) - MOST:,} more.\n\n")


def _cells(finding: Finding) -> list[str]:
    package = finding.package
    return [
        plain(finding.id) + (" **exploited**" if finding.kev else ""),
        finding.severity,
        plain(package.name) if package else _about(finding),
        plain(package.version) if package else "",
        plain(fixed_in(finding)) if package else "",
        f"{finding.cvss.score:.1f}" if finding.cvss else "",
        percent(finding.epss.score) if finding.epss else "",
    ]


def _about(finding: Finding) -> str:
    """What a finding without a package is about: the host, or a rule and its number."""
    return "the system itself" if finding.rules_package == "cve" else plain(finding.title)


def _scores(result: ScanResult) -> Iterator[ScoreRow]:
    for one in result.checked:
        title = f"{one.title}: {one.benchmark}" if one.benchmark else one.title
        yield ScoreRow(title, "", one.counts)
        yield from (ScoreRow(title, section.number, section.counts) for section in one.sections)


def _set_aside(result: ScanResult, stream: Writer) -> None:
    """Findings that do not count, and why; grouped by reason."""
    reasons: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if not finding.counts:
            reasons.setdefault(finding.ignored or finding.inactive_reason, []).append(finding)
    if not reasons:
        return
    stream.write("**Not counted**\n\n")
    for reason, findings in reasons.items():
        names = ", ".join(dict.fromkeys(plain(finding.id) for finding in findings[:3]))
        more = " …" if len(findings) > 3 else ""
        word = "ignored" if findings[0].ignored else "not active"
        stream.write(f"- {counted(len(findings), 'finding')} {word} ({names}{more}): {plain(reason)}\n")
    stream.write("\n")


def _ledger(result: ScanResult, stream: Writer) -> None:
    ledger = result.ledger
    stream.write(f"<details><summary>What was judged: {counted(ledger.packages, 'package')}</summary>\n\n")
    for entry in ledger.judged:
        stale = ", **stale**" if entry.feed.stale else ""
        stream.write(
            f"- {counted(entry.packages, 'package')} by {plain(entry.feed.name)}"
            f" ({age(entry.feed)}{stale}; {KNOWS[entry.knows]})\n"
        )
    for one in result.checked:
        for told in one.not_told:
            number = counted(told.rules, "rule")
            stream.write(f"- {plain(one.title)}: **{number} could not be told**: {plain(told.reason)}\n")
        for note in one.notes:
            stream.write(f"- {plain(one.title)}: {plain(note)}\n")
    for gone in ledger.not_judged:
        stream.write(f"- **{counted(gone.packages, 'package')} not judged**: {plain(gone.text)}\n")
    for collector, reason in ledger.gaps:
        stream.write(f"- **could not look**: {plain(collector)}: {plain(reason)}\n")
    for note in ledger.notes:
        stream.write(f"- {plain(note)}\n")
    stream.write(f"\nshindan {plain(result.tool_version)}, {result.generated_at}\n\n</details>\n")
