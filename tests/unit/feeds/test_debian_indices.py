"""The indices that Debian's tracker is completed by: verified where this machine can, and never taken if forged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher import publishing
from shindan.feeds import debian_indices
from shindan.feeds.base import Needs
from shindan.feeds.debian_indices import fetch_indices, remarks
from shindan.feeds.download import Downloader
from unit.feeds.mirror import Archive, Key, make_key, stop_agent

BOOKWORM = Needs(platforms=frozenset({"debian:12"}))
SUITES = ("bookworm", "bookworm-updates", "bookworm-security")

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    folder = tmp_path_factory.mktemp("k")
    made = make_key(folder, "debian"), make_key(folder, "stranger")
    yield made
    for key in made:
        stop_agent(key)


@pytest.fixture
def archive(tmp_path: Path, keys: tuple[Key, Key]) -> Archive:
    made = Archive(tmp_path / "mirror")
    for suite in SUITES:
        made.source(suite, "zip", "3.0-13", "zip (3.0-13) unstable; urgency=low\n")
        made.publish(suite, keys[0])
    return made


def fetched(archive: Archive, into: Path, monkeypatch: pytest.MonkeyPatch, *rings: Path) -> tuple[list[str], list[str]]:
    """(Suites whose index is at hand, remarks), from a mirror on this machine."""
    for variable in ("SHINDAN_DEBIAN_MIRROR", "SHINDAN_DEBIAN_SECURITY_MIRROR"):
        monkeypatch.setenv(variable, str(archive.root))
    with Downloader() as get:
        fetch_indices(get, BOOKWORM, into, keyrings=rings)
    return sorted(path.name.partition("_")[0] for path in into.glob("[!.]*")), list(remarks(into))


def test_what_debian_signed_is_taken_without_a_word(
    archive: Archive, keys: tuple[Key, Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, told = fetched(archive, tmp_path / "into", monkeypatch, keys[0].ring, tmp_path / "absent.gpg")
    assert (held, told) == (sorted(SUITES), [])


def test_without_a_keyring_they_are_taken_and_said_to_be_unverified(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, (told,) = fetched(archive, tmp_path / "into", monkeypatch, tmp_path / "absent.gpg")
    assert held == sorted(SUITES)
    assert "not verified by a signature" in told and "debian-archive-keyring" in told


def test_an_own_mirror_without_signatures_is_taken_and_said_to_be_unverified(
    archive: Archive, keys: tuple[Key, Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suite in SUITES:
        (archive.root / f"dists/{suite}/InRelease").unlink()
    held, (told,) = fetched(archive, tmp_path / "into", monkeypatch, keys[0].ring)
    assert held == sorted(SUITES) and "has no InRelease" in told


def _by_a_stranger(archive: Archive, keys: tuple[Key, Key]) -> None:
    archive.publish("bookworm", keys[1])


def _torn(archive: Archive, _: tuple[Key, Key]) -> None:
    path = archive.root / "dists/bookworm/InRelease"
    path.write_bytes(path.read_bytes().replace(b"Suite: stable", b"Suite: stabel"))


def _another_suite(archive: Archive, _: tuple[Key, Key]) -> None:
    dists = archive.root / "dists"
    (dists / "bookworm/InRelease").write_bytes((dists / "bookworm-updates/InRelease").read_bytes())


def _portal(archive: Archive, _: tuple[Key, Key]) -> None:
    (archive.root / "dists/bookworm/InRelease").write_text("<html>Log in</html>")


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (_by_a_stranger, "signature of"),
        (_torn, "signature of"),
        (_another_suite, "that of bookworm-updates"),
        (_portal, "no signed index"),
    ],
    ids=[
        "signed by a stranger",
        "altered after signing",
        "another suite's",
        "a captive portal",
    ],
)
def test_what_is_not_signed_by_debian_is_refused_and_an_older_copy_goes(
    harm: Callable[[Archive, tuple[Key, Key]], None],
    why: str,
    archive: Archive,
    keys: tuple[Key, Key],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    into = tmp_path / "into"
    fetched(archive, into, monkeypatch, keys[0].ring)
    harm(archive, keys)
    held, (told,) = fetched(archive, into, monkeypatch, keys[0].ring)
    assert held == ["bookworm-security", "bookworm-updates"]
    assert told.startswith("the index of bookworm was refused: ") and why in told


def test_an_index_that_the_signature_does_not_cover_is_refused(
    archive: Archive, keys: tuple[Key, Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive.root / "dists/bookworm/main/source"
    for path in (*folder.glob("by-hash/SHA256/*"), folder / "Sources.xz"):
        path.write_bytes(b"forged")
    held, (told,) = fetched(archive, tmp_path / "into", monkeypatch, keys[0].ring)
    assert held == ["bookworm-security", "bookworm-updates"]
    assert told.startswith("the index of bookworm was refused: ")


def test_the_public_mirror_without_signatures_is_refused(
    archive: Archive, keys: tuple[Key, Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"/" + str(path.relative_to(archive.root)): path.read_bytes() for path in archive.root.rglob("Sources.xz")}
    with publishing(files) as publisher, Downloader() as get:
        for name in ("MIRROR", "SECURITY_MIRROR"):
            monkeypatch.setattr(debian_indices, name, publisher.url)
        fetch_indices(get, BOOKWORM, tmp_path / "into", keyrings=[keys[0].ring])
    assert not list((tmp_path / "into").glob("[!.]*"))
    assert all("has no InRelease" in told for told in remarks(tmp_path / "into"))


def test_a_second_time_only_the_signed_indices_are_asked_for(
    archive: Archive, keys: tuple[Key, Key], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "/" + str(path.relative_to(archive.root)): path.read_bytes()
        for path in archive.root.rglob("*")
        if path.is_file()
    }
    with publishing(files) as publisher, Downloader() as get:
        for variable in ("SHINDAN_DEBIAN_MIRROR", "SHINDAN_DEBIAN_SECURITY_MIRROR"):
            monkeypatch.setenv(variable, publisher.url)
        first = fetch_indices(get, BOOKWORM, tmp_path / "into", keyrings=[keys[0].ring])
        assert publisher.statuses() == [200] * 6
        assert fetch_indices(get, BOOKWORM, tmp_path / "into", keyrings=[keys[0].ring]) == first
        assert publisher.statuses() == [304] * 3
    assert remarks(tmp_path / "into") == []
