"""Advisories for the hosts at hand: what is taken over, what is fetched, and what never goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import World, facts, worlds
from shindan.feeds.base import Mirror, Needs
from shindan.service.feed_supply import FeedSupply, needs_in, union
from shindan.service.feeds import FeedDesk
from worlds import import_records, record, write_json

FLAW = record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds("sqlite", tmp_path)


def supply(world: World, cache: Path | None = None, *, update: bool = False) -> FeedSupply:
    return FeedSupply(world.database, world.service.blobs, world.service.data, cache, update=update)


def names(folder: Path) -> list[str]:
    return [one.name for one in FeedDesk(folder).generations()]


def test_a_new_release_takes_the_users_own_advisories(world: World, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    import_records(cache, [FLAW])
    supply(world, cache).supply([facts({"openssl": "3.0.11"}, os="ubuntu", version="24.04")])
    assert names(world.service.data) == []
    supply(world, cache).supply([facts({"openssl": "3.0.11"})])
    assert names(world.service.data) == ["osv"]
    supply(world, cache).supply([facts({"openssl": "3.0.11"})])
    supply(world, world.service.data).supply([facts({"openssl": "3.0.11"})])
    assert names(world.service.data) == ["osv"]


def test_an_older_generation_does_not_replace_a_newer_one(world: World, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    import_records(cache, [FLAW])
    import_records(world.service.data, [FLAW, record("CVE-2024-1", "bash", "2")])
    (before,) = FeedDesk(world.service.data).generations()
    supply(world, cache).supply([facts({"openssl": "3.0.11"})])
    assert FeedDesk(world.service.data).generations() == (before,)


def test_what_cannot_be_fetched_is_told_and_no_error(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("DEBIAN", "OSV", "KEV", "EPSS", "NVD", "UBUNTU"):
        monkeypatch.setenv(f"SHINDAN_FEED_{name}_URL", str(tmp_path / "missing"))
    with caplog.at_level("INFO", "shindan.feeds"):
        supply(world, update=True).supply([facts({"openssl": "3.0.11"})])
    assert "advisories wanted: debian:12" in caplog.text
    assert "feed not reached: debian" in caplog.text


def test_why_a_release_stays_without_is_said(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = [facts({"openssl": "3.0.11"})]
    off = supply(world).supply(here)
    assert off is not None and "feeds_update" in off["debian:12"] and "feeds import" in off["debian:12"]
    for name in ("DEBIAN", "OSV", "KEV", "EPSS", "NVD"):
        monkeypatch.setenv(f"SHINDAN_FEED_{name}_URL", str(tmp_path / "missing"))
    tried = supply(world, update=True).supply(here)
    assert tried is not None and tried["debian:12"].startswith("Advisories of it could not be fetched: debian: ")
    assert "kev" not in tried["debian:12"], "an enrichment that is missing is not the reason"
    import_records(world.service.data, [FLAW])
    assert supply(world, update=True).supply(here) == {}


def test_who_comes_while_somebody_fetches_is_seen_to_by_that_one(world: World, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    import_records(cache, [FLAW])
    shared = supply(world, cache)
    here, other = facts({"openssl": "3.0.11"}), facts({"openssl": "3.0.11"}, os="ubuntu", version="24.04")
    outcomes: list[object] = []

    def meanwhile() -> Iterator[bytes]:
        world.host("web1")  # a second host comes, and its own fetch finds the first one going on
        outcomes.append(shared.supply([other]))
        yield other

    why = shared.supply(meanwhile())
    assert outcomes == [None]
    assert why is not None and set(why) == {"ubuntu:24.04"}
    assert names(world.service.data) == ["osv"], "the known host's release was looked for, too"
    assert shared.supply([here]) == {}, "it is free again"


def test_renewal_serves_all_known_hosts_and_says_whether_something_is_new(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBIAN", "OSV", "EPSS", "NVD"):
        monkeypatch.setenv(f"SHINDAN_FEED_{name}_URL", str(tmp_path / "missing"))
    entry = {"cveID": "CVE-2024-0001", "dateAdded": "2026-01-02", "dueDate": "2026-01-23"}
    source = write_json(tmp_path / "kev.json", {"vulnerabilities": [entry]})
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", str(source))
    assert supply(world, update=True).renew() is False
    world.host("web1")
    assert supply(world, update=False).renew() is False
    assert supply(world, update=True).renew() is True
    assert names(world.service.data) == ["kev"]
    assert supply(world, update=True).renew() is False


def test_needs_of_several_hosts_together() -> None:
    one = needs_in(facts({"openssl": "3.0.9-1", "bash": "5.2-1"}))
    other = needs_in(facts({"openssl": "3.0.10-1"}))
    ubuntu = needs_in(facts({"bash": "5.1-1"}, os="ubuntu", version="24.04"))
    mirror = Mirror("http://deb.example/debian", "bookworm", ("main",), "")
    with_mirror = Needs(mirrors={"debian:12": (mirror, mirror)})
    found = union([other, one, ubuntu, with_mirror])
    assert found.platforms >= {"debian:12", "ubuntu:24.04"}
    assert found.sources["debian:12", "openssl"] == "3.0.9-1"
    assert found.mirrors["debian:12"] == (mirror,)
    assert union([]) == Needs()
