"""Language packages that an OS package brought: the distribution's word silences the language's, visibly."""

from __future__ import annotations

import pytest

from fakes import FakeAdvisories, generation
from shindan.model.advisory import Advisory, Knows
from shindan.rules.cve.context import Context
from shindan.rules.cve.coverage import judged
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.owned import Owners
from shindan.rules.cve.subject import Subject
from unit.rules.cve.cases import language, record, row, rpm

PYPI = generation("osv", label="pypi")


def reason(platform: str, owner: Subject, package: Subject, os_says: list[Advisory], knows: Knows = "states") -> str:
    """Why the one finding about a language package does not count."""
    id_ = "CVE-1"
    fixed = record(id_, row(package.type, package.name, "99.0", names="any"))
    os_feed = generation("redhat", knows=knows, platforms=(platform,))
    advisories = FakeAdvisories({PYPI: [fixed], os_feed: os_says})
    matcher = Matcher(advisories)
    places = judged([owner, package], platform, platform.partition(":")[0], {}, matcher, advisories)
    owners = Owners(places, advisories.generations, matcher, platform, Context())
    (decision,) = matcher.judge(package, platform).affected
    return owners.covers(decision)


FALSE_ALARMS = [
    ("SLES 15.4 python3-rpm as pip's rpm", "sles:15.4", rpm("python3-rpm", "4.14.3-150300.55.1", vendor="SUSE LLC <https://www.suse.com/>"), "rpm", "4.14.3"),
    ("Oracle 8 rpm as pip's rpm", "ol:8", rpm("rpm", "4.14.3-26.el8", vendor="Oracle America"), "rpm", "4.14.3"),
    ("RHEL 9 python3-lxml", "rhel:9", rpm("python3-lxml", "4.6.5-3.el9", vendor="Red Hat, Inc."), "lxml", "4.6.5"),
    ("SLES python3-Werkzeug", "sles:15.4", rpm("python3-Werkzeug", "1.0.1-150300.3.3.1", vendor="SUSE LLC <https://www.suse.com/>"), "werkzeug", "1.0.1"),
    ("Amazon Linux 2023", "amzn:2023", rpm("python3-requests", "2.25.1-1.amzn2023.0.3"), "requests", "2.25.1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "platform", "owner", "package", "version"), FALSE_ALARMS, ids=[c[0] for c in FALSE_ALARMS]
)
def test_20_known_false_alarms_are_silenced(
    name: str, platform: str, owner: Subject, package: str, version: str
) -> None:
    subject = language("pypi", package, version, path="/usr/lib/python3/site-packages/x", owner=owner.name)
    fixed = record("CVE-1", row(platform, owner.name, owner.installed_version))
    assert "is past the fix" in reason(platform, owner, subject, [fixed])
    assert "is past the fix" in reason(platform, owner, subject, [fixed], knows="fixed")


OWNER = rpm("python3-x", "1-1.el9", vendor="Red Hat, Inc.")
OTHERS = rpm("python3-x", "1-1.el9", vendor="Docker")
OWNED = language("pypi", "x", "1", owner="python3-x")


def test_the_distribution_clears_it_by_its_word() -> None:
    row_ = row("rhel:9", "python3-x", state="not_affected", names="any", vendor_state="component_not_present")
    assert "is not affected" in reason("rhel:9", OWNER, OWNED, [record("CVE-1", row_)])


def test_the_distribution_clears_it_by_its_silence_where_it_lists_all_states() -> None:
    text = reason("rhel:9", OWNER, OWNED, [])
    assert text == "covered by OS package python3-x 1-1.el9: redhat lists no CVE-1 for it"


def test_silence_of_a_feed_that_knows_fixes_only_clears_nothing() -> None:
    assert reason("rhel:9", OWNER, OWNED, [], knows="fixed") == ""


def test_where_the_owner_is_affected_its_own_finding_stands_for_both() -> None:
    assert "finding of its own" in reason(
        "rhel:9", OWNER, OWNED, [record("CVE-1", row("rhel:9", "python3-x", "1-2.el9"))]
    )


def test_a_third_partys_package_silences_nothing() -> None:
    assert reason("rhel:9", OTHERS, OWNED, []) == ""


@pytest.mark.parametrize("owner", ["", "python3-gone"])
def test_a_package_without_an_owner_at_hand_counts(owner: str) -> None:
    assert reason("rhel:9", OWNER, language("pypi", "x", "1", owner=owner), []) == ""


def test_an_owner_that_cannot_be_compared_silences_nothing() -> None:
    other = record("CVE-1", row("rhel:9", "python3-x", "1-1.module+el9.1.0+1+a"))
    assert reason("rhel:9", OWNER, OWNED, [other], knows="fixed") == ""


@pytest.mark.parametrize(
    ("type_", "name", "expected"),
    [
        ("pypi", "Zope.Interface", "zope-interface"),
        ("pypi", "ruamel__yaml", "ruamel-yaml"),
        ("composer", "Symfony/Http-Kernel", "symfony/http-kernel"),
        ("npm", "@Angular/core", "@Angular/core"),
        ("golang", "github.com/Masterminds/goutils", "github.com/Masterminds/goutils"),
    ],
)
def test_names_as_advisories_write_them(type_: str, name: str, expected: str) -> None:
    assert language(type_, name, "1").name == expected


def test_a_language_package_without_a_feed_goes_to_the_ledger() -> None:
    advisories = FakeAdvisories({generation("redhat", platforms=("rhel:9",)): []})
    (place,) = judged([language("npm", "x", "1")], "rhel:9", "rhel", {}, Matcher(advisories), advisories)
    assert (place.why_not, place.text) == ("no-feed", "no feed speaks for npm")


def test_the_inventory_line_tells_where_it_lies() -> None:
    assert language("pypi", "x", "1", path="/opt/app/x.dist-info").line == "pypi package x 1 in /opt/app/x.dist-info"
