"""What was judged and what was not, and why: no package is passed over in silence."""

from __future__ import annotations

import pytest

from fakes import FakeAdvisories, generation
from shindan.facts.fact import Fact
from shindan.model.advisory import Coverage
from shindan.rules.cve.coverage import Judged, judged
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.subject import Subject, subject_of
from unit.rules.cve.cases import apk, rpm

TRACKER = generation("debian", platforms=("debian:12",))
ARCHIVE = generation("archive", knows="fixed", platforms=("debian:12",))


def place(version: str, advisories: FakeAdvisories, *, platform: str = "debian:12", **data: str) -> Judged:
    """The ledger entry of one package called `x`."""
    fact = Fact("package", "x", {"type": "deb", "version": version, "arch": "amd64", **data})
    (entry,) = judged([subject_of(fact)], platform, platform.partition(":")[0], {}, Matcher(advisories), advisories)
    return entry


def reach(newest: str, *, examined: bool) -> FakeAdvisories:
    """An archive that offers `newest` of source x, its changelog read or not."""
    return FakeAdvisories({ARCHIVE: []}, [Coverage("debian:12", "x", "deb", newest, examined)])


def test_a_tracker_judges_every_package_of_its_release() -> None:
    entry = place("1", FakeAdvisories({TRACKER: []}))
    assert entry.generations == ("debian",) and entry.assumed


def test_no_feed_for_the_release() -> None:
    assert place("1", FakeAdvisories({TRACKER: []}), platform="debian:11").why_not == "no-feed"


def test_a_foreign_package() -> None:
    entry = place("1", FakeAdvisories({TRACKER: []}), maintainer="Docker <support@docker.com>")
    assert entry.why_not == "foreign-origin" and "docker.com" in entry.text


def test_a_backport_needs_the_suite_it_rebuilds() -> None:
    entry = place("2-1~bpo12+1", FakeAdvisories({TRACKER: []}))
    assert entry.why_not == "no-feed" and "debian:13" in entry.text


def test_the_archive_offers_nothing_newer() -> None:
    assert place("2-1", reach("2-1", examined=False)).generations == ("archive",)


def test_the_archive_offers_something_newer_that_was_not_read() -> None:
    entry = place("1-1", reach("2-1", examined=False))
    assert entry.why_not == "not-examined" and "2-1" in entry.text


def test_the_archive_offers_something_newer_that_was_read() -> None:
    assert place("1-1", reach("2-1", examined=True)).generations == ("archive",)


def test_the_archive_does_not_know_the_source() -> None:
    assert place("1-1", FakeAdvisories({ARCHIVE: []})).why_not == "not-in-archive"


def test_a_tracker_beside_an_archive_that_did_not_look() -> None:
    advisories = FakeAdvisories({TRACKER: [], ARCHIVE: []}, [Coverage("debian:12", "x", "deb", "2-1", False)])
    assert place("1-1", advisories).generations == ("debian",)


@pytest.mark.parametrize(
    ("subject", "why", "text"),
    [
        (rpm("gpg-pubkey", "f4a80eb5-53a7ff4b", arch="(none)"), "no-program", "a key that rpm trusts, not a program"),
        (apk(".build-deps", "20240801.101010"), "no-program", "a virtual package, which only groups others"),
        (rpm("bash-debuginfo", "5.1.8-4.el9"), "debug-symbols", "debugging symbols"),
    ],
    ids=["rpm's keys", "apk's groups", "symbols"],
)
@pytest.mark.parametrize("platform", ["debian:12", "centos:7"])
def test_what_cannot_run_is_judged_by_no_feed_and_lacks_none(
    subject: Subject, why: str, text: str, platform: str
) -> None:
    advisories = FakeAdvisories({TRACKER: []})
    (entry,) = judged([subject], platform, platform.partition(":")[0], {}, Matcher(advisories), advisories)
    assert (entry.generations, entry.why_not) == ((), why)
    assert entry.text.startswith(text)
