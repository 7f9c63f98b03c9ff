"""When a channel is told: at once, collected, daily by a clock on the wall, and never more than an hour allows."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.engine.paces import HOUR, check, due, free_at
from shindan.model.channel import Pace


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("pace", "oldest", "told"),
    [
        (Pace(), "2026-11-24T12:00:00+00:00", "2026-11-24T12:00:00+00:00"),
        (Pace(30), "2026-11-24T12:00:00+00:00", "2026-11-24T12:30:00+00:00"),
        (Pace(at="08:30"), "2026-11-24T08:29:59+00:00", "2026-11-24T08:30:00+00:00"),
        (Pace(at="08:30"), "2026-11-24T08:30:00+00:00", "2026-11-25T08:30:00+00:00"),
        (Pace(at="08:30", zone="Asia/Tokyo"), "2026-11-24T12:00:00+00:00", "2026-11-25T08:30:00+09:00"),
        (Pace(at="09:00", zone="Europe/Berlin"), "2026-03-28T10:00:00+01:00", "2026-03-29T09:00:00+02:00"),
        (Pace(at="09:00", zone="Europe/Berlin"), "2026-10-24T10:00:00+02:00", "2026-10-25T09:00:00+01:00"),
    ],
    ids=[
        "at once",
        "collected",
        "daily, today",
        "daily, tomorrow",
        "in Tokyo",
        "a day of 23 hours",
        "a day of 25 hours",
    ],
)
def test_when_what_waits_is_told(pace: Pace, oldest: str, told: str) -> None:
    assert due(pace, at(oldest)) == at(told)


@pytest.mark.parametrize(
    "pace",
    [Pace(5, "08:30"), Pace(-1), Pace(10_081), Pace(at="24:00"), Pace(at="8:30"), Pace(zone="Mars/Olympus"),
     Pace(most=0), Pace(most=1001), Pace(zone="../../etc/passwd")],
    ids=["both", "negative", "over a week", "no time", "one digit", "no zone", "none an hour", "too many", "a path"],
)  # fmt: skip
def test_paces_that_are_none(pace: Pace) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        check(pace)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 6 * HOUR), min_size=1, max_size=60), st.integers(1, 6))
def test_no_hour_has_more_than_it_allows(moments: list[int], most: int) -> None:
    sent: list[int] = []
    for now in sorted(moments):
        if free_at(Pace(most=most), sent, now) <= now:
            sent.append(now)
    assert all(sum(begin <= each < begin + HOUR for each in sent) <= most for begin in sent)
