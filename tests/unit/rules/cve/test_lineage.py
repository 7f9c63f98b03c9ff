"""Builds of different lineages are not compared; what says nothing of its lineage is compared with any."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.rules.cve.compare import keys_of, standing, suspects
from shindan.rules.cve.lineage import Lineage, lineage_of, why_apart, why_unplaced
from unit.rules.cve.cases import Case, record, row, rpm

LINEAGES = {
    "1.1.1k-5.el8": Lineage("8"),
    "1.1.1k-5.el8_4": Lineage("8"),
    "1:3.0.7-16.el9_2.1": Lineage("9"),
    "4.14.0-115.el7a": Lineage("7a"),
    "4.1.12-124.16.4.el7uek": Lineage("7"),
    "2.4.37-39.module+el8.4.0+9658+b87b2deb": Lineage("8", "+"),
    "3:10.3.28-1.module_el8.3.0+2177+7adc332a": Lineage("8", "_"),
    "2.4.37-43.module_el8.5.0+2597+c4b14997.alma": Lineage("8", "_"),
    "2:2.17-157.ksplice1.el7_3.4": Lineage("7", "", "ksplice1"),
    "2:2.28-151.0.1.ksplice2.el8": Lineage("8", "", "ksplice2"),
    "10:3.6.16-4.0.1.el8_fips": Lineage("8", "", "fips"),
    "5.14.0-284.30.1.el9_2.cloud.1.0": Lineage("9", "", "cloud"),
    "2.4.6-93.el7.centos": Lineage("7", "", "centos"),
    "2.4.6-93.el7.centos.1": Lineage("7", "", "centos"),
    "6.1.79-99.164.amzn2023": Lineage(),
    "2.3.6-150400.6.12.1": Lineage(),
    "1.2.3": Lineage(),
    "1.0-1.fc40": Lineage(),
    "1.el8-1": Lineage(),
    "1.0-1.model8": Lineage(),
    "": Lineage(),
}


@pytest.mark.parametrize(("version", "expected"), LINEAGES.items(), ids=lambda value: str(value)[:50])
def test_lineage(version: str, expected: Lineage) -> None:
    assert lineage_of(version) == expected


PAIRS = [
    ("el8 and el8_4 are one major", "1-1.el8", "1-1.el8_4", ""),
    ("el7 and el8", "1-1.el7", "1-1.el8", "el7"),
    ("el7 and el7a", "1-1.el7", "1-1.el7a", "el7a"),
    ("a version without a release is compared with any", "1", "1-1.el8", ""),
    ("an upstream fix is compared with any plain build", "1-1.el8", "2.0", ""),
    ("module and plain", "1-1.module+el8.3.0+1+a", "1-1.el8", "module"),
    ("Red Hat's and AlmaLinux's modules", "1-1.module+el8.3.0+1+a", "1-1.module_el8.3.0+1+a", "module"),
    ("ksplice and plain", "1-1.ksplice1.el8", "1-1.el8", "ksplice1"),
    ("two ksplice lines", "1-1.ksplice1.el8", "1-1.ksplice2.el8", "ksplice"),
    ("FIPS and plain", "1-1.el8_fips", "1-1.el8", "fips"),
    ("cloud and plain", "1-1.el9.cloud.1.0", "1-1.el9", "cloud"),
    ("CentOS and plain", "1-1.el7.centos", "1-1.el7", "centos"),
]


@pytest.mark.parametrize(("name", "one", "other", "text"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_why_apart(name: str, one: str, other: str, text: str) -> None:
    reason = why_apart(one, other)
    assert (text in reason and bool(text)) if text else reason == ""
    assert bool(reason) == bool(why_apart(other, one))


def test_a_module_build_of_alma_without_its_label_has_no_place() -> None:
    assert why_unplaced("1-1.module_el8.3.0+1+a", "")
    assert not why_unplaced("1-1.module_el8.3.0+1+a", "x:1")
    assert not why_unplaced("1-1.module+el8.3.0+1+a", "")


RELEASES = st.sampled_from(
    [
        "",
        "-1.el8",
        "-2.el8_4",
        "-1.el7",
        "-1.module+el8.3.0+1+a",
        "-1.module_el8.3.0+1+a",
        "-1.ksplice1.el8",
        "-1.el8_fips",
        "-3.amzn2",
    ]
)
VERSIONS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "0:", "2:"]), st.sampled_from(["1.0", "1.1", "2.0~rc1"]), RELEASES
)


@settings(max_examples=200)
@given(
    VERSIONS, VERSIONS, VERSIONS, st.sampled_from(["binary", "source", "any"]), st.sampled_from(["x", "y"]),
    st.sampled_from(["", "x:1:2"]),
)  # fmt: skip
def test_the_quick_way_to_suspects_says_what_standing_says(
    installed: str, source: str, fixed: str, names: str, package: str, module: str
) -> None:
    subject = rpm("x", installed, source="y", source_version=source, module=module)
    case = Case("", "rhel:8", subject, {"osv": [record("CVE-1", row("rhel:8", package, fixed, names=names))]})
    rows = case.rows(package)
    meant = [one for one in rows if (package == "x" and names != "source") or (package == "y" and names != "binary")]
    keys = keys_of(subject)
    slow = [one for one in meant if standing(one, subject, keys) in ("in", "incomparable")]
    assert suspects(meant, subject, keys) == slow
