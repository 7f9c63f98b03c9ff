"""A fleet as Markdown: figures, the flaws on most hosts, scores of rules, and what could not be judged in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from shindan.model.fleet import Fleet
from shindan.model.packages import package
from shindan.model.result import Finding
from shindan.model.severity import SEVERITIES, Severity
from shindan.render.look import Writer
from shindan.render.markdown_rules import ScoreRow, table
from shindan.render.markdown_text import plain
from shindan.render.run_report_rules import section_of, summed
from shindan.render.to_markdown import MOST
from shindan.render.words import counted

_MOST_GAPS = 20


class _Flaw(NamedTuple):
    severity: Severity
    id: str
    about: str
    fixed: str


class _Totals:
    """What is counted while the hosts go by."""

    def __init__(self) -> None:
        self.hosts = self.ignored = 0
        self.flaws: Counter[_Flaw] = Counter()
        self.gaps: Counter[tuple[str, str]] = Counter()
        self.unsure = 0

    def take(self, fleet: Fleet) -> None:
        """Reads all hosts."""
        for host in fleet.hosts():
            self.hosts += 1
            self.unsure += bool(host.result.ledger.gaps)
            self.gaps.update(host.result.ledger.gaps)
            for finding in host.result.findings:
                if finding.counts:
                    self.flaws[_flaw(finding)] += 1
                else:
                    self.ignored += 1


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`. Holds what differs, not what there is: a flaw of one package once."""
    totals = _Totals()
    totals.take(fleet)
    stream.write(f"## Shindan: {plain(fleet.name)}\n\n")
    _summary(totals, stream)
    _table(totals, stream)
    table(_scores(fleet), stream)
    _left(fleet, totals, stream)
    stream.write(f"\nshindan {plain(fleet.tool_version)}, {fleet.generated_at}\n")


def _flaw(finding: Finding) -> _Flaw:
    return _Flaw(
        finding.severity, finding.id, finding.package.name if finding.package else "", finding.fixed_version or ""
    )


def _summary(totals: _Totals, stream: Writer) -> None:
    number = totals.flaws.total()
    whole = f"{counted(totals.hosts, 'host')}, {totals.unsure:,} of them not judged in full"
    ignored = f"; {totals.ignored:,} ignored" if totals.ignored else ""
    stream.write(f"{counted(number, 'finding')} on {whole}{ignored}.\n\n")
    counts = {word: sum(n for flaw, n in totals.flaws.items() if flaw.severity == word) for word in SEVERITIES}
    shown = [word for word in SEVERITIES if counts[word]]
    if shown:
        stream.write(f"| {' | '.join(shown)} |\n|{' ---: |' * len(shown)}\n")
        stream.write(f"| {' | '.join(f'{counts[word]:,}' for word in shown)} |\n\n")


def _table(totals: _Totals, stream: Writer) -> None:
    if not totals.flaws:
        return
    ranked = sorted(totals.flaws.items(), key=lambda one: (SEVERITIES.index(one[0].severity), -one[1], one[0]))
    stream.write("| Finding | Severity | Package | Fixed in | Hosts |\n| --- | --- | --- | --- | ---: |\n")
    for flaw, number in ranked[:MOST]:
        cells = (plain(flaw.id), flaw.severity, plain(flaw.about), plain(flaw.fixed), f"{number:,}")
        stream.write(f"| {' | '.join(cells)} |\n")
    if len(ranked) > MOST:
        stream.write(f"\n… and {len(ranked) - MOST:,} more.\n")
    stream.write("\n")


def _scores(fleet: Fleet) -> Iterator[ScoreRow]:
    """Counted for each host."""
    for (name, benchmark), some in groupby(fleet.rules, key=lambda one: (one.package, one.benchmark)):
        rules = list(some)
        title = f"{package(name).title}: {benchmark}" if benchmark else package(name).title
        yield ScoreRow(title, "", summed(rules))
        for number, part in groupby(rules, key=section_of):
            if number:
                yield ScoreRow(title, number, summed(list(part)))


def _left(fleet: Fleet, totals: _Totals, stream: Writer) -> None:
    if not fleet.notes and not totals.gaps:
        return
    stream.write("**Not judged**\n\n")
    for note in fleet.notes:
        stream.write(f"- the whole run: {plain(note)}\n")
    for (about, reason), number in totals.gaps.most_common(_MOST_GAPS):
        stream.write(f"- {counted(number, 'host')}: {plain(about)}: {plain(reason)}\n")
    if len(totals.gaps) > _MOST_GAPS:
        stream.write(f"- … and {len(totals.gaps) - _MOST_GAPS:,} more reasons\n")
