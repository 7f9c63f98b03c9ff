"""A look at the feeds counts for ten minutes, for the very same host and advisories, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from examined import PLATFORM, fact, package
from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.service.hosts import HostFacts, checked
from shindan.service.looked import SECONDS, Look

REPOSITORY = fact("repository", "http://deb.example/ bookworm main", url="http://deb.example/", suite="bookworm")


def a_host(*facts: Fact) -> HostFacts:
    return checked("vm", Inventory([PLATFORM, *(facts or (REPOSITORY, package("bash")))]))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "advisories").mkdir()
    (tmp_path / "advisories" / "current.json").write_text("{}")
    Look(a_host(), tmp_path, lambda: 1000.0).note()
    return tmp_path


def counts(data: Path, host: HostFacts | None = None, at: float = 1001.0) -> bool:
    return Look(host or a_host(), data, lambda: at).counts()


def test_the_same_a_moment_later(data: Path) -> None:
    assert counts(data)
    assert counts(data, at=1000.0 + SECONDS - 1)


CHANGES: list[tuple[str, Callable[[Path], object]]] = [
    ("a generation came", lambda data: (data / "advisories" / "current.json").write_text('{"a": 1}')),
    ("the advisories went", lambda data: (data / "advisories" / "current.json").unlink()),
    ("the note is torn", lambda data: (data / "feeds" / "looked.json").write_text('{"of": ')),
    ("the note is of another form", lambda data: (data / "feeds" / "looked.json").write_text("[]")),
    ("the note went", lambda data: (data / "feeds" / "looked.json").unlink()),
]


@pytest.mark.parametrize("change", [case[1] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_it_counts_no_more_once(data: Path, change: Callable[[Path], object]) -> None:
    change(data)
    assert not counts(data)


@pytest.mark.parametrize(
    "facts",
    [
        (REPOSITORY, package("bash", "5.2-2")),
        (REPOSITORY, package("bash"), package("curl")),
        (REPOSITORY._replace(subject="http://other.example/ bookworm main"), package("bash")),
        (REPOSITORY._replace(data={**REPOSITORY.data, "enabled": False}), package("bash")),
    ],
)
def test_it_counts_for_no_other_host(data: Path, facts: tuple[Fact, ...]) -> None:
    assert not counts(data, a_host(*facts))


@pytest.mark.parametrize("at", [1000.0 + SECONDS, 5000.0, 999.0])
def test_it_is_over_after_ten_minutes_and_when_the_clock_was_set_back(data: Path, at: float) -> None:
    assert not counts(data, at=at)


def test_another_address_of_a_feed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHINDAN_FEED_OSV_URL", "http://mirror.example/")
    assert not counts(data)


def test_without_any_advisories_every_scan_looks(tmp_path: Path) -> None:
    Look(a_host(), tmp_path, lambda: 1000.0).note()
    assert not counts(tmp_path)


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("in the way")
    Look(a_host(), tmp_path).note()
    assert not Look(a_host(), tmp_path).counts()
