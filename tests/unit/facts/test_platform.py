"""Platforms as advisories call them, and the families they belong to."""

from __future__ import annotations

import pytest

from shindan.facts.platform import Platform, family_of, platform_of

# (what it is, os-release ID, VERSION_ID, PRETTY_NAME, key)
KEYS = [
    ("Debian 8", "debian", "8", "", "debian:8"),
    ("Debian 12", "debian", "12", "", "debian:12"),
    ("Debian with its point release", "debian", "12.11", "", "debian:12"),
    ("Debian unstable", "debian", "sid", "", "debian:sid"),
    ("Ubuntu 14.04", "ubuntu", "14.04", "Ubuntu 14.04.6 LTS", "ubuntu:14.04"),
    ("Ubuntu 22.04 with its point release", "ubuntu", "22.04.5", "", "ubuntu:22.04"),
    ("RHEL 6, from redhat-release", "rhel", "6.10", "Red Hat Enterprise Linux Server release 6.10", "rhel:6"),
    ("RHEL 7", "rhel", "7.9", "", "rhel:7"),
    ("RHEL 9", "rhel", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)", "rhel:9"),
    ("CentOS 6, from centos-release", "centos", "6.10", "CentOS release 6.10 (Final)", "centos:6"),
    ("CentOS 7", "centos", "7", "CentOS Linux 7 (Core)", "centos:7"),
    ("CentOS 8", "centos", "8", "CentOS Linux 8", "centos:8"),
    ("CentOS Stream 8", "centos", "8", "CentOS Stream 8", "centos-stream:8"),
    ("CentOS Stream 9", "centos", "9", "CentOS Stream 9", "centos-stream:9"),
    ("CentOS 10 without a name is a Stream", "centos", "10", "", "centos-stream:10"),
    ("AlmaLinux", "almalinux", "9.4", "", "almalinux:9"),
    ("Rocky Linux", "rocky", "8.10", "", "rocky:8"),
    ("Oracle Linux 6", "ol", "6.10", "", "ol:6"),
    ("Oracle Linux 8", "ol", "8.9", "", "ol:8"),
    ("CloudLinux", "cloudlinux", "8.9", "", "cloudlinux:8"),
    ("Fedora", "fedora", "40", "", "fedora:40"),
    ("Amazon Linux 1", "amzn", "2018.03", "Amazon Linux AMI 2018.03", "amzn:1"),
    ("Amazon Linux 1 of 2014", "amzn", "2014.09", "", "amzn:1"),
    ("Amazon Linux 2", "amzn", "2", "Amazon Linux 2", "amzn:2"),
    ("Amazon Linux 2023", "amzn", "2023", "Amazon Linux 2023.6.20241010", "amzn:2023"),
    ("SLES 15 before its first service pack", "sles", "15", "", "sles:15"),
    ("SLES 15 SP6", "sles", "15.6", "", "sles:15.6"),
    ("SLES 12 SP5", "sles", "12.5", "", "sles:12.5"),
    ("SLES for SAP", "sles_sap", "15.5", "", "sles:15.5"),
    ("openSUSE Leap", "opensuse-leap", "15.6", "", "opensuse-leap:15.6"),
    ("openSUSE Leap 42", "opensuse", "42.3", "openSUSE Leap 42.3", "opensuse-leap:42.3"),
    ("openSUSE 13.2", "opensuse", "13.2", "", "opensuse:13.2"),
    ("openSUSE Tumbleweed", "opensuse-tumbleweed", "20261101", "", "opensuse-tumbleweed"),
    ("Alpine", "alpine", "3.20.3", "", "alpine:3.20"),
    ("Alpine edge", "alpine", "3.24.0_alpha20260901", "", "alpine:edge"),
    ("Alpine edge by its repositories", "alpine", "edge", "", "alpine:edge"),
    ("Wolfi", "wolfi", "20230201", "", "wolfi"),
    ("Chainguard", "chainguard", "20230214", "", "chainguard"),
    ("a rolling release without a version", "arch", "", "", "arch"),
    (
        "digits of another script are no number",
        "amzn",
        "\u0662\u0660\u0661\u0668.03",
        "",
        "amzn:\u0662\u0660\u0661\u0668",
    ),
    ("a hostile version", "amzn", "9" * 5000, "", "amzn:" + "9" * 5000),
]


@pytest.mark.parametrize(("what", "id_", "version", "name", "key"), KEYS, ids=[case[0] for case in KEYS])
def test_the_key_that_feeds_use(what: str, id_: str, version: str, name: str, key: str) -> None:
    assert Platform("", id_, version, name).key == key


@pytest.mark.parametrize(
    ("id_", "id_like", "family"),
    [
        ("debian", "", "debian"),
        ("ubuntu", "debian", "debian"),
        ("rocky", "rhel centos fedora", "rhel"),
        ("amzn", "fedora", "amazon"),
        ("wolfi", "", "alpine"),
        ("newcomer", "strange Ubuntu debian", "debian"),
        ("orphan", "", "orphan"),
    ],
)
def test_the_family(id_: str, id_like: str, family: str) -> None:
    assert family_of(id_, id_like) == family


def test_a_platform_of_a_fact() -> None:
    data = {
        "id": "Debian",
        "version_id": "12",
        "name": "Debian",
        "arch": "amd64",
        "codename": "bookworm",
        "point": "12.1",
    }
    assert platform_of(data) == Platform("debian", "debian", "12", "Debian", "amd64", "bookworm")


def test_a_family_that_is_told_is_not_derived() -> None:
    assert platform_of({"id": "mine", "version_id": "1", "family": "suse"}).family == "suse"


@pytest.mark.parametrize("data", [{}, {"id": None, "version_id": 12}, {"id": ["debian"]}])
def test_what_is_no_text_is_taken_as_unknown(data: dict[str, object]) -> None:
    assert platform_of(data) == Platform("", "", "")
