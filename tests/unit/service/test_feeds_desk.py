"""Feeds are updated, imported and withdrawn at one desk; nothing half-done is ever in force."""

from __future__ import annotations

import gzip
import resource
from datetime import datetime
from pathlib import Path

import pytest

from shindan.engine.clock import now, stamp
from shindan.feeds.base import Mirror, Needs
from shindan.feeds.workspace import State, Workspace
from shindan.model.advisory import Coverage
from shindan.model.errors import FeedError, StoreError
from shindan.service.feed_rows import known_rows, status_rows
from shindan.service.feeds import FeedDesk, _digest, feed_named, known_feeds
from shindan.store.advisories import AdvisoryStore
from worlds import import_records, record, write_json

NEEDS = Needs(frozenset({"debian:12"}))
EPSS = gzip.compress(
    b"#model_version:v2025.03.14,score_date:2026-11-24T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.1,0.2\n"
)
FLAW = record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1")


def in_force(desk: FeedDesk) -> list[tuple[str, int]]:
    return [(generation.name, generation.advisories) for generation in desk.generations()]


def test_the_same_label_replaces_and_another_adds(tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_records(data, [FLAW])
    import_records(data, [FLAW, record("CVE-2", "bash", None)])
    import_records(data, [record("OURS-1", "bash", None)], label="ours")
    assert in_force(FeedDesk(data)) == [("osv", 2), ("osv@ours", 1)]


def test_a_malformed_import_leaves_the_old_generation_in_force(tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_records(data, [FLAW])
    torn = tmp_path / "torn.json"
    torn.write_text('[{"id": "CVE-1", "modified": "2026', encoding="utf-8")
    with pytest.raises(FeedError, match=r"torn\.json"):
        FeedDesk(data).import_("osv", torn)
    assert in_force(FeedDesk(data)) == [("osv", 1)]
    assert not list((data / "advisories").glob("*.tmp*"))


def test_an_import_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no records"):
        FeedDesk(tmp_path / "data").import_("osv", write_json(tmp_path / "none.json", []))
    with pytest.raises(FeedError, match="does not exist"):
        FeedDesk(tmp_path / "data").import_("osv", tmp_path / "nowhere.json")


def test_rollback_and_removal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_records(data, [FLAW])
    import_records(data, [FLAW, record("CVE-2", "bash", None)])
    desk = FeedDesk(data)
    desk.rollback("osv")
    assert in_force(desk) == [("osv", 1)]
    desk.remove("osv")
    assert in_force(desk) == []
    with pytest.raises(StoreError, match="no generation is called osv"):
        desk.remove("osv")


def test_an_unknown_feed_is_refused_with_the_names() -> None:
    with pytest.raises(FeedError) as caught:
        feed_named("nope")
    assert "kev" in caught.value.remedy


def test_a_feed_follows_its_address_to_a_local_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noon: datetime
) -> None:
    catalogue = write_json(tmp_path / "kev.json", {"vulnerabilities": [_kev("CVE-2023-5678")]})
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", str(catalogue))
    desk = FeedDesk(tmp_path / "data")
    assert [(result.feed, result.outcome) for result in desk.update(NEEDS, ["kev"])] == [("kev", "updated")]
    assert [(result.feed, result.outcome) for result in desk.update(NEEDS, ["kev"])] == [("kev", "unchanged")]
    write_json(catalogue, {"vulnerabilities": [_kev("CVE-2023-5678"), _kev("CVE-2024-3094")]})
    assert [(result.feed, result.outcome) for result in desk.update(NEEDS, ["kev"])] == [("kev", "updated")]
    (row,) = status_rows(desk.generations())
    assert (row["name"], row["enrichments"]) == ("kev", 2)
    assert "kev" not in desk.due(NEEDS), "it was asked just now"


def test_one_feed_that_fails_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHINDAN_FEED_EPSS_URL", str(tmp_path / "missing.csv.gz"))
    monkeypatch.setenv(
        "SHINDAN_FEED_KEV_URL", str(write_json(tmp_path / "kev.json", {"vulnerabilities": [_kev("CVE-2024-0001")]}))
    )
    desk = FeedDesk(tmp_path / "data")
    results = desk.update(NEEDS, ["epss", "kev"])
    assert [(result.feed, result.outcome) for result in results] == [("epss", "failed"), ("kev", "updated")]
    assert "does not exist" in results[0].text
    assert "epss" not in desk.due(NEEDS), "what just failed is left alone for a while"


def test_a_feed_that_fails_again_and_again_is_left_alone_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noon: datetime
) -> None:
    monkeypatch.setenv("SHINDAN_FEED_EPSS_URL", str(tmp_path / "missing.csv.gz"))
    desk, moment = FeedDesk(tmp_path / "data"), int(noon.timestamp())
    for hours in (1, 2, 4, 8, 12, 12):
        desk.update(NEEDS, ["epss"])
        for passed, due in ((hours * 3600 - 60, False), (hours * 3600, True)):
            monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment + passed))
            assert ("epss" in desk.due(NEEDS)) is due, (hours, passed)
        moment += hours * 3600
    (tmp_path / "missing.csv.gz").write_bytes(EPSS)
    assert desk.update(NEEDS, ["epss"])[0].outcome == "updated"
    (tmp_path / "missing.csv.gz").unlink()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment + 13 * 3600))
    desk.update(NEEDS, ["epss"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment + 14 * 3600))
    assert "epss" in desk.due(NEEDS), "after a success it begins anew"


def test_a_full_disk_is_told_and_the_old_generation_stays(tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_records(data, [FLAW])
    many = [record(f"CVE-2024-{number}", "bash", None, details="x" * 2000) for number in range(1000)]
    folder = tmp_path / "incoming" / "many.json"
    write_json(folder, many)
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, former[1]))  # as much as this disk takes of one file
    try:
        with pytest.raises(StoreError, match="cannot write the advisory database") as caught:
            FeedDesk(data).import_("osv", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert "free some space" in caught.value.remedy
    assert in_force(FeedDesk(data)) == [("osv", 1)]
    assert not list((data / "advisories").glob("*.tmp*"))


def test_every_feed_is_listed_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", "https://mirror.example/kev.json")
    rows = {row["name"]: row for row in known_rows(known_feeds())}
    assert rows["kev"]["url"] == "https://mirror.example/kev.json"
    assert rows["epss"]["url"].startswith("https://")


def _kev(cve: str) -> dict[str, str]:
    return {"cveID": cve, "dateAdded": "2026-01-02", "dueDate": "2026-01-23"}


def test_the_mirror_is_not_asked_again_so_soon_for_what_it_could_not_tell(tmp_path: Path) -> None:
    needs = Needs(
        frozenset({"debian:12"}), {("debian:12", "bash"): "5.2-1"}, {"debian:12": (Mirror("http://m", "bookworm"),)}
    )
    AdvisoryStore(tmp_path / "advisories").write(
        "archive", "archive", [Coverage("debian:12", "bash", "deb", "5.2-2", examined=False)],
        knows="fixed", created="2026-11-25T00:00:00Z",
    )  # fmt: skip
    desk, workspace = FeedDesk(tmp_path), Workspace(tmp_path / "feeds/archive")
    asked = State(checked=stamp(now()), parser_version=1)
    workspace.save(asked)
    assert desk.archive_is_due(needs), "nobody knows what was asked for"
    workspace.save(asked.replace(asked=_digest(needs)))
    assert not desk.archive_is_due(needs)
    older = Needs(needs.platforms, {("debian:12", "bash"): "5.1-1"}, needs.mirrors)
    assert desk.archive_is_due(older), "another version was asked for"
    workspace.save(asked.replace(asked=_digest(needs), checked="2026-01-01T00:00:00Z"))
    assert desk.archive_is_due(needs), "long ago"
