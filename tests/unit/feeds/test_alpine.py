"""Alpine's security databases and their kin: branches, sources, never affected, and odd entries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.alpine import AlpineFeed
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.model.advisory import Advisory, Note
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, unpacked


def database(*flaws: str, version: str = "1.0-r1", **changes: Any) -> bytes:
    said = {"distroversion": "v3.20", "reponame": "main", "urlprefix": "https://dl-cdn.alpinelinux.org/alpine"}
    return json.dumps({**said, "packages": [{"pkg": {"name": "jq", "secfixes": {version: flaws}}}], **changes}).encode()


def read(source: Path) -> list[Advisory]:
    return [record for record in AlpineFeed().parse(source, Options()) if isinstance(record, Advisory)]


def test_golden_records() -> None:
    assert parsed("alpine") == expected("alpine"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("CVE-2016-4074", [("CVE-2016-4074", ())]),
        ("CVE-2018-10471 XSA-259", [("CVE-2018-10471", ("XSA-259",))]),
        ("XSA-259 CVE-2018-10471", [("CVE-2018-10471", ("XSA-259",))]),
        ("CVE-2017-2616 (+ regression fix)", [("CVE-2017-2616", ())]),
        ("CVE_2019-2426", [("CVE-2019-2426", ())]),
        ("CVE-2018-19961 CVE-2018-19962", [("CVE-2018-19961", ()), ("CVE-2018-19962", ())]),
        ("GHSA-gmc7-pqv9-966m", [("GHSA-gmc7-pqv9-966m", ())]),
        ("CVE-2017-????", [("CVE-2017-????", ())]),
        ("ALPINE-13661", [("ALPINE-13661", ())]),
        ("none", [("none", ())]), ("", []),
    ],
)  # fmt: skip
def test_an_entry_names_flaws(tmp_path: Path, entry: str, told: list[tuple[str, tuple[str, ...]]]) -> None:
    (tmp_path / "main.json").write_bytes(database(entry))
    assert [(advisory.id, advisory.aliases) for advisory in read(tmp_path)] == told


def test_version_zero_says_never_affected(tmp_path: Path) -> None:
    (tmp_path / "main.json").write_bytes(database("CVE-2026-0001", version="0"))
    (row,) = read(tmp_path)[0].affected
    assert (row.state, row.fixed, row.names, row.scheme) == ("not_affected", "", "source", "apk")


def test_one_advisory_tells_all_packages_of_a_repository(tmp_path: Path) -> None:
    packages = [{"pkg": {"name": name, "secfixes": {"1-r0": ["CVE-2026-0001"]}}} for name in ("a", "b")]
    (tmp_path / "main.json").write_bytes(database(packages=packages))
    assert [row.package for row in read(tmp_path)[0].affected] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "name", "platform"),
    [
        ({"distroversion": "v3.20"}, "x.json", "alpine:3.20"),
        ({"distroversion": "edge"}, "x.json", "alpine:edge"),
        ({"distroversion": "v3.2"}, "x.json", "alpine:3.2"),
        ({"distroversion": "", "urlprefix": "https://packages.wolfi.dev"}, "security.json", "wolfi"),
        ({"distroversion": "", "urlprefix": "https://packages.cgr.dev/chainguard"}, "s.json", "chainguard"),
    ],
)
def test_the_platform(tmp_path: Path, changes: dict[str, str], name: str, platform: str) -> None:
    (tmp_path / name).write_bytes(database("CVE-2026-0001", **changes))
    assert read(tmp_path)[0].affected[0].platform == platform


def test_what_is_not_evaluated_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.json").write_bytes(database("CVE-2026-0001"))
    notes = [record.text for record in AlpineFeed().parse(tmp_path, Options()) if isinstance(record, Note)]
    assert notes == ["the database of alpine:3.20 names fixed flaws only: flaws without a fix are not evaluated"]
    assert AlpineFeed().knows == "fixed"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"packages": 5}', b'{"packages": [{"pkg": {}}]}', b'{"packages": "\xff"}',
     database("CVE-2026-0001", distroversion="", urlprefix="https://example.org"), b'{"packages":' * 99_999],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "main.json").write_bytes(content)
    with pytest.raises(FeedError, match=r"main\.json"):
        read(tmp_path)


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no security database"):
        read(tmp_path)


@settings(max_examples=100)
@given(st.integers(0, 200), st.binary(max_size=20))
def test_no_bytes_end_in_anything_but_records_or_a_feed_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes
) -> None:
    whole = database("CVE-2026-0001 XSA-1")
    path = tmp_path_factory.getbasetemp() / "noise.json"
    path.write_bytes(whole[:at] + noise + whole[at:])
    try:
        read(path)
    except FeedError as error:
        assert "noise.json" in str(error)


def test_branches_and_rolling_releases_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = database("CVE-2026-0001")
    files = {f"/{path}": one for path in ("v3.20/main.json", "v3.20/community.json", "v3.2/main.json")}
    files["/wolfi/security.json"] = database("CVE-2026-0001", distroversion="", urlprefix="https://packages.wolfi.dev")
    feed, needs = AlpineFeed(), Needs(frozenset({"alpine:3.20", "alpine:3.2", "wolfi:20230201", "debian:12"}))
    assert feed.serves(needs) and not feed.serves(Needs(frozenset({"debian:12"})))
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_ALPINE_URL", publisher.url)
        first = feed.fetch(get, needs, tmp_path, None)
        assert sorted(path for path, _ in publisher.asked) == sorted(files)
        assert feed.fetch(get, needs, tmp_path, first) is None
    assert {row.platform for advisory in read(tmp_path) for row in advisory.affected} == {"alpine:3.20", "wolfi"}


@pytest.mark.data
def test_no_fix_of_a_real_database_is_lost(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VULS, "/fetch/alpine/secdb/testdata/fixtures/")
    named = set()
    for file in folder.rglob("*.json"):
        said = json.loads(file.read_bytes())
        for entry in said["packages"]:
            for version, flaws in entry["pkg"]["secfixes"].items():
                named |= {
                    (said["distroversion"].removeprefix("v"), entry["pkg"]["name"], version, flaw) for flaw in flaws
                }
    told = {
        (row.platform.removeprefix("alpine:"), row.package, row.fixed or "0", advisory.id)
        for advisory in read(folder)
        for row in advisory.affected
    }
    assert told == named and len(named) > 10
