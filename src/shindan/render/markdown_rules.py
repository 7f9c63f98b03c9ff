"""Scores of rules as a table of Markdown: a line for each package or benchmark, and one for each of its sections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from shindan.model.checked import Counts
from shindan.render.look import Writer
from shindan.render.markdown_text import plain
from shindan.render.words import score


class ScoreRow(NamedTuple):
    """What became of some rules; `section` is "" for all of a package or benchmark."""

    title: str
    section: str
    counts: Counts


def table(rows: Iterable[ScoreRow], stream: Writer) -> None:
    """Writes the table; nothing where there are no rows."""
    shown = list(rows)
    if not shown:
        return
    stream.write("| Rules | Section | Hold | Do not | Do not apply | By hand | Could not be told | Score |\n")
    stream.write("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
    for row in shown:
        # A section stands below its benchmark, whose title is not said again.
        about = ("", plain(row.section)) if row.section else (plain(row.title), "all")
        cells = (*about, *(f"{number:,}" for number in row.counts), score(row.counts))
        stream.write(f"| {' | '.join(cells)} |\n")
    stream.write("\n")
