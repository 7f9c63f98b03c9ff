"""Platforms as advisories call them, and the families they belong to."""

from __future__ import annotations

import pytest

from shindan.facts.platform import Platform, family_of, platform_of


@pytest.mark.parametrize(
    ("id_", "version", "key"),
    [
        ("debian", "12", "debian:12"),
        ("debian", "12.11", "debian:12"),
        ("debian", "sid", "debian:sid"),
        ("ubuntu", "22.04", "ubuntu:22.04"),
        ("ubuntu", "22.04.5", "ubuntu:22.04"),
        ("rhel", "9.4", "rhel:9"),
        ("centos", "7", "centos:7"),
        ("ol", "8.10", "ol:8"),
        ("amzn", "2023", "amzn:2023"),
        ("sles", "15.6", "sles:15.6"),
        ("opensuse-leap", "15.6", "opensuse-leap:15.6"),
        ("alpine", "3.20.3", "alpine:3.20"),
        ("wolfi", "20230201", "wolfi:20230201"),
        ("arch", "", "arch"),
    ],
)
def test_the_key_that_feeds_use(id_: str, version: str, key: str) -> None:
    assert Platform("", id_, version).key == key


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
