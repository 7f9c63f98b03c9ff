"""FIRST's scores: read as published, refused where torn or beyond a probability, fetched conditionally."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.epss import EpssFeed
from shindan.model.advisory import Enrichment
from shindan.model.errors import FeedError
from support import test_data

HEAD = "#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\n"
LINE = "CVE-2026-0001,0.5,0.9\n"


def scores(folder: Path, content: str) -> list[object]:
    path = folder / "epss.csv"
    path.write_text(content, encoding="utf-8")
    return list(EpssFeed().parse(path, Options()))


def test_golden_records() -> None:
    assert parsed("epss") == expected("epss"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    "line",
    [
        "CVE-2026-0002,0.00", "CVE-2026-0002,x,0.1", "CVE-2026-0002,1.5,0.1", "CVE-2026-0002,nan,0.1",
        "CVE-2026-0002,-0.1,0.1", "CVE-2026-0002,0.1,0.1,0.1", "everything,0.1,0.1", "CVE-2026-0002",
    ],
)  # fmt: skip
def test_a_malformed_line_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(FeedError, match="line 4"):
        scores(tmp_path, HEAD + LINE + line + "\n")


@pytest.mark.parametrize("content", ["", "<html>busy</html>", LINE, '{"data": []}'])
def test_what_has_no_heading_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(FeedError, match="does not begin with"):
        scores(tmp_path, content)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="a line of more than"):
        scores(tmp_path, HEAD + "x" * 5_000_000)


def test_the_last_line_needs_no_end_and_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    (found,) = scores(tmp_path, (HEAD + LINE.strip()).replace("\n", "\r\n"))
    assert isinstance(found, Enrichment) and found.epss is not None
    assert (found.id, found.epss.score, found.epss.percentile, found.epss.date) == (
        "CVE-2026-0001", 0.5, 0.9, "2026-08-16",
    )  # fmt: skip


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "epss.csv.gz"
    whole = gzip.compress((HEAD + LINE * 5_000).encode())
    path.write_bytes(whole[:-20])
    with pytest.raises(FeedError, match="torn"):
        list(EpssFeed().parse(path, Options()))


def test_it_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, into = EpssFeed(), tmp_path / "input"
    with publishing({"/scores.csv.gz": gzip.compress((HEAD + LINE).encode())}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_EPSS_URL", f"{publisher.url}/scores.csv.gz")
        first = feed.fetch(get, Needs(), into, None)
        assert feed.fetch(get, Needs(), into, first) is None
        assert publisher.statuses() == [200, 304]
    assert len(list(feed.parse(into, Options()))) == 1


@pytest.mark.data
def test_every_real_score_is_kept() -> None:
    path = test_data("epss/epss_scores-2026-08-16.csv.gz")
    with gzip.open(path, "rb") as stream:
        lines = sum(1 for _ in stream) - 2
    assert sum(1 for _ in EpssFeed().parse(path, Options())) == lines == 360_142
