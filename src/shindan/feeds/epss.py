"""FIRST's exploit prediction scores: `cve,epss,percentile` after a comment with the date.

Source: https://www.first.org/epss/data_stats (CSV layout).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import open_stream
from shindan.model.advisory import Enrichment, Epss, Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_BLOCK = 1024 * 1024
_DATE = re.compile(r"score_date:(\d{4}-\d{2}-\d{2})")


class EpssFeed:
    """See the module and `Feed`."""

    name = "epss"
    title = N_("FIRST's exploit prediction scores")
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
        path = next(iter(sorted(source.glob("[!.]*.csv*"))), None) if source.is_dir() else source
        if path is None:
            raise FeedError(f"{source} holds no EPSS scores")
        with open_stream(path) as stream:
            yield from _scores(_lines(stream, path.name), path.name, options)


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Lines of a text; one of absurd length is refused before it fills the memory."""
    rest = b""
    while block := stream.read(_BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > _BLOCK:
            raise FeedError(f"{name} holds no EPSS scores: a line of more than {_BLOCK:,} bytes")
        yield from (line.decode("utf-8", "replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")


def _scores(lines: Iterable[str], name: str, options: Options) -> Iterator[Enrichment]:
    date = ""
    headed = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            found = _DATE.search(line)
            date = found[1] if found else date
        elif line.startswith("cve,epss"):
            headed = True
        elif line.strip():
            if not headed:
                break
            yield _score(line, date, name, number)
            if number % 20000 == 0:
                options.progress("epss: scores", number, None)
    if not headed:
        raise FeedError(f"{name} holds no EPSS scores: it does not begin with cve,epss,percentile")


def _score(line: str, date: str, name: str, number: int) -> Enrichment:
    try:
        cve, score, percentile = line.split(",")
        epss = Epss(float(score), float(percentile), date)
    except ValueError:
        raise FeedError(f"{name}, line {number}: {line.strip()[:60]!r} is no score") from None
    if not (0.0 <= epss.score <= 1.0 and 0.0 <= epss.percentile <= 1.0):
        raise FeedError(f"{name}, line {number}: a probability beyond 0 and 1")
    if not cve.startswith("CVE-"):
        raise FeedError(f"{name}, line {number}: {cve[:60]!r} is no CVE id")
    return Enrichment(cve, epss=epss, modified=date)
