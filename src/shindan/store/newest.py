"""The date of a feed's newest record, by which its age is told."""

from __future__ import annotations

import datetime


class Newest:
    """Remembers the latest credible date seen: a real day, and not after `created` (clocks and typos err)."""

    def __init__(self, created: str) -> None:
        self._limit = created[:10]
        self.date = ""

    def see(self, moment: str) -> None:
        """Take note of an ISO 8601 date or time; anything else is passed over."""
        day = moment[:10]
        if self.date < day <= self._limit and _is_day(day):
            self.date = day


def _is_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
