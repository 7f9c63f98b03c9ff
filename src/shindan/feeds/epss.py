"""FIRST's exploit prediction scores: `cve,epss,percentile` after a comment with the date.

Source: https://www.first.org/epss/data_stats (CSV layout).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import open_stream
from shindan.model.advisory import Enrichment, Epss, Knows, Record
from shindan.model.errors import FeedError

_DATE = re.compile(r"score_date:(\d{4}-\d{2}-\d{2})")


class EpssFeed:
    """See the module and `Feed`."""

    name = "epss"
    title = "FIRST's exploit prediction scores"
    url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
    knows: Knows = "enrichment"
    role: Role = "enrichment"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Always."""
        return True

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`."""
        fingerprint = get.fetch(get.base(self), into / "epss_scores.csv.gz").sha256
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`."""
        path = next(iter(sorted(source.glob("*.csv*"))), None) if source.is_dir() else source
        if path is None:
            raise FeedError(f"{source} holds no EPSS scores")
        with open_stream(path) as stream:
            yield from _scores(io.TextIOWrapper(stream, encoding="utf-8", errors="replace"), path.name, options)


def _scores(lines: io.TextIOWrapper, name: str, options: Options) -> Iterator[Enrichment]:
    date = ""
    headed = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            found = _DATE.search(line)
            date = found[1] if found else date
        elif line.startswith("cve,epss"):
            headed = True
        elif line.strip():
            yield _score(line, date, f"{name}, line {number}")
            if number % 20000 == 0:
                options.progress("epss: scores", number, None)
    if not headed:
        raise FeedError(f"{name} holds no EPSS scores: it has no heading cve,epss,percentile")


def _score(line: str, date: str, where: str) -> Enrichment:
    try:
        cve, score, percentile = line.split(",")
        epss = Epss(float(score), float(percentile), date)
    except ValueError:
        raise FeedError(f"{where}: {line.strip()[:60]!r} is no score") from None
    if not (0.0 <= epss.score <= 1.0 and 0.0 <= epss.percentile <= 1.0):
        raise FeedError(f"{where}: a probability beyond 0 and 1")
    return Enrichment(cve, epss=epss, modified=date)
