"""The ledger: which packages were judged by which feed of which age, and which were not and why."""

from __future__ import annotations

from rich.cells import cell_len

from shindan.model.result import FeedRef, Ledger, ScanResult
from shindan.render.table_page import TablePage
from shindan.render.words import KNOWS, age, counted, newest


def ledger(page: TablePage, result: ScanResult) -> None:
    """Every part that has something to say."""
    entries = result.ledger
    page.line()
    if "cve" in result.rules_packages:
        page.line(("Judged", "bold"))
        _judged(page, entries)
        _not_judged(page, entries)
    if entries.gaps:
        page.line(("Could not look", "bold"))
        for collector, reason in entries.gaps:
            page.paragraph(f"{collector}: {reason}", indent=4, first="  ")
    notes = [note for entry in entries.judged for note in entry.notes] + list(entries.notes)
    if notes:
        page.line(("Notes", "bold"))
        for note in dict.fromkeys(notes):
            page.paragraph(note, indent=4, first="  ")
    page.line()


def _judged(page: TablePage, entries: Ledger) -> None:
    if not entries.judged:
        page.line(("  no package by any feed", "bold bright_red"))
    for entry in entries.judged:
        _feed(page, entry.feed, f"{counted(entry.packages, 'package')} by {entry.feed.name}", KNOWS[entry.knows])
    named = {entry.feed for entry in entries.judged}
    for feed in entries.stale:
        if feed not in named:
            _feed(page, feed, feed.name, KNOWS["enrichment"])
    if entries.assumed_own:
        page.paragraph(
            f"{counted(entries.assumed_own, 'package')} of unknown origin among them, judged as the distribution's own",
            "bright_black",
            indent=2,
        )


def _feed(page: TablePage, feed: FeedRef, what: str, knows: str) -> None:
    text = f"  {what}: newest record {newest(feed)}, {age(feed)}"
    pieces = [(text, ""), ("  STALE" if feed.stale else "", "bold yellow")]
    more = f"  {knows}"
    if sum(cell_len(piece) for piece, _ in (*pieces, (more, ""))) <= page.width:
        page.line(*pieces, (more, "bright_black"))
    else:
        page.line(*pieces)
        page.line((f"  {more}", "bright_black"))


def _not_judged(page: TablePage, entries: Ledger) -> None:
    if not entries.not_judged:
        return
    page.line(("Not judged", "bold"))
    for entry in entries.not_judged:
        examples = ", ".join(entry.examples)
        more = ", …" if entry.packages > len(entry.examples) else ""
        page.paragraph(
            f"{counted(entry.packages, 'package')}: {entry.text}{f' ({examples}{more})' if examples else ''}",
            indent=4,
            first="  ",
        )
