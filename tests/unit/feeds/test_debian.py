"""Debian's tracker: states as published, what the releases' indices tell beyond them, fetching, and hostile input."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.debian import DebianFeed
from shindan.feeds.debian_indices import suites, wanted
from shindan.feeds.debian_releases import codename_of, platform_of, suite_of
from shindan.feeds.debian_shipped import shipped
from shindan.feeds.debian_states import Said, stated
from shindan.feeds.download import Downloader
from shindan.model.advisory import Advisory, Affected, Note
from shindan.model.errors import FeedError
from shindan.versions import key
from support import test_data

INPUT = Path(__file__).resolve().parents[2] / "feeds" / "debian" / "input"
BOOKWORM = Needs(platforms=frozenset({"debian:12"}))


def row(id_: str, platform: str, source: Path = INPUT, **options: Any) -> Affected | None:
    """The row of an issue about a release, from the cut of the real tracker."""
    rows = [
        affected
        for record in DebianFeed().parse(source, Options(**options))
        if isinstance(record, Advisory) and record.id == id_
        for affected in record.affected
        if affected.platform == platform
    ]
    assert len(rows) <= 1
    return rows[0] if rows else None


def in_range(affected: Affected, version: str) -> bool:
    """Whether a version is below the row's upper bound."""
    mine = key("deb", version)
    if affected.fixed:
        return mine < key("deb", affected.fixed)
    return not affected.last_affected or mine <= key("deb", affected.last_affected)


def tracker(folder: Path, content: Any) -> Path:
    path = folder / "tracker.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def one(**said: Any) -> Mapping[str, Any]:
    return {"hello": {"CVE-2026-0001": {"releases": {"bookworm": said}}}}


def test_golden_records() -> None:
    assert parsed("debian") == expected("debian"), "tests/feed_golden.py rewrites them; read the diff"


# ── the real cases ──


def test_cloud_init_is_fixed_although_the_tracker_says_no_dsa() -> None:
    found = row("CVE-2020-8631", "debian:11")
    assert found is not None
    assert (found.state, found.fixed) == ("fixed", "19.4-2")
    assert found.vendor_state.startswith("open, no-dsa: Minor issue")


def test_cloud_init_stays_deferred_without_the_indices() -> None:
    found = row("CVE-2020-8631", "debian:11", INPUT / "tracker.json")
    assert found is not None
    assert (found.state, found.fixed) == ("deferred", "")


def test_gnutls28_fix_that_the_archive_does_not_ship_cannot_be_had() -> None:
    found = row("CVE-2023-5981", "debian:11")
    assert found is not None
    assert (found.state, found.fixed) == ("affected", "")
    assert in_range(found, "3.7.1-5+deb11u4")
    assert not in_range(found, "3.7.1-5+deb11u5"), "who has it all the same is clean"


def test_gnutls28_is_taken_as_the_tracker_says_without_the_indices() -> None:
    found = row("CVE-2023-5981", "debian:11", INPUT / "tracker.json")
    assert found is not None
    assert (found.state, found.fixed) == ("fixed", "3.7.1-5+deb11u5")


@pytest.mark.parametrize(
    ("platform", "fixed"),
    [("debian:9", "1.7.6-2+deb9u4"), ("debian:10", "1.8.4-5+deb10u1"), ("debian:11", "1.8.7-6")],
    ids=["stretch by its DLA", "buster by its own entry", "bullseye by sid's fix that it ships"],
)
def test_libgcrypt20(platform: str, fixed: str) -> None:
    found = row("CVE-2021-33560", platform)
    assert found is not None
    assert (found.state, found.fixed) == ("fixed", fixed)


def test_dacs_is_ignored_in_buster_and_not_affected_in_stretch() -> None:
    buster, stretch = row("CVE-2021-29629", "debian:10"), row("CVE-2021-29629", "debian:9")
    assert buster is not None and stretch is not None
    assert (buster.state, buster.vendor_state, buster.severity) == (
        "will_not_fix",
        "open, ignored: Minor issue",
        "unimportant",
    )
    assert stretch.state == "not_affected"


def test_a_release_without_an_entry_has_sids_open_issue() -> None:
    found = row("CVE-2021-29629", "debian:11")
    assert found is not None
    assert (found.state, found.fixed, found.vendor_state) == ("affected", "", "sid: open")


def test_cve_2016_4606_affects_no_release() -> None:
    records = [r for r in DebianFeed().parse(INPUT, Options()) if isinstance(r, Advisory) and r.id == "CVE-2016-4606"]
    assert {affected.state for record in records for affected in record.affected} == {"not_affected"}


@pytest.mark.parametrize("id_", ["DSA-3714-1", "TEMP-0000000-0CA7E3"])
def test_an_issue_without_a_cve_leads_by_its_own_id(id_: str) -> None:
    (record,) = [r for r in DebianFeed().parse(INPUT, Options()) if isinstance(r, Advisory) and r.id == id_]
    assert record.leads == (id_,)


# ── states ──


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ({"status": "resolved", "fixed_version": "1.2-3"}, "fixed", "resolved"),
        ({"status": "resolved", "fixed_version": "0"}, "not_affected", "resolved, fixed_version 0"),
        ({"status": "resolved"}, "not_affected", "resolved"),
        ({"status": "open"}, "affected", "open"),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}, "deferred", "open, no-dsa: Minor issue"),
        ({"status": "open", "nodsa": "", "nodsa_reason": None}, "deferred", "open, no-dsa"),
        ({"status": "open", "nodsa": "Later", "nodsa_reason": "postponed"}, "deferred", "open, postponed: Later"),
        ({"status": "open", "nodsa": "No", "nodsa_reason": "ignored"}, "will_not_fix", "open, ignored: No"),
        ({"status": "open", "urgency": "end-of-life"}, "end_of_life", "open, end-of-life"),
        ({"status": "undetermined"}, "under_investigation", "undetermined"),
        ({"status": "vanished"}, "under_investigation", "vanished"),
    ],
)
def test_states_are_kept_verbatim_and_normalised(said: dict[str, Any], state: str, words: str) -> None:
    stand = stated(Said(**said))
    assert (stand.state, stand.vendor_state) == (state, words)


def test_an_unknown_status_is_told(tmp_path: Path) -> None:
    records = list(DebianFeed().parse(tracker(tmp_path, one(status="vanished")), Options()))
    assert any(isinstance(record, Note) and "'vanished'" in record.text for record in records)


# ── inference ──

ENTRY = "Package: hello\nVersion: {}\n"


def indices(folder: Path, **versions: str) -> Path:
    """Indices of bookworm's suites: `base="1-1"`."""
    names = {"base": "bookworm", "security": "bookworm-security", "backports": "bookworm-backports"}
    for kind, version in versions.items():
        (folder / f"{names[kind]}_main_source_Sources").write_text(ENTRY.format(version))
    return folder


@pytest.mark.parametrize(
    ("repositories", "ships", "state", "fixed"),
    [
        ({"bookworm": "1-1"}, {"base": "1-1"}, "affected", ""),
        ({"bookworm": "1-1"}, {"base": "1-2"}, "fixed", "1-2"),
        ({"bookworm-security": "1-2"}, {"base": "1-1"}, "fixed", "1-2"),
        ({}, {"base": "1-1"}, "fixed", "1-2"),
        ({}, {"base": "1-1", "security": "1-1"}, "affected", ""),
        ({}, {"base": "1-1", "security": "1-3"}, "fixed", "1-2"),
        ({"bookworm": "1-1"}, {"base": "no version!"}, "fixed", "1-2"),
    ],
    ids=[
        "neither tracker nor archive has it",
        "the archive has it by now",
        "the tracker saw it in the security suite, whose index was not read",
        "half of the indices says nothing",
        "all indices lack it",
        "the security suite has a later one",
        "the index names what is no version",
    ],
)
def test_a_named_fix_counts_when_the_archive_may_have_it(
    tmp_path: Path, repositories: dict[str, str], ships: dict[str, str], state: str, fixed: str
) -> None:
    path = tracker(tmp_path, one(status="resolved", fixed_version="1-2", repositories=repositories))
    sources = tmp_path / "apt"
    sources.mkdir()
    found = row("CVE-2026-0001", "debian:12", path, sources=indices(sources, **ships))
    assert found is not None
    assert (found.state, found.fixed) == (state, fixed)


def test_an_open_entry_that_names_a_version_is_fixed_once_it_is_shipped(tmp_path: Path) -> None:
    path = tracker(tmp_path, one(status="open", fixed_version="1-2"))
    before = row("CVE-2026-0001", "debian:12", path)
    assert before is not None
    assert (before.state, before.fixed, before.last_affected) == ("affected", "", "1-2~")
    sources = tmp_path / "apt"
    sources.mkdir()
    after = row("CVE-2026-0001", "debian:12", path, sources=indices(sources, base="1-2"))
    assert after is not None
    assert (after.state, after.fixed) == ("fixed", "1-2")


@pytest.mark.parametrize(
    ("ships", "state", "fixed"),
    [("1-1", "affected", ""), ("1-2", "fixed", "1-2"), ("2-1", "fixed", "1-2")],
    ids=["older than sid's fix", "just that", "newer"],
)
def test_a_release_without_an_entry_is_held_against_sids_fix(
    tmp_path: Path, ships: str, state: str, fixed: str
) -> None:
    sid = {"releases": {"sid": {"status": "resolved", "fixed_version": "1-2"}}}
    path = tracker(tmp_path, {"hello": {"CVE-2026-0001": sid}})
    sources = tmp_path / "apt"
    sources.mkdir()
    found = row("CVE-2026-0001", "debian:12", path, sources=indices(sources, base=ships))
    assert found is not None
    assert (found.state, found.fixed, found.vendor_state) == (state, fixed, "sid: resolved")


def test_backports_are_not_what_a_release_ships(tmp_path: Path) -> None:
    held = shipped(indices(tmp_path, base="1-1", backports="9-1"))
    assert held.version("bookworm", "hello") == "1-1"
    assert not held.is_complete("bookworm")


def test_missing_indices_are_told(tmp_path: Path) -> None:
    records = DebianFeed().parse(tracker(tmp_path, one(status="open")), Options(needs=BOOKWORM))
    notes = [record.text for record in records if isinstance(record, Note)]
    assert any("Sources" in note and "bookworm" in note for note in notes)


def test_a_folder_without_indices_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FeedError, match="holds no index"):
        list(DebianFeed().parse(tracker(tmp_path, one(status="open")), Options(sources=empty)))


@pytest.mark.parametrize(
    ("path", "suite"),
    [
        ("bookworm/bookworm-security_main_source_Sources.xz", ("bookworm", "security")),
        ("dists/bookworm/main/source/Sources.xz", ("bookworm", "base")),
        ("lists/deb.debian.org_debian_dists_trixie-updates_main_source_Sources", ("trixie", "updates")),
        ("lists/security.debian.org_dists_buster_updates_main_binary-amd64_Packages", ("buster", "security")),
        ("dists/sid/main/source/Sources.gz", ("sid", "base")),
        ("dists/bookworm-backports/main/source/Sources.gz", None),
        ("dists/bookworm-proposed-updates/main/source/Sources.gz", None),
        ("dists/noble/main/source/Sources.gz", None),
    ],
)
def test_an_index_is_placed_by_its_path(path: str, suite: tuple[str, str] | None) -> None:
    assert suite_of(path) == suite


def test_codenames_and_numbers() -> None:
    assert (platform_of("bookworm"), codename_of("debian:12")) == ("debian:12", "bookworm")
    assert (platform_of("sid"), codename_of("debian:sid")) == ("debian:sid", "sid")
    assert (platform_of("newest"), codename_of("ubuntu:22.04"), codename_of("debian:99")) == ("debian:newest", "", "")


# ── hostile input ──


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html>busy</html>",
        "[]",
        "null",
        '{"hello": {"CVE-1": {"releases": {"sid": {"status": "open"}}}}',
        '{"hello": {"CVE-1": {"releases": {"sid": {"status": "open"',
        '{"hello": {"CVE-1": {"releases": {}}}} {"more": {}}',
        '{"hello": {"CVE-1": {"releases": []}}}',
        '{"hello": {"CVE-1": {"releases": {"sid": {"status": 5}}}}}',
        '{"hello": {"CVE-1": {"releases": {"sid": {}}}}}',
        '{"hello": {"CVE-1": null}}',
        '{"hello": 5, "world": {}}',
        '{"hello": {}, "world": 5}',
        '{"hello": {} "world": {}}',
        '{, "hello": {}}',
        '{"hello": {"CVE-1": {"description": "torn}}}',
        '{"a": ' * 3000 + "}" * 3000,
        '{"hello": {"CVE-1": {"description": ' + "[" * 5000 + "]" * 5000 + "}}}",
    ],
    ids=lambda content: content[:40] or "empty",
)
def test_what_is_no_tracker_data_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(FeedError):
        list(DebianFeed().parse(tracker(tmp_path, content), Options()))


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tracker.json"
    path.write_bytes(b'{"hello": {"CVE-1": {"description": "\xff\xfe"}}}')
    with pytest.raises(FeedError):
        list(DebianFeed().parse(path, Options()))


@given(cut=st.integers(min_value=0, max_value=(INPUT / "tracker.json").stat().st_size - 2))
@settings(max_examples=60)
def test_a_truncated_tracker_never_passes(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "tracker.json"
    path.write_bytes((INPUT / "tracker.json").read_bytes().rstrip()[:cut])
    with pytest.raises(FeedError):
        list(DebianFeed().parse(path, Options()))


# ── fetching ──


def test_the_tracker_and_the_indices_of_the_needed_release_are_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"/data/json": (INPUT / "tracker.json").read_bytes()}
    for suite in ("bookworm", "bookworm-updates", "bookworm-security"):
        files[f"/debian/dists/{suite}/main/source/Sources.xz"] = lzma.compress(ENTRY.format("1-1").encode())
    feed, into = DebianFeed(keyrings=()), tmp_path / "input"
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_DEBIAN_URL", f"{publisher.url}/data/json")
        monkeypatch.setenv("SHINDAN_DEBIAN_MIRROR", f"{publisher.url}/debian")
        monkeypatch.setenv("SHINDAN_DEBIAN_SECURITY_MIRROR", f"{publisher.url}/debian")
        first = feed.fetch(get, BOOKWORM, into, None)
        assert first is not None
        assert publisher.statuses() == [200] * 4
        assert feed.fetch(get, BOOKWORM, into, first) is None
        assert publisher.statuses() == [304] * 4
        files["/data/json"] += b"\n"
        assert feed.fetch(get, BOOKWORM, into, first) not in (None, first)
    (told,) = [record.text for record in feed.parse(into, Options(needs=BOOKWORM)) if isinstance(record, Note)]
    names = "bookworm, bookworm-updates, bookworm-security"
    assert told.startswith(f"the indices (Sources) of {names} are not verified by a signature: Debian's keyring")


def test_indices_that_cannot_be_had_do_not_fail_the_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, into = DebianFeed(), tmp_path / "input"
    with publishing({"/data/json": (INPUT / "tracker.json").read_bytes()}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_DEBIAN_URL", f"{publisher.url}/data/json")
        monkeypatch.setenv("SHINDAN_DEBIAN_MIRROR", publisher.url)
        monkeypatch.setenv("SHINDAN_DEBIAN_SECURITY_MIRROR", publisher.url)
        assert feed.fetch(get, BOOKWORM, into, None)
    notes = [record.text for record in feed.parse(into, Options(needs=BOOKWORM)) if isinstance(record, Note)]
    assert any("bookworm" in note for note in notes)


def test_a_tracker_from_elsewhere_does_not_make_anybody_dial_the_public_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHINDAN_FEED_DEBIAN_URL", str(INPUT / "tracker.json"))
    with Downloader() as get:
        assert DebianFeed().fetch(get, BOOKWORM, tmp_path / "input", None)
    assert list(DebianFeed().parse(tmp_path / "input", Options()))


def test_which_indices_are_wanted() -> None:
    assert wanted(Needs(platforms=frozenset({"debian:12", "debian:sid", "ubuntu:22.04"}))) == ["bookworm"]
    assert "trixie" in wanted(Needs(everything=True))
    assert [suite for suite, _ in suites("bookworm")] == ["bookworm", "bookworm-updates", "bookworm-security"]


def test_it_serves_debian_and_backports_of_it() -> None:
    assert DebianFeed().serves(BOOKWORM)
    assert DebianFeed().serves(Needs(platforms=frozenset({"debian:sid"})))
    assert not DebianFeed().serves(Needs(platforms=frozenset({"ubuntu:22.04"})))


# ── real data ──


@pytest.mark.data
def test_every_record_of_the_real_shape_is_kept() -> None:
    path = test_data("debian/changelog-derived/tracker.json.gz")
    records = [r for r in DebianFeed().parse(path, Options()) if isinstance(r, Advisory)]
    assert len(records) == 11_205
    assert sum(len(record.affected) for record in records) == 14_072


@pytest.mark.data
@pytest.mark.slow
def test_real_indices_tell_what_three_releases_ship() -> None:
    held = shipped(test_data("debian/apt"))
    assert held.codenames == ("bookworm", "bullseye", "trixie")
    assert all(held.is_complete(codename) for codename in held.codenames)
    assert held.version("bookworm", "7zip") == "22.01+really26.02+dfsg-0+deb12u1"
