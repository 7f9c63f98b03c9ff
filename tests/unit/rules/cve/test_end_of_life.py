"""End of support: the table is fresh, agrees with what the publishers say, and silence after it means nothing."""

from __future__ import annotations

import csv
import datetime
import re
import tarfile
from functools import cache
from pathlib import Path

import pytest
from zstandard import ZstdDecompressor

from shindan.rules.cve.end_of_life import AS_OF, SUPPORT, read
from support import test_data

HEAD = "platform,name,standard,free,extended,entitlement,extended_until"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_the_table_is_not_older_than_a_year() -> None:
    """It fails on purpose when the time comes: read the dates again, then move AS_OF."""
    assert datetime.date.today() - AS_OF < datetime.timedelta(days=365)


@pytest.mark.parametrize(
    "platform",
    [
        "debian:8", "debian:12", "ubuntu:14.04", "ubuntu:24.04", "rhel:6", "rhel:7", "rhel:9", "centos:6", "centos:7",
        "centos:8", "centos-stream:8", "centos-stream:9", "almalinux:9", "rocky:8", "ol:6", "ol:8", "fedora:40",
        "amzn:1", "amzn:2", "amzn:2023", "sles:12.5", "sles:15", "sles:15.6", "opensuse-leap:15.5", "alpine:3.20",
    ],
)  # fmt: skip
def test_every_kind_of_platform_has_a_row(platform: str) -> None:
    assert platform in SUPPORT


@pytest.mark.parametrize("platform", SUPPORT)
def test_the_dates_of_a_row_follow_each_other(platform: str) -> None:
    support = SUPPORT[platform]
    assert support.standard <= support.free
    assert support.extended_until is None or support.extended_until >= support.free
    assert bool(support.entitlement) <= bool(support.extended_until)


ENDED: list[tuple[str, str, str, frozenset[str], str | None]] = [
    ("Debian 8 has long ended", "debian:8", "2026-11-24", frozenset(), "2020-06-30"),
    ("Debian 12 goes on as LTS", "debian:12", "2026-11-24", frozenset(), None),
    ("the last day is a day of support", "rhel:7", "2024-06-30", frozenset(), None),
    ("the day after is not", "rhel:7", "2024-07-01", frozenset(), "2024-06-30"),
    ("Ubuntu 20.04 without Pro", "ubuntu:20.04", "2026-11-24", frozenset(), "2025-05-29"),
    ("Ubuntu 20.04 with Pro", "ubuntu:20.04", "2026-11-24", frozenset({"esm-infra"}), None),
    ("Amazon Linux 1 ended with its maintenance", "amzn:1", "2026-11-24", frozenset(), "2023-12-31"),
    ("CentOS 8 ended years before CentOS Stream 8", "centos:8", "2023-01-01", frozenset(), "2021-12-31"),
    ("CentOS Stream 8 in the same days", "centos-stream:8", "2023-01-01", frozenset(), None),
    ("SLES 15 before its service packs", "sles:15", "2026-11-24", frozenset(), "2019-12-31"),
]


@pytest.mark.parametrize(("name", "platform", "today", "entitlements", "expected"), ENDED, ids=[c[0] for c in ENDED])
def test_ended(name: str, platform: str, today: str, entitlements: frozenset[str], expected: str | None) -> None:
    assert SUPPORT[platform].ended(day(today), entitlements) == (day(expected) if expected else None)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("two rows of one platform", ["a:1,A,2020-01-01,2020-01-01,,,", "a:1,A,2021-01-01,2021-01-01,,,"]),
        ("a date that is none", ["a:1,A,2020-02-30,2020-02-30,,,"]),
    ],
)
def test_a_table_that_is_none(name: str, rows: list[str]) -> None:
    with pytest.raises(ValueError, match=r"two rows|day is out of range"):
        read([HEAD, *rows])


# ── the publishers' dates ──

PRODUCTS = {
    "rhel": "rhel", "centos": "centos", "centos-stream": "centos-stream", "almalinux": "almalinux",
    "rocky": "rocky-linux", "ol": "oracle-linux", "fedora": "fedora", "amzn": "amazon-linux", "sles": "sles",
    "opensuse": "opensuse", "opensuse-leap": "opensuse", "alpine": "alpine-linux",
}  # fmt: skip
_FIELD = re.compile(r'^\s*-?\s*(releaseCycle|eol|eoes): "?([^"\s]+)"?', re.MULTILINE)


@cache
def archive() -> dict[str, str]:
    """Product → its page, as endoflife.date publishes them."""
    path = test_data("eol/endoflife.date-products.tar.zst")
    with (
        path.open("rb") as raw,
        ZstdDecompressor().stream_reader(raw) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        return {
            Path(member.name).stem: content.read().decode()
            for member in tar
            if member.name.endswith(".md") and (content := tar.extractfile(member)) is not None
        }


@cache
def cycles(product: str) -> dict[str, dict[str, str]]:
    """Release cycle → its dates."""
    found: dict[str, dict[str, str]] = {}
    own: dict[str, str] = {}
    for name, value in _FIELD.findall(archive()[product].split("\nreleases:", 1)[1].split("\n---", 1)[0]):
        if name == "releaseCycle":
            own = found.setdefault(value, {})
        else:
            own.setdefault(name, value)
    return found


def published(platform: str) -> dict[str, str]:
    """What endoflife.date says of a platform."""
    id_, _, release = platform.partition(":")
    known = cycles(PRODUCTS[id_])
    for cycle in (release, f"{release}.0", {"amzn:1": "2018.03"}.get(platform, release)):
        if cycle in known:
            return known[cycle]
    raise AssertionError(f"endoflife.date knows no {platform}")


@pytest.mark.data
@pytest.mark.parametrize("platform", [p for p in SUPPORT if p.partition(":")[0] in PRODUCTS])
def test_the_dates_are_those_of_endoflife_date(platform: str) -> None:
    support, dates = SUPPORT[platform], published(platform)
    assert support.free == day(dates["eol"])
    if support.extended_until:
        assert support.extended_until == day(dates["eoes"])


@pytest.mark.data
@pytest.mark.parametrize("platform", [p for p in SUPPORT if p.startswith(("debian:", "ubuntu:"))])
def test_the_dates_are_those_of_distro_info(platform: str) -> None:
    id_, _, release = platform.partition(":")
    with test_data(f"eol/distro-info/{id_}.csv").open(newline="") as stream:
        rows = {row["version"].removesuffix(" LTS"): row for row in csv.DictReader(stream)}
    row, support = rows[release], SUPPORT[platform]
    assert support.standard == day(row["eol"])
    assert support.free == day(row["eol-lts"] if id_ == "debian" else row["eol"])
    if support.extended_until:
        assert support.extended_until == day(row["eol-esm"])
