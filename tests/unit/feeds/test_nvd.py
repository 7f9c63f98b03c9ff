"""NVD's and the CVE list's records: scores of every source, rejected ids, large lists, hostile input, fetching."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds import nvd
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.nvd import NvdFeed
from shindan.model.advisory import Enrichment
from shindan.model.errors import FeedError
from support import test_data

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def cve(number: int, **said: Any) -> dict[str, Any]:
    return {"cve": {"id": f"CVE-2026-{number:04}", "descriptions": [{"lang": "en", "value": 'A {"flaw'}], **said}}


def listed(count: int) -> bytes:
    records = [cve(number) for number in range(count)]
    return json.dumps({"resultsPerPage": count, "format": "NVD_CVE", "vulnerabilities": records}).encode()


def read(folder: Path, content: bytes, name: str = "records.json") -> list[Enrichment]:
    path = folder / name
    path.write_bytes(content)
    return [record for record in NvdFeed().parse(path, Options()) if isinstance(record, Enrichment)]


def test_golden_records() -> None:
    assert parsed("nvd") == expected("nvd"), "tests/feed_golden.py rewrites them; read the diff"


def test_a_large_list_gives_the_same_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(tmp_path, listed(500))
    monkeypatch.setattr(nvd, "_WHOLE", 1000)
    assert read(tmp_path, listed(500)) == whole
    assert len(whole) == 500


@pytest.mark.parametrize("cut", [1, 2, 3, 100, 5_000, 20_000])
def test_a_torn_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr(nvd, "_WHOLE", 1000)
    with pytest.raises(FeedError):
        read(tmp_path, listed(500)[:-cut])
    monkeypatch.setattr(nvd, "_WHOLE", 10**9)
    with pytest.raises(FeedError):
        read(tmp_path, listed(500)[:-cut])


def test_a_large_document_of_another_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvd, "_WHOLE", 1000)
    with pytest.raises(FeedError):
        read(tmp_path, json.dumps({"a": {"b": "x" * 2000}}).encode())


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"cve": {"id": "\xff"}}', b"[" * 100_000, b"<html>"],
    ids=lambda content: repr(content[:30]),
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FeedError):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "said",
    [
        {"metrics": 5}, {"metrics": {"cvssMetricV31": "x"}}, {"metrics": {"cvssMetricV31": [5]}},
        {"metrics": {"cvssMetricV31": [{"cvssData": {"vectorString": 5}}]}}, {"descriptions": "x"},
        {"descriptions": [{"lang": 5}]}, {"references": [{"url": 5}, "x"]}, {"published": 5, "lastModified": []},
    ],
    ids=str,
)  # fmt: skip
def test_odd_parts_of_a_record_are_passed_over(tmp_path: Path, said: dict[str, Any]) -> None:
    (found,) = read(tmp_path, json.dumps({"vulnerabilities": [cve(1, **said)]}).encode())
    assert (found.id, found.vectors, found.references) == ("CVE-2026-0001", (), ())


def test_scores_keep_who_gave_them(tmp_path: Path) -> None:
    metrics = {
        "cvssMetricV31": [
            {"source": "nvd@nist.gov", "cvssData": {"vectorString": VECTOR}},
            {"source": "security@example.org", "cvssData": {"vectorString": VECTOR.replace("C:H", "C:L")}},
        ],
        "cvssMetricV2": [{"source": "nvd@nist.gov", "cvssData": {"vectorString": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}}],
    }
    (found,) = read(tmp_path, json.dumps({"vulnerabilities": [cve(1, metrics=metrics)]}).encode())
    assert [(vector.source, vector.version) for vector in found.vectors] == [
        ("nvd", "3.1"), ("security@example.org", "3.1"), ("nvd", "2.0"),
    ]  # fmt: skip


def test_rejected_in_both_forms(tmp_path: Path) -> None:
    (by_nvd,) = read(tmp_path, json.dumps({"vulnerabilities": [cve(1, vulnStatus="Rejected")]}).encode())
    five = {"cveMetadata": {"cveId": "CVE-2026-0001", "state": "REJECTED"}, "containers": {"cna": {}}}
    (by_list,) = read(tmp_path, json.dumps(five).encode())
    assert by_nvd.rejected and by_list.rejected


def test_yearly_files_are_fetched_once_and_this_years_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, into = NvdFeed(), tmp_path / "input"
    monkeypatch.setattr(nvd, "_FIRST_YEAR", 2025)
    files = {"/nvdcve-2.0-2025.json.gz": gzip.compress(listed(3))}
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_NVD_URL", publisher.url)
        first = feed.fetch(get, Needs(everything=True), into, None)
        publisher.statuses()
        assert feed.fetch(get, Needs(everything=True), into, first) is None
        assert publisher.statuses()[0] == 304
        monkeypatch.setattr(nvd, "_FIRST_YEAR", 2024)
        with pytest.raises(FeedError, match="2024"):
            feed.fetch(get, Needs(everything=True), into, first)
    assert len(list(feed.parse(into, Options()))) == 3


@pytest.mark.data
def test_real_answers_of_the_api() -> None:
    found = list(NvdFeed().parse(test_data("cve/nvd-samples"), Options()))
    assert len(found) == 25
    assert sum(isinstance(record, Enrichment) and bool(record.vectors) for record in found) >= 20


@pytest.mark.data
@pytest.mark.slow
def test_every_real_record_of_the_cve_list_is_kept() -> None:
    path = test_data("cve/vulnrichment-2024-10-24.tar.zst")
    found = {record.id for record in NvdFeed().parse(path, Options()) if isinstance(record, Enrichment)}
    assert len(found) == 44_130
