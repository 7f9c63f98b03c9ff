"""Moments and numbers as each language writes them."""

from __future__ import annotations

from shindan.locale import formats

NOON = 1_795_608_000_000  # 2026-11-25 12:00 UTC


def test_english() -> None:
    assert formats.moment(NOON, "en") == "25 Nov 2026, 12:00"
    assert formats.day(NOON, "en") == "25 Nov 2026"
    assert formats.ago(NOON - 7_200_000, NOON, "en") == "2 hours ago"
    assert formats.ago(NOON + 172_800_000, NOON, "en") == "in 2 days"
    assert formats.number(1234567, "en") == "1,234,567"
    assert formats.compact(1_234_567, "en") == "1.2M"
    assert formats.percent(0.256, "en", 1) == "25.6%"
    assert formats.span(900, "en") == "15 minutes"
    assert formats.listed(["a", "b", "c"], "en") == "a, b and c"
    assert [formats.size(count, "en") for count in (0, 999, 1500, 5_000_000_000)] == ["0 B", "999 B", "1.5 kB", "5 GB"]


def test_japanese() -> None:
    assert formats.moment(NOON, "ja", "Asia/Tokyo") == "2026年11月25日 21:00"
    assert formats.day(NOON, "ja", "Asia/Tokyo") == "2026年11月25日"
    assert formats.ago(NOON - 7_200_000, NOON, "ja") == "2 時間前"
    assert formats.number(1234567, "ja") == "1,234,567"
    assert formats.compact(12_345_678, "ja") == "1234.6万"
    assert formats.span(900, "ja") == "15 分"
    assert formats.listed(["甲", "乙"], "ja") == "甲、乙"


def test_a_zone_that_is_none_is_utc() -> None:
    for name in ("", "Nowhere/At/All", "../../etc/passwd", "/etc/localtime", "\x00", "A" * 300):
        assert formats.moment(NOON, "en", name) == "25 Nov 2026, 12:00"
    assert formats.full_moment(NOON, "en", "Asia/Tokyo") == "25 November 2026, 21:00:00 +0900"
