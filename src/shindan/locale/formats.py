"""Moments, spans, numbers and sizes as a language writes them (CLDR, through Babel).

Moments are milliseconds since the epoch. A time zone is a name of the IANA database.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_decimal, format_percent

_UNITS = ("B", "kB", "MB", "GB", "TB")


@functools.cache
def locale_of(language: str) -> Locale:
    """Babel's locale of a language; British English, since dates in it cannot be read two ways."""
    return Locale.parse({"en": "en_GB"}.get(language, language))


@functools.cache
def zone(name: str) -> tzinfo:
    """The time zone of a name; UTC for one that is unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def moment(at: int, language: str, zone_name: str = "") -> str:
    """Date and time to the minute: `25 Nov 2026, 07:52`."""
    return format_datetime(
        _at(at, zone_name), "d MMM y, HH:mm" if language == "en" else "y年M月d日 HH:mm", locale=locale_of(language)
    )


def full_moment(at: int, language: str, zone_name: str = "") -> str:
    """Date and time to the second, with the zone."""
    there = _at(at, zone_name)
    return f"{format_datetime(there, 'full' if language == 'ja' else 'long', locale=locale_of(language))}"


def day(at: int, language: str, zone_name: str = "") -> str:
    """The date alone, as `moment` has it."""
    return format_date(_at(at, zone_name), "long" if language == "ja" else "medium", locale=locale_of(language))


def ago(at: int, now: int, language: str) -> str:
    """How long ago, or how soon, in the largest unit: `3 hours ago`, `in 2 days`."""
    return format_timedelta(timedelta(milliseconds=at - now), add_direction=True, locale=locale_of(language))


def span(seconds: float, language: str) -> str:
    """A length of time in its largest unit: `15 minutes`."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=locale_of(language))


def number(value: float, language: str) -> str:
    """A number with its thousands apart."""
    return format_decimal(value, locale=locale_of(language))


def compact(value: float, language: str) -> str:
    """A number in little room: `1.2M`."""
    return format_compact_decimal(value, locale=locale_of(language), fraction_digits=1)


def percent(share: float, language: str, digits: int = 0) -> str:
    """A share of one as hundredths."""
    return format_percent(share, "#,##0" + ("." + "0" * digits if digits else "") + "%", locale=locale_of(language))


def size(count: int, language: str) -> str:
    """Bytes, in powers of a thousand."""
    value, unit = float(count), 0
    while abs(value) >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return (
        f"{format_decimal(round(value, 1 if unit and value < 100 else 0), locale=locale_of(language))} {_UNITS[unit]}"
    )


def listed(words: Sequence[str], language: str) -> str:
    """Several words as a sentence names them: `a, b and c`."""
    return format_list(list(words), locale=locale_of(language))


def _at(at: int, zone_name: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, zone(zone_name))
