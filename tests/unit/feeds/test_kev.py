"""CISA's catalogue: JSON and CSV say the same, a malformed one is refused, and it is fetched conditionally."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.kev import KevFeed
from shindan.model.errors import FeedError
from support import test_data

ENTRY = {"cveID": "CVE-2026-0001", "dateAdded": "2026-01-01", "dueDate": "2026-01-22", "vulnerabilityName": "A flaw"}


def catalogue(folder: Path, *entries: Any) -> Path:
    path = folder / "kev.json"
    path.write_text(json.dumps({"title": "t", "vulnerabilities": list(entries)}), encoding="utf-8")
    return path


def test_golden_records() -> None:
    assert parsed("kev") == expected("kev"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    "entry",
    [
        5, [], None, {}, {**ENTRY, "cveID": None}, {**ENTRY, "cveID": "everything"}, {**ENTRY, "dateAdded": "soon"},
        {**ENTRY, "dueDate": None}, {**ENTRY, "dueDate": 20260122},
    ],
    ids=str,
)  # fmt: skip
def test_a_malformed_entry_is_refused(tmp_path: Path, entry: Any) -> None:
    with pytest.raises(FeedError, match="malformed"):
        list(KevFeed().parse(catalogue(tmp_path, ENTRY, entry), Options()))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"5", b"{}", b'{"vulnerabilities": 5}', b'{"vulnerabilities": "\xff"}', b"[" * 100_000],
    ids=lambda content: repr(content[:30]),
)
def test_what_is_no_catalogue_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kev.json"
    path.write_bytes(content)
    with pytest.raises(FeedError):
        list(KevFeed().parse(path, Options()))


@pytest.mark.parametrize("content", ["cveID\n", 'cveID,dateAdded\n"CVE-2026', "x" * 200_000 + "\n" + "y" * 200_000])
def test_a_malformed_csv_is_refused_or_holds_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kev.csv"
    path.write_text(content)
    with contextlib.suppress(FeedError):
        assert not list(KevFeed().parse(path, Options()))


def test_a_folder_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no KEV catalogue"):
        list(KevFeed().parse(tmp_path, Options()))


def test_it_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, into = KevFeed(), tmp_path / "input"
    content = catalogue(tmp_path, ENTRY).read_bytes()
    with publishing({"/kev.json": content}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_KEV_URL", f"{publisher.url}/kev.json")
        first = feed.fetch(get, Needs(), into, None)
        assert feed.fetch(get, Needs(), into, first) is None
        assert publisher.statuses() == [200, 304]
    assert len(list(feed.parse(into, Options()))) == 1


@pytest.mark.data
def test_the_real_catalogue_in_both_forms() -> None:
    by_json = list(KevFeed().parse(test_data("kev/known_exploited_vulnerabilities.json"), Options()))
    by_csv = list(KevFeed().parse(test_data("kev/known_exploited_vulnerabilities.csv"), Options()))
    in_folder = list(KevFeed().parse(test_data("kev"), Options()))
    assert len(by_json) == 1_404
    assert {record.id for record in by_json} == {record.id for record in by_csv}  # type: ignore[union-attr]
    assert in_folder == by_json
