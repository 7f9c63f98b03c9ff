"""The head of the table, its one-line summary with a bar, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from shindan.model.result import ScanResult
from shindan.model.severity import SEVERITIES, Severity
from shindan.render.summary import Summary, summary_of
from shindan.render.table_page import PAINT, SHADE, TablePage
from shindan.render.updates import Command, Update, commands_of, updates_of, whole_upgrade
from shindan.render.words import counted

_BAR_MOST, _BAR_LEAST = 40, 10
_NAMES_SHOWN = 30


def head(page: TablePage, result: ScanResult) -> None:
    """Which host, and what matters more than any finding: that its release gets no updates any more."""
    host = result.host
    about = [host.name or host.platform, host.arch, f"kernel {host.kernel}" if host.kernel else ""]
    page.line()
    page.flow([(host.hostname, "bold"), *((word, "") for word in about if word)], between="  ")
    if host.end_of_life:
        page.line()
        page.paragraph(host.end_of_life, "bold bright_red", indent=15, first="▲ END OF LIFE  ")
        for finding in result.findings:
            if finding.package is None and finding.state == "end_of_life":
                page.paragraph(finding.description, indent=15)


def summary(page: TablePage, result: ScanResult) -> None:
    """The count, a bar and the severities; never a zero without how many packages were judged."""
    counts = summary_of(result)
    page.rule()
    if not counts.findings:
        page.line((f"0 findings in {_judged(result, counts)}", "bold green"))
    else:
        _findings_line(page, counts)
        marks = (
            []
            if "cve" not in result.rules_packages
            else [
                (f"{counts.kev:,} known to be exploited", "bold bright_magenta" if counts.kev else ""),
                (f"{counts.fixable:,} with a fix", "green" if counts.fixable else ""),
                (f"{counts.findings - counts.rules - counts.fixable:,} without a fix", ""),
                (f"in {counted(counts.packages_affected, 'package')}", ""),
                *([(f"{counts.rules:,} of rules", "")] if counts.rules else []),
            ]
        )
        if marks:
            page.flow(marks, between=" · ")
    if "cve" in result.rules_packages:
        _reach_line(page, counts)
    else:
        page.line(("known flaws were not looked for: --package cve", "yellow"))


def _judged(result: ScanResult, counts: Summary) -> str:
    """What stands behind a zero."""
    told = [counted(counts.packages_judged, "judged package")] if "cve" in result.rules_packages else []
    judged = sum(one.counts.passed + one.counts.failed for one in result.checked)
    return " and ".join([*told, *([counted(judged, "judged rule")] if result.checked else [])])


def _findings_line(page: TablePage, counts: Summary) -> None:
    total = counted(counts.findings, "finding")
    present = [word for word in SEVERITIES if counts.by_severity[word]]
    legend = [(f"{_mark(page, word)} {counts.by_severity[word]:,} {word}", PAINT[word]) for word in present]
    taken = cell_len(total) + sum(2 + cell_len(text) for text, _ in legend) + 2
    room = min(page.width - taken, _BAR_MOST)
    if room >= _BAR_LEAST:
        words = [piece for entry in legend for piece in (("  ", ""), entry)]
        page.line((total, "bold"), ("  ", ""), *_bar(page, counts, room), *words)
    else:
        page.line((total, "bold"), ("  ", ""), *_bar(page, counts, page.width - cell_len(total) - 2))
        page.flow(legend, between="  ")


def _mark(page: TablePage, word: Severity) -> str:
    """Where colours tell severities apart the marks are all solid."""
    return SHADE["Critical"] if page.look.colour else SHADE[word]


def _bar(page: TablePage, counts: Summary, width: int) -> list[tuple[str, str]]:
    """Shares of the width by severity; each that occurs has at least one mark."""
    shares = bar_shares([counts.by_severity[word] for word in SEVERITIES], width)
    return [(_mark(page, word) * share, PAINT[word]) for word, share in zip(SEVERITIES, shares, strict=True)]


def bar_shares(numbers: Sequence[int], width: int) -> list[int]:
    """Whole shares of `width` in proportion to `numbers`: none of a number is lost, and the sum is the width.

    `width` is at least the count of numbers above zero.
    """
    total = sum(numbers)
    if not total:
        return [0] * len(numbers)
    exact = [number * width / total for number in numbers]
    shares = [max(1, int(share)) if share else 0 for share in exact]
    # The largest remainder method: whoever is furthest below its exact share gets the next mark.
    while sum(shares) < width:
        shares[max(range(len(shares)), key=lambda place: exact[place] - shares[place])] += 1
    while sum(shares) > width:
        shares[max(range(len(shares)), key=lambda place: (shares[place] > 1, shares[place] - exact[place]))] -= 1
    return shares


def _reach_line(page: TablePage, counts: Summary) -> None:
    marks = [(f"{counts.packages_judged:,} of {counted(counts.packages, 'package')} judged", "")]
    if counts.packages_not_judged:
        marks.append((f"{counts.packages_not_judged:,} not judged", "yellow"))
    if counts.inactive:
        marks.append((f"{counts.inactive:,} inactive, not counted", ""))
    if counts.ignored:
        marks.append((f"{counts.ignored:,} ignored, not counted", ""))
    if counts.stale_feeds:
        marks.append((f"stale: {', '.join(counts.stale_feeds)}", "bold yellow"))
    page.flow(marks, between=" · ")


def updates(page: TablePage, result: ScanResult) -> None:
    """Which packages to update, and the command that does it: all of them, or the worst of very many."""
    made = updates_of(result.findings)
    if not made:
        return
    many = page.look.limit is not None and len(made) > _NAMES_SHOWN
    shown = made[:_NAMES_SHOWN] if many else made
    page.line()
    page.line((_promise(shown, many=many), "bold"))
    for command in commands_of(shown, result.host):
        _command(page, command)
    if many:
        page.line((_promise(made, many=False), "bold"))
        _command(page, Command(whole_upgrade(result.host, made)))


def _promise(made: Sequence[Update], *, many: bool) -> str:
    """`Update these 3 packages and 12 findings go:`."""
    which = f"these {len(made):,} packages" if len(made) != 1 else "this package"
    gone = sum(update.findings for update in made)
    worst = " (the worst)" if many else ""
    return f"Update {which}{worst} and {counted(gone, 'finding')} {'goes' if gone == 1 else 'go'}:"


def _command(page: TablePage, command: Command) -> None:
    """A command that can be copied whole: broken lines end in a backslash."""
    line = f"  {command.lead}"
    for name in command.names:
        if cell_len(line) + 1 + cell_len(name) > page.width - 2:
            page.line((f"{line} \\", "cyan"))
            line = "   "
        line += f" {name}"
    page.line((line, "cyan"), (f"  # {command.remark}" if command.remark else "", "bright_black"))
