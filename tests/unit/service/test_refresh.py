"""What `scan` fetches before it judges, and what it says of what it could not reach."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from shindan.facts.fact import Fact
from shindan.feeds.base import Mirror, Needs
from shindan.model.advisory import Generation
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import subject_of
from shindan.service.feeds import FeedDesk, Updated
from shindan.service.needs import needs_of
from shindan.service.refresh import refresh
from worlds import BOOKWORM, deb

MIRROR = Mirror("http://deb.debian.org/debian-security", "bookworm-security")
NEEDS = Needs(frozenset({"debian:12"}), {}, {"debian:12": (MIRROR,)})
TRACKER = Generation("debian", "debian", "d" * 64, "", "", "states", platforms=("debian:12",))


class Desk(FeedDesk):
    """A desk whose feeds answer as a test says; it notes what was asked."""

    def __init__(self, folder: Path, outcomes: dict[str, str], generations: tuple[Generation, ...] = ()) -> None:
        super().__init__(folder)
        self._outcomes = outcomes
        self._held = generations
        self.asked: list[str] = []

    def due(self, needs: Needs) -> tuple[str, ...]:
        return tuple(name for name in self._outcomes if name != "archive")

    def update(self, needs: Needs, names: Collection[str] = ()) -> list[Updated]:
        self.asked += names
        return [Updated(name, self._outcomes[name], "no way out") for name in names]  # type: ignore[arg-type]

    def generations(self) -> tuple[Generation, ...]:
        return self._held


@pytest.mark.parametrize(
    ("outcomes", "generations", "asked"),
    [
        ({"debian": "updated", "archive": "updated"}, (TRACKER,), ["debian"]),
        ({"debian": "unchanged", "archive": "updated"}, (TRACKER,), ["debian"]),
        ({"debian": "failed", "archive": "updated"}, (), ["debian", "archive"]),
        ({"debian": "failed", "archive": "updated"}, (TRACKER,), ["debian", "archive"]),
        ({"kev": "failed", "archive": "updated"}, (TRACKER,), ["kev"]),
    ],
    ids=[
        "a tracker that came needs no mirror",
        "nor does one that has not changed",
        "no tracker: the mirror",
        "an old tracker that was missed: the mirror beside it",
        "a missed enrichment is no reason",
    ],
)
def test_the_mirror_is_read_only_where_the_tracker_is_missed(
    tmp_path: Path, outcomes: dict[str, str], generations: tuple[Generation, ...], asked: list[str]
) -> None:
    said: list[str] = []
    desk = Desk(tmp_path, outcomes, generations)
    refresh(desk, NEEDS, said.append)
    assert desk.asked == asked
    assert any("fixed CVEs only" in line for line in said) == ("archive" in asked)
    assert any(line.startswith("not reached") for line in said) == ("failed" in outcomes.values())


def test_a_host_needs_its_release_its_sources_and_its_mirrors() -> None:
    facts = [
        BOOKWORM,
        deb("libssl3", "3.0.15-1", source="openssl"),
        deb("openssl", "3.0.11-1"),
        deb("linux-image", "6.12.95-1~bpo12+1", source="linux"),
        Fact("repository", "a", {"url": MIRROR.url, "suite": MIRROR.suite, "components": ["main"], "enabled": True}),
        Fact("repository", "b", {"url": "http://off", "suite": "sid", "enabled": False}),
    ]
    inventory = Inventory(facts)
    needs = needs_of(inventory, [subject_of(fact) for fact in inventory.all("package")])
    assert needs.platforms == {"debian:12", "debian:13"}, "a backport is judged by the release it was taken from"
    assert needs.sources[("debian:12", "openssl")] == "3.0.11-1", "the oldest of two"
    assert [(mirror.url, mirror.suite) for mirror in needs.mirrors["debian:12"]] == [(MIRROR.url, MIRROR.suite)]
