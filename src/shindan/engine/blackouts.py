"""Windows in which no run is to begin: weekdays with times, or dates; by the clock of the schedule's zone.

Written as `mon-fri 08:00-18:00`, `sat,sun`, `daily 22:00-06:00` (over midnight), `2026-12-20..2027-01-06` (whole days,
both included), `2026-12-24`, `2026-12-24 12:00-24:00`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_MIDNIGHT = 24 * 60
_FURTHEST = 800
"""Windows that may follow one upon another without a gap: more than two years of whole days."""


class Window(NamedTuple):
    """One window: on these weekdays (0: Monday), or from one date to another; minutes of the day from and to.

    Where `to` is not behind `from_` it reaches into the next day.
    """

    days: frozenset[int]
    first: datetime.date | None = None
    last: datetime.date | None = None
    from_: int = 0
    to: int = _MIDNIGHT

    def on(self, day: datetime.date) -> bool:
        """Whether it begins on a day."""
        if self.first is not None and self.last is not None:
            return self.first <= day <= self.last
        return day.weekday() in self.days


def read(text: str) -> Window:
    """A window as it is written. Raises ValueError, saying what is wrong."""
    days, _, times = " ".join(text.lower().split()).partition(" ")
    from_, to = _times(times) if times else (0, _MIDNIGHT)
    if days[:1].isdigit():
        first, _, last = days.partition("..")
        begin = _date(first)
        end = _date(last) if last else begin
        if end < begin:
            raise ValueError(f"{text[:60]!r} ends before it begins")
        return Window(frozenset(), begin, end, from_, to)
    return Window(_weekdays(days), None, None, from_, to)


def ends(windows: Iterable[Window], zone: ZoneInfo, moment: datetime.datetime) -> datetime.datetime | None:
    """When the blackout is over that a moment lies in, in UTC; None where it lies in none.

    Windows that touch or overlap count as one. Raises ValueError where there is no end.
    """
    several = list(windows)
    until = moment
    for _ in range(_FURTHEST):
        end = max((end for begin, end in _around(several, zone, until) if begin <= until < end), default=None)
        if end is None:
            return until if until != moment else None
        until = end
    raise ValueError("the blackouts leave no time in which a run could begin")


def _around(
    windows: Sequence[Window], zone: ZoneInfo, moment: datetime.datetime
) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """The windows of the day of a moment and of the day before, in UTC."""
    today = moment.astimezone(zone).date()
    for day in (today - datetime.timedelta(days=1), today):
        for window in windows:
            if window.on(day):
                length = window.to if window.to > window.from_ else window.to + _MIDNIGHT
                yield _at(day, window.from_, zone), _at(day, length, zone)


def _at(day: datetime.date, minutes: int, zone: ZoneInfo) -> datetime.datetime:
    """A time of the clock on a day, in UTC; one that the clock skips is as if it had not."""
    local = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(minutes=minutes)
    return local.replace(tzinfo=zone).astimezone(datetime.UTC)


def _weekdays(text: str) -> frozenset[int]:
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{part[:40]!r} is no weekday: write daily, mon-fri, sat,sun or a date such as 2026-12-24")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1))
    return frozenset(found)


def _times(text: str) -> tuple[int, int]:
    first, dash, last = text.replace(" ", "").partition("-")
    begin, end = _minutes(first), _minutes(last)
    if not dash or begin is None or end is None or begin in (_MIDNIGHT, end):
        raise ValueError(f"{text[:40]!r} is no time of the day: write 08:00-18:00")
    return begin, end


def _minutes(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _MIDNIGHT + 1
    return minutes if minutes <= _MIDNIGHT else None


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date such as 2026-12-24") from None
