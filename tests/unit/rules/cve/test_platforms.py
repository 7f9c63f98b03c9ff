"""Whose rows speak for a package: its own release, the suite it rebuilds, EPEL, its language, and what is borrowed."""

from __future__ import annotations

import pytest

from fakes import FakeAdvisories, generation
from shindan.rules.cve.coverage import Judged, judged
from shindan.rules.cve.families import FAMILIES
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.platforms import Place, place_of
from shindan.rules.cve.subject import Subject
from unit.rules.cve.cases import apk, deb, language, record, row, rpm

APPROXIMATE, REBUILD = "approximate (RHEL data)", "RHEL data, of which this is a rebuild"
PLACES: list[tuple[str, str, Subject, Place]] = [
    ("a Debian package", "debian:12", deb("x", "1-1"), Place("debian:12")),
    ("a backport", "debian:12", deb("x", "1-1~bpo12+1"), Place("debian:13")),
    ("a backport's mark on another platform", "ubuntu:22.04", deb("x", "1-1~bpo12+1"), Place("ubuntu:22.04")),
    ("another release's suite by apt's lists (openssl of focal on bionic)", "ubuntu:18.04", deb("openssl", "1.1.1f-1ubuntu2", repository="http://archive.ubuntu.com/ubuntu focal main"), Place("ubuntu:20.04")),
    ("a security suite of another release", "debian:12", deb("x", "1-1", repository="http://security.debian.org/debian-security trixie-security main"), Place("debian:13")),
    ("a security suite of old, with a slash", "debian:10", deb("x", "1-1", repository="http://security.debian.org buster/updates main"), Place("debian:10")),
    ("its own release's updates", "debian:12", deb("x", "1-1", repository="http://deb.debian.org/debian bookworm-updates main"), Place("debian:12")),
    ("a suite without a codename", "debian:12", deb("x", "1-1", repository="http://deb.debian.org/debian stable main"), Place("debian:12")),
    ("a repository without a suite", "debian:12", deb("x", "1-1", repository="mine"), Place("debian:12")),
    ("a codename of another OS", "ubuntu:22.04", deb("x", "1-1", repository="http://deb.debian.org/debian bookworm main"), Place("ubuntu:22.04")),
    ("unstable beside a release", "debian:12", deb("x", "1-1", repository="http://deb.debian.org/debian unstable main"), Place("debian:sid")),
    ("a backport outweighs its list", "debian:12", deb("x", "1-1~bpo12+1", repository="http://deb.debian.org/debian bookworm-backports main"), Place("debian:13")),
    ("RHEL borrows nothing", "rhel:9", rpm("x", "1-1.el9"), Place("rhel:9")),
    ("CentOS", "centos:7", rpm("x", "1-1.el7"), Place("centos:7", "rhel:7", APPROXIMATE)),
    ("CentOS Stream", "centos-stream:9", rpm("x", "1-1.el9"), Place("centos-stream:9", "rhel:9", APPROXIMATE)),
    ("AlmaLinux", "almalinux:9", rpm("x", "1-1.el9"), Place("almalinux:9", "rhel:9", REBUILD)),
    ("Rocky Linux", "rocky:8", rpm("x", "1-1.el8"), Place("rocky:8", "rhel:8", REBUILD)),
    ("Oracle has data of its own", "ol:8", rpm("x", "1-1.el8"), Place("ol:8")),
    ("EPEL by vendor", "rocky:8", rpm("x", "1-1.el8", vendor="Fedora Project"), Place("epel:8")),
    ("EPEL by repository", "rhel:9", rpm("x", "1-1.el9", repository="epel"), Place("epel:9")),
    ("EPEL's modular repository", "rhel:8", rpm("x", "1-1.el8", repository="epel-modular"), Place("epel:8")),
    ("EPEL by key", "rhel:9", rpm("x", "1-1.el9", signing_key="8A3872BF3228467C"), Place("epel:9")),
    ("EPEL on Amazon Linux 2", "amzn:2", rpm("x", "1-1.el7", vendor="Fedora Project"), Place("epel:7")),
    ("Fedora's own package", "fedora:40", rpm("x", "1-1.fc40", vendor="Fedora Project"), Place("fedora:40")),
    ("a language's package", "rhel:9", language("pypi", "x", "1"), Place("pypi")),
    ("Alpine", "alpine:3.20", apk("x", "1-r0"), Place("alpine:3.20")),
    ("a platform without a row", "plan9:4", rpm("x", "1"), Place("plan9:4")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "platform", "subject", "expected"), PLACES, ids=[case[0] for case in PLACES])
def test_place(name: str, platform: str, subject: Subject, expected: Place) -> None:
    assert place_of(subject, platform) == expected


def ledger(platform: str, subject: Subject, *covered: str) -> Judged:
    """The ledger entry of a package under feeds that cover these platforms."""
    advisories = FakeAdvisories({generation("osv", label=key, platforms=(key,)): [] for key in covered})
    (entry,) = judged([subject], platform, platform.partition(":")[0], {}, Matcher(advisories), advisories)
    return entry


@pytest.mark.parametrize(("platform", "worth"), [("centos:9", APPROXIMATE), ("rocky:9", REBUILD)])
def test_13_what_rests_on_rhel_alone_is_labelled(platform: str, worth: str) -> None:
    entry = ledger(platform, rpm("x", "1-1.el9"), "rhel:9")
    assert (entry.generations, entry.worth) == (("osv@rhel:9",), worth)


def test_what_its_own_feed_judges_is_not_labelled() -> None:
    entry = ledger("rocky:9", rpm("x", "1-1.el9"), "rhel:9", "rocky:9")
    assert (set(entry.generations), entry.worth) == ({"osv@rhel:9", "osv@rocky:9"}, "")


def test_10_a_package_of_epel_is_not_judged_by_the_distributions_feed() -> None:
    entry = ledger("rhel:9", rpm("x", "1-1.el9", vendor="Fedora Project"), "rhel:9")
    assert (entry.why_not, entry.text) == ("no-feed", "no feed speaks for epel:9")


def test_10_a_package_of_epel_is_judged_by_epels_feed() -> None:
    assert ledger("rhel:9", rpm("x", "1-1.el9", vendor="Fedora Project"), "rhel:9", "epel:9").generations == (
        "osv@epel:9",
    )


@pytest.mark.parametrize("name", ["glibc-debuginfo", "glibc-debugsource"])
def test_17_debugging_symbols_are_passed_over_visibly(name: str) -> None:
    assert ledger("almalinux:8", rpm(name, "1-1.el8"), "almalinux:8").why_not == "debug-symbols"


def test_a_rebuild_reads_the_rows_it_borrows_at_once() -> None:
    """`load` has read both platforms: judging asks the port for nothing more."""
    advisories = FakeAdvisories({generation("redhat"): [record("CVE-1", row("rhel:9", "x", "2-1.el9"))]})
    matcher, subject = Matcher(advisories), rpm("x", "1-1.el9")
    matcher.load("rocky:9", [subject])
    del advisories._rows[:]
    assert [d.lead for d in matcher.judge(subject, "rocky:9").affected] == ["CVE-1"]


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_of_families_are_written_as_they_are_compared(name: str) -> None:
    family = FAMILIES[name]
    words = (*family.origins, *family.hosts, *family.vendors, *family.keys, *family.marks)
    assert all(word == word.lower() for word in words)
    assert all(len(key) == 16 and int(key, 16) for key in family.keys)
    assert not family.borrows or family.borrows in FAMILIES
