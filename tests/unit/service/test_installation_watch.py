"""What is told of the installation itself: once when it comes to be so, and again when it comes again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channeled import Channeled, channeled
from shindan.service import certificates
from shindan.service.installation_watch import look
from worlds import import_records, record


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channeled]:
    yield from channeled("sqlite", tmp_path, monkeypatch)


def told(here: Channeled) -> list[tuple[str, Any]]:
    return [(one["what"], one["name"]) for message in here.digest() for one in message["happened"]]


def test_advisories_that_grow_old(here: Channeled, tmp_path: Path) -> None:
    here.channel(events=("feed-stale", "certificate-ending"))
    import_records(tmp_path, [record("CVE-2026-0001", "openssl", "3.0.17")])  # its newest record is of yesterday
    look(here.world.service, None)
    assert told(here) == []
    here.times.go(days=8)
    look(here.world.service, None)
    look(here.world.service, None)
    assert told(here) == [("feed-stale", "osv")]
    fresh = {"modified": "2026-12-02T10:00:00Z", "published": "2026-12-02T10:00:00Z"}
    import_records(tmp_path, [record("CVE-2026-0001", "openssl", "3.0.17", **fresh)])
    look(here.world.service, None)
    here.times.go(days=9)
    look(here.world.service, None)
    assert told(here) == [("feed-stale", "osv")] * 2


def test_a_certificate_that_ends(here: Channeled, tmp_path: Path) -> None:
    made = certificates.make(tmp_path, ["shindan.test"])
    here.channel(events=("certificate-ending",))
    steps = []
    for days in (0, 300, 68, 23, 6, 2):  # its 397 days come to an end
        here.times.go(days=days)
        look(here.world.service, made.path)
        steps.append(len(told(here)))
    assert steps == [0, 0, 1, 2, 3, 3]


def test_nobody_asks(here: Channeled, tmp_path: Path) -> None:
    here.times.go(days=400)
    look(here.world.service, certificates.make(tmp_path, ["shindan.test"]).path)
    here.channel(events=("certificate-ending",))
    assert told(here) == []
