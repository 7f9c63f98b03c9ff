"""The host's own mirror as a feed, from a signed index on 127.0.0.1 to advisories."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shindan.feeds.archive import ArchiveFeed
from shindan.feeds.base import Mirror, Needs, Options
from shindan.feeds.download import Downloader
from shindan.model.advisory import Advisory, Coverage, Note, Record
from shindan.model.errors import FeedError, Unreachable
from support import REPOSITORY
from unit.feeds.mirror import Archive, Key, make_key, stop_agent
from unit.feeds.web import Web, folder_answers, reply, serving

pytestmark = pytest.mark.system

HERE = "debian:12"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SUITES = ("bookworm", "bookworm-updates", "bookworm-security")


def log(*entries: tuple[str, str, str], package: str = "pkg") -> str:
    return "\n".join(
        f"{package} ({version}) {suite}; urgency=medium\n\n  * {text}\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n"
        for version, suite, text in entries
    )


ZIP = log(("3.0-13+deb12u1", "bookworm", "Fix CVE-2024-1111."), ("3.0-13", "unstable", "First."))
SSL_BASE = log(("3.0.1-1", "unstable", "Fix CVE-2023-1000."), ("3.0.0-1", "unstable", "First."))
SSL = log(("3.0.1-1+deb12u1", "bookworm-security", "Fix CVE-2024-2222.")) + "\n" + SSL_BASE
LESS = (REPOSITORY / "tests/feeds/archive/less.changelog").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    folder = tmp_path_factory.mktemp("k")
    made = make_key(folder, "archive"), make_key(folder, "stranger")
    yield made
    for key in made:
        stop_agent(key)


@dataclass
class Site:
    """A mirror behind a web server, a host's needs of it, and a folder of the feed."""

    archive: Archive
    web: Web
    key: Key
    into: Path
    sources: dict[str, str]

    def needs(self, *suites: str, platform: str = HERE, url: str = "", everything: bool = False) -> Needs:
        mirrors = tuple(Mirror(url or self.web.url, suite, ("main",), str(self.key.ring)) for suite in suites or SUITES)
        return Needs(
            frozenset({platform}),
            {(platform, name): v for name, v in self.sources.items()},
            {platform: mirrors},
            everything,
        )

    def publish(self, *suites: str) -> None:
        for suite in suites or SUITES:
            self.archive.publish(suite, self.key)

    def fetch(self, needs: Needs | None = None, seen: str | None = None, get: Downloader | None = None) -> str | None:
        feed = ArchiveFeed(clock=lambda: NOON, proxies=dict)
        with get or Downloader(connect_timeout=1.0, read_timeout=5.0) as downloader:
            return feed.fetch(downloader, needs or self.needs(), self.into, seen)

    def records(self, needs: Needs | None = None) -> list[Record]:
        self.fetch(needs)
        return parsed(self.into)


def parsed(folder: Path) -> list[Record]:
    return list(ArchiveFeed().parse(folder, Options()))


def rows(records: list[Record]) -> dict[tuple[str, str], tuple[str, str]]:
    """(CVE, source) → (fixed, last affected)."""
    advisories = [record for record in records if isinstance(record, Advisory)]
    return {(one.id, row.package): (row.fixed, row.last_affected) for one in advisories for row in one.affected}


def coverage(records: list[Record]) -> dict[str, tuple[str, bool]]:
    return {one.package: (one.newest, one.examined) for one in records if isinstance(one, Coverage)}


def notes(records: list[Record]) -> str:
    return "\n".join(one.text for one in records if isinstance(one, Note))


@pytest.fixture
def site(tmp_path: Path, keys: tuple[Key, Key]) -> Iterator[Site]:
    """Three suites: a point release's fix in the base, a security fix, and a rebuild of what was never shipped."""
    archive = Archive(tmp_path / "web")
    archive.source("bookworm", "zip", "3.0-13+deb12u1", ZIP, form="1.0")
    archive.source("bookworm", "openssl", "3.0.1-1", SSL_BASE)
    archive.source("bookworm", "less", "590-2", LESS)
    archive.source("bookworm", "dash", "0.5-1", log(("0.5-1", "unstable", "First.")))
    archive.source("bookworm-security", "openssl", "3.0.1-1+deb12u1", SSL)
    archive.source("bookworm-security", "less", "590-2.1~deb12u2", LESS, form="native")
    installed = {"zip": "3.0-13", "openssl": "3.0.1-1", "less": "590-2", "dash": "0.5-1", "foreign": "1"}
    with serving() as web:
        web.answer = folder_answers(archive.root)
        built = Site(archive, web, keys[0], tmp_path / "input", installed)
        built.publish()
        yield built


EXPECTED = {
    ("CVE-2024-1111", "zip"): ("3.0-13+deb12u1", ""),
    ("CVE-2024-2222", "openssl"): ("3.0.1-1+deb12u1", ""),
    ("CVE-2023-1000", "openssl"): ("3.0.1-1", ""),
    ("CVE-2022-48624", "less"): ("590-2.1~deb12u1", ""),
    ("CVE-2024-32487", "less"): ("590-2.1~deb12u1", ""),
    ("CVE-2022-46663", "less"): ("590-2", "590-1.2~"),
}


def test_changelogs_of_what_is_newer_than_the_host_s_become_advisories(site: Site) -> None:
    records = site.records()
    assert rows(records) == EXPECTED
    assert coverage(records) == {
        "zip": ("3.0-13+deb12u1", True), "openssl": ("3.0.1-1+deb12u1", True),
        "less": ("590-2.1~deb12u2", True), "dash": ("0.5-1", False),
    }  # fmt: skip
    assert notes(records) == ""
    assert {one.modified for one in records if isinstance(one, Advisory)} == {"2026-11-23T08:10:14Z"}
    pool = [path for path in site.web.paths if path.startswith("/pool/")]
    assert len(pool) == 3, "only the packaging of what is outstanding"
    assert not list((site.into / "packaging").iterdir())


def test_indices_are_asked_for_by_hash(site: Site) -> None:
    site.fetch()
    listings = [path for path in site.web.paths if "/source/" in path]
    assert len(listings) == 3
    assert all("/by-hash/SHA256/" in path for path in listings)


def test_a_second_time_only_the_signed_indices_are_asked_for(site: Site) -> None:
    seen = site.fetch()
    site.web.asked.clear()
    assert site.fetch(seen=seen) is None
    assert sorted(site.web.paths) == sorted(f"/dists/{suite}/InRelease" for suite in SUITES)
    assert all(headers["If-None-Match"] for _, headers in site.web.asked)


def test_what_could_not_be_had_is_not_asked_for_each_time_but_again_after_an_hour(site: Site) -> None:
    gone = next(site.archive.root.glob("pool/main/z/zip/*"))
    content = gone.read_bytes()
    gone.unlink()
    seen = site.fetch()
    gone.write_bytes(content)
    assert site.fetch(seen=seen) is None
    hour_ago = time.time() - 3700
    os.utime(site.into / "manifest.json", (hour_ago, hour_ago))
    assert site.fetch(seen=seen) not in (None, seen)
    assert rows(parsed(site.into)) == EXPECTED


def test_what_fails_again_and_again_is_asked_for_ever_more_seldom(site: Site) -> None:
    next(site.archive.root.glob("pool/main/z/zip/*")).unlink()
    seen = site.fetch()
    for hours in (1, 2, 4, 8, 16, 32, 32):
        for passed, dials in ((hours * 3600 - 60, False), (hours * 3600 + 60, True)):
            before = time.time() - passed
            os.utime(site.into / "manifest.json", (before, before))
            site.web.asked.clear()
            assert site.fetch(seen=seen) is None, "nothing new: no new generation"
            assert any("/zip/" in path for path in site.web.paths) is dials, (hours, passed)


def test_a_host_that_lacks_more_is_looked_at_although_the_mirror_is_the_same(site: Site) -> None:
    del site.sources["zip"]
    seen = site.fetch()
    site.sources["zip"] = "3.0-13"
    assert site.fetch(seen=seen) not in (None, seen)
    assert rows(parsed(site.into)) == EXPECTED


def test_a_new_upload_is_read_and_the_rest_comes_from_the_cache(site: Site) -> None:
    seen = site.fetch()
    site.archive.source("bookworm-security", "dash", "0.5-1+deb12u1", log(
        ("0.5-1+deb12u1", "bookworm-security", "Fix CVE-2026-3333."), ("0.5-1", "unstable", "First."),
    ))  # fmt: skip
    site.archive.publish("bookworm-security", site.key, Date="Tue, 24 Nov 2026 08:00:00 UTC")
    site.web.asked.clear()
    again = site.fetch(seen=seen)
    assert again not in (None, seen)
    assert rows(parsed(site.into)) == EXPECTED | {("CVE-2026-3333", "dash"): ("0.5-1+deb12u1", "")}
    assert [path for path in site.web.paths if path.startswith("/pool/")] == [
        "/pool/main/d/dash/dash_0.5-1+deb12u1.debian.tar.xz"
    ]
    assert len(list((site.into / "indices").glob("*.xz"))) == 3, "indices that are out of use are thrown away"


def test_a_server_s_update_examines_all_that_the_security_suite_holds(site: Site) -> None:
    site.sources.clear()
    examined = {package for package, (_, read) in coverage(site.records(site.needs(everything=True))).items() if read}
    assert examined == {"openssl", "less"}


def test_what_another_host_had_examined_stays_known(site: Site) -> None:
    site.fetch()
    site.sources = {"dash": "0.5-1"}
    assert rows(site.records()) == EXPECTED


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "copy:{}"])
def test_a_mirror_on_this_machine(site: Site, form: str) -> None:
    assert rows(site.records(site.needs(url=form.format(site.archive.root)))) == EXPECTED
    assert site.web.asked == []


def test_a_mirror_without_by_hash(site: Site) -> None:
    for suite in SUITES:
        site.archive.publish(suite, site.key, Acquire_By_Hash="")
    assert rows(site.records()) == EXPECTED
    assert not any("by-hash" in path for path in site.web.paths)


# ── several mirrors, other suites ──


def test_a_suite_is_read_from_one_of_its_mirrors(site: Site) -> None:
    again = tuple(Mirror(f"{site.web.url}/", suite, ("main",), str(site.key.ring)) for suite in SUITES)
    needs = site.needs()
    twice = Needs(needs.platforms, needs.sources, {HERE: (*needs.mirrors[HERE], *again)})
    assert rows(site.records(twice)) == EXPECTED
    assert len([path for path in site.web.paths if path.endswith("InRelease")]) == 3


@pytest.mark.parametrize("down", ["http://127.0.0.1:9", "ftp://127.0.0.1", "mirror+https://127.0.0.1/list", "/absent"])
def test_the_next_mirror_of_a_suite_stands_in_for_one_that_does_not_serve(site: Site, down: str) -> None:
    dead = tuple(Mirror(down, suite, ("main",)) for suite in SUITES)
    needs = site.needs()
    both = Needs(needs.platforms, needs.sources, {HERE: (*dead, *needs.mirrors[HERE])})
    records = site.records(both)
    assert rows(records) == EXPECTED
    assert notes(records) == ""


def test_components_of_one_suite_are_read_together(site: Site) -> None:
    needs = site.needs()
    parts = tuple(
        Mirror(mirror.url, mirror.suite, (component,), mirror.signed_by)
        for mirror in needs.mirrors[HERE]
        for component in ("main", "contrib")
    )
    assert rows(site.records(Needs(needs.platforms, needs.sources, {HERE: parts}))) == EXPECTED
    assert len([path for path in site.web.paths if path.endswith("InRelease")]) == 3


OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "Debian's backports": (
        "bookworm-backports", {"Origin": "Debian Backports", "Codename": "bookworm-backports"}, "",
    ),
    "backports by their suite's name": (
        "bookworm-backports", {"Codename": "bookworm", "Suite": "stable-backports"}, "backports",
    ),
    "unstable": ("sid", {"Codename": "sid", "Suite": "unstable", "Version": ""}, "names no release"),
    "the next release": ("trixie", {"Codename": "trixie", "Version": "13.2"}, "of release 13.2, not 12"),
    "a third party": ("stable", {"Origin": "Docker", "Codename": "bookworm", "Version": ""}, ""),
    "another distribution": ("noble", {"Origin": "Ubuntu", "Codename": "noble", "Version": "24.04"}, "of Ubuntu"),
}  # fmt: skip


@pytest.mark.parametrize("who", OTHERS)
def test_other_suites_do_not_tell_what_this_release_has(site: Site, who: str) -> None:
    suite, fields, why = OTHERS[who]
    site.archive.source(suite, "zip", "99-1", log(("99-1", "sid", "Fix CVE-2026-9999."), ("1-1", "sid", "x")))
    site.archive.publish(suite, site.key, **fields)
    records = site.records(site.needs(*SUITES, suite))
    assert rows(records) == EXPECTED
    assert why in notes(records)
    assert bool(notes(records)) is bool(why)


def test_ubuntu_s_suites_share_one_codename(site: Site) -> None:
    text = log(
        ("3.0.13-0ubuntu3.5", "noble-security", "SECURITY UPDATE: CVE-2024-13176"), ("3.0.13-0ubuntu3", "noble", "x")
    )
    site.archive.source("noble", "openssl", "3.0.13-0ubuntu3", text)
    for suite in ("noble-updates", "noble-security"):
        site.archive.source(suite, "openssl", "3.0.13-0ubuntu3.5", text)
    for suite in ("noble", "noble-updates", "noble-security", "noble-backports"):
        site.archive.publish(suite, site.key, Origin="Ubuntu", Suite=suite, Codename="noble", Version="24.04")
    site.sources = {"openssl": "3.0.13-0ubuntu3"}
    suites = ("noble", "noble-updates", "noble-security", "noble-backports")
    records = site.records(site.needs(*suites, platform="ubuntu:24.04"))
    assert rows(records) == {("CVE-2024-13176", "openssl"): ("3.0.13-0ubuntu3.5", "")}
    assert "noble-backports was not read" in notes(records)


def test_no_apt_source_of_the_distribution_is_an_error(site: Site) -> None:
    site.archive.publish("stable", site.key, Origin="Docker")
    with pytest.raises(FeedError, match="distribution's own"):
        site.fetch(site.needs("stable"))
    with pytest.raises(FeedError, match="no apt source"):
        site.fetch(Needs(mirrors={HERE: ()}))


# ── what must not be believed ──


def damaged(name: str, change: Callable[[bytes], bytes]) -> Callable[[Site], None]:
    def damage(site: Site) -> None:
        for path in site.archive.root.glob(name):
            if path.is_file():
                path.write_bytes(change(path.read_bytes()))

    return damage


def by_a_stranger(site: Site, keys: tuple[Key, Key]) -> None:
    for suite in SUITES:
        site.archive.publish(suite, keys[1])


def test_a_mirror_signed_by_a_stranger_is_refused(
    site: Site, keys: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_a_stranger(site, keys)
    with pytest.raises(FeedError, match="not good"):
        site.fetch()
    assert not list(site.into.glob("manifest.json"))
    monkeypatch.setenv("SHINDAN_ARCHIVE_UNVERIFIED", "1")
    assert rows(site.records()) == EXPECTED


@pytest.mark.parametrize(
    "damage",
    [
        damaged("dists/*/InRelease", lambda content: content.replace(b"Debian", b"Dabian")),
        damaged("dists/*/InRelease", lambda content: content[:-200]),
        damaged("dists/*/InRelease", lambda content: b"<html>Please log in to the hotel's network</html>"),
        damaged("dists/**/Sources.xz", lambda content: content[:-1] + b"x"),
        damaged("dists/**/by-hash/SHA256/*", lambda content: content + b"more"),
    ],
    ids=["altered", "cut", "a captive portal", "index", "index by hash"],
)
def test_a_tampered_or_torn_index_is_refused(site: Site, damage: Callable[[Site], None]) -> None:
    site.archive.publish("bookworm", site.key, Acquire_By_Hash="")
    damage(site)
    damaged("dists/bookworm/main/source/Sources.xz", lambda content: content[:-1])(site)
    with pytest.raises(FeedError):
        site.fetch(site.needs("bookworm"))
    assert not (site.into / "manifest.json").exists()


def test_a_mirror_in_motion_leaves_what_is_in_force(site: Site) -> None:
    seen = site.fetch()
    before = (site.into / "manifest.json").read_bytes()
    damaged("dists/bookworm-security/main/source/Sources.xz", lambda content: b"new")(site)
    site.archive.source("bookworm-security", "dash", "0.5-1+deb12u1", log(("0.5-1+deb12u1", "bookworm", "x")))
    site.archive.publish("bookworm-security", site.key)
    for path in site.archive.root.glob("dists/bookworm-security/main/source/**/*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(FeedError, match="404"):
        site.fetch(seen=seen)
    assert (site.into / "manifest.json").read_bytes() == before
    assert rows(parsed(site.into)) == EXPECTED


def test_a_suite_that_is_down_is_noted_where_nothing_is_in_force_yet(site: Site) -> None:
    (site.archive.root / "dists/bookworm-security/InRelease").unlink()
    records = site.records()
    assert set(rows(records)) == {("CVE-2024-1111", "zip")}
    assert "bookworm-security was not read" in notes(records)


def test_a_third_party_that_is_down_does_not_stop_the_rest(site: Site) -> None:
    seen = site.fetch()
    needs = site.needs()
    third = Mirror("http://127.0.0.1:9/linux", "bookworm-pgdg", ("main",))
    more = Needs(needs.platforms, needs.sources, {HERE: (*needs.mirrors[HERE], third)})
    assert site.fetch(more, seen=seen) is not None
    assert "bookworm-pgdg was not read" in notes(parsed(site.into))


def test_a_mirror_that_falls_back_to_an_older_state_is_refused(site: Site) -> None:
    seen = site.fetch()
    site.archive.publish("bookworm-security", site.key, Date="Mon, 02 Nov 2026 08:10:14 UTC")
    with pytest.raises(FeedError, match="older than the one of 2026-11-23"):
        site.fetch(seen=seen)


def test_an_index_that_calls_itself_outdated_is_used_and_noted(site: Site) -> None:
    site.archive.publish("bookworm-security", site.key, Valid_Until="Tue, 24 Nov 2026 11:59:00 UTC")
    records = site.records()
    assert rows(records) == EXPECTED
    assert "calls itself outdated since 2026-11-24T11:59:00Z" in notes(records)


def test_a_mirror_out_of_reach_is_said_so(site: Site) -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        site.fetch(site.needs(url="http://127.0.0.1:9"))


# ── changelogs that cannot be had ──


def test_one_missing_packaging_leaves_its_source_unexamined(site: Site) -> None:
    next(site.archive.root.glob("pool/main/z/zip/*")).unlink()
    records = site.records()
    assert set(rows(records)) == {key for key in EXPECTED if key[1] != "zip"}
    assert coverage(records)["zip"] == ("3.0-13+deb12u1", False)
    assert "1 changelogs could not be read, such as zip's" in notes(records)
    assert "404" in notes(records)


@pytest.mark.parametrize("content", [b"", b"altered", b"\xfd7zXZ\x00 torn"])
def test_packaging_that_is_not_what_the_index_says_is_not_read(site: Site, content: bytes) -> None:
    next(site.archive.root.glob("pool/main/z/zip/*")).write_bytes(content)
    assert coverage(site.records())["zip"] == ("3.0-13+deb12u1", False)


def test_no_changelog_at_all_is_an_error(site: Site) -> None:
    for path in site.archive.root.glob("pool/main/*/*/*"):
        path.unlink()
    with pytest.raises(FeedError, match="no changelog could be had"):
        site.fetch()


def test_a_binary_package_tells_what_missing_packaging_would(site: Site) -> None:
    next(site.archive.root.glob("pool/main/o/openssl/*deb12u1*")).unlink()
    site.archive.binary("bookworm-security", "libssl-dev", "openssl", "3.0.1-1+deb12u1", "")
    site.archive.binary("bookworm-security", "libssl3", "openssl", "3.0.1-1+deb12u1", SSL)
    site.archive.publish("bookworm-security", site.key)
    assert rows(site.records()) == EXPECTED


def test_a_mirror_that_holds_no_sources_is_read_by_its_binaries(site: Site) -> None:
    for suite, package, version, text in (
        ("bookworm", "zip", "3.0-13+deb12u1", ZIP),
        ("bookworm", "openssl", "3.0.1-1", SSL_BASE),
        ("bookworm-security", "openssl", "3.0.1-1+deb12u1", SSL),
        ("bookworm-security", "less", "590-2.1~deb12u2", LESS),
    ):
        site.archive.binary(suite, f"{package}-bin", package, version, text)
    for suite in SUITES:
        site.archive.publish(suite, site.key, sources=False)
    for path in site.archive.root.glob("pool/main/*/*/*.[dt]*[zf]"):
        path.unlink()
    expected = {key: pair for key, pair in EXPECTED.items() if key[0] != "CVE-2022-46663"}
    found = rows(site.records())
    assert {key: found.get(key) for key in expected} == expected


# ── the folder as it is parsed ──


def test_the_folder_may_be_imported_as_it_is(site: Site, tmp_path: Path) -> None:
    site.fetch()
    os.rename(site.into, tmp_path / "carried")
    assert rows(parsed(tmp_path / "carried")) == EXPECTED


def test_a_changelog_that_is_gone_or_torn_is_fetched_again(site: Site) -> None:
    seen = site.fetch()
    for path in (site.into / "changelogs").iterdir():
        path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(FeedError, match="torn or gone") as caught:
        parsed(site.into)
    assert "update archive" in caught.value.remedy
    for path in (site.into / "changelogs").iterdir():
        path.unlink()
    assert site.fetch(seen=seen) is None
    assert rows(parsed(site.into)) == EXPECTED


def manifest(**changes: object) -> str:
    entry = {"newest": "1", "changelog": "a" * 64, "versions": ["1"]} | changes
    said = {"notes": [], "codenames": [], "date": "", "sources": {"x": entry}}
    return json.dumps({"platforms": {HERE: said}})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"platforms": []}', '{"platforms": {"debian:12": {}}}', "[" * 100_000,
     manifest(changelog="../../../etc/passwd"), manifest(changelog=7), manifest(versions=7), manifest()],
)  # fmt: skip
def test_a_folder_of_anything_else_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    (tmp_path / "changelogs").mkdir()
    if '"versions": 7' in text:
        (tmp_path / "changelogs" / f"{'a' * 64}.gz").write_bytes(gzip.compress(SSL.encode()))
    with pytest.raises(FeedError):
        parsed(tmp_path)


def test_a_folder_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no folder"):
        parsed(tmp_path)


def test_it_is_never_asked_without_need(site: Site) -> None:
    assert not ArchiveFeed().serves(site.needs())


def test_apt_s_proxy_is_used(site: Site) -> None:
    proxied: list[str] = []
    serve = site.web.answer

    def answer(handler: object) -> None:
        proxied.append(handler.path)  # type: ignore[attr-defined]
        handler.path = handler.path.removeprefix("http://mirror.invalid")  # type: ignore[attr-defined]
        serve(handler)  # type: ignore[arg-type]

    site.web.answer = answer
    feed = ArchiveFeed(clock=lambda: NOON, proxies=lambda: {"http": site.web.url})
    with Downloader() as get:
        feed.fetch(get, site.needs(url="http://mirror.invalid"), site.into, None)
    assert rows(parsed(site.into)) == EXPECTED
    assert all(path.startswith("http://mirror.invalid/") for path in proxied)


def test_a_server_in_trouble_is_asked_again(site: Site) -> None:
    serve, failed = site.web.answer, []

    def answer(handler: object) -> None:
        path: str = handler.path  # type: ignore[attr-defined]
        if "/pool/" in path and path not in failed:
            failed.append(path)
            reply(handler, b"", 503)  # type: ignore[arg-type]
            return
        serve(handler)  # type: ignore[arg-type]

    site.web.answer = answer
    assert rows(site.records()) == EXPECTED
    assert len(failed) == 3
