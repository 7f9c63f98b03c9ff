"""When runs begin by themselves: hours that the clock skips or has twice, blackouts, jitter, and what never begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.engine import blackouts, recurring
from shindan.model.schedule import Plan

BERLIN = "Europe/Berlin"


def ms(text: str) -> int:
    """A moment; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def local(at: int, zone: str = BERLIN) -> str:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%a %m-%d %H:%M%z")


def first(plan: Plan, after: str, number: int = 3, zone: str = BERLIN) -> list[str]:
    return [local(at, zone) for at in islice(recurring.nominals(plan, ms(after), ms("2026-10-20T12:00")), number)]


# Europe: 2026-10-25 03:00 becomes 02:00, 2027-03-28 02:00 becomes 03:00.
@pytest.mark.parametrize(
    ("plan", "after", "expected"),
    [
        (Plan("cron", "30 2 * * *", zone=BERLIN), "2026-10-24T12:00", ["Sun 10-25 02:30+0200", "Mon 10-26 02:30+0100"]),
        (Plan("cron", "30 2 * * *", zone=BERLIN), "2027-03-27T12:00", ["Sun 03-28 03:00+0200", "Mon 03-29 02:30+0200"]),
        (Plan("cron", "0 * * * *", zone=BERLIN), "2026-10-24T23:30", ["Sun 10-25 02:00+0200", "Sun 10-25 02:00+0100", "Sun 10-25 03:00+0100"]),
        (Plan("cron", "0 * * * *", zone=BERLIN), "2027-03-28T00:30", ["Sun 03-28 03:00+0200", "Sun 03-28 04:00+0200"]),
        (Plan("cron", "0 3 * * MON", zone=BERLIN), "2026-11-24T12:00", ["Mon 11-30 03:00+0100", "Mon 12-07 03:00+0100"]),
        (Plan("cron", "0 3 * * *", zone="UTC"), "2026-10-24T12:00", ["Sun 10-25 04:00+0100"]),
        (Plan("every", period=2 * 86_400, begins="2026-10-22T02:30", zone=BERLIN), "2026-10-23T12:00", ["Sat 10-24 02:30+0200", "Mon 10-26 02:30+0100"]),
        (Plan("every", period=86_400, begins="2027-03-26T02:30", zone=BERLIN), "2027-03-27T12:00", ["Sun 03-28 03:30+0200", "Mon 03-29 02:30+0200"]),
        (Plan("every", period=86_400, begins="2026-10-24T02:30", zone=BERLIN), "2026-10-24T12:00", ["Sun 10-25 02:30+0200", "Mon 10-26 02:30+0100"]),
        (Plan("every", period=6 * 3600, begins="2026-10-24T23:00", zone=BERLIN), "2026-10-24T20:59", ["Sat 10-24 23:00+0200", "Sun 10-25 04:00+0100", "Sun 10-25 10:00+0100"]),
        (Plan("every", period=86_400, zone=BERLIN), "2026-10-20T12:00", ["Wed 10-21 14:00+0200"]),
        (Plan("every", period=86_400, begins="2027-01-01T00:00", zone=BERLIN), "2026-10-20T12:00", ["Fri 01-01 00:00+0100", "Sat 01-02 00:00+0100"]),
        (Plan("first-contact", period=60), "2026-10-20T12:00", []),
    ],
    ids=["fixed time, doubled hour: once", "fixed time, skipped hour: right after", "each hour, doubled: both", "each hour, skipped: none for it",
         "weekday by name", "UTC knows no change", "days go by the wall", "a day whose time is skipped", "a day whose time comes twice",
         "hours are real hours", "days count from when it was made", "it begins later", "new hosts have no times"],
)  # fmt: skip
def test_when_runs_begin(plan: Plan, after: str, expected: list[str]) -> None:
    assert first(plan, after, len(expected) or 1) == expected


@pytest.mark.parametrize(
    ("texts", "moment", "until"),
    [
        (["mon-fri 08:00-18:00"], "2026-11-24T09:00+01:00", "2026-11-24T18:00+01:00"),
        (["mon-fri 08:00-18:00"], "2026-11-24T18:00+01:00", None),
        (["mon-fri 08:00-18:00"], "2026-11-28T09:00+01:00", None),
        (["daily 22:00-06:00"], "2026-11-24T05:59+01:00", "2026-11-24T06:00+01:00"),
        (["sun 22:00-06:00"], "2026-11-23T01:00+01:00", "2026-11-23T06:00+01:00"),
        (["fri-mon"], "2026-11-28T09:00+01:00", "2026-12-01T00:00+01:00"),
        (["2026-12-20..2027-01-06"], "2026-12-24T09:00+01:00", "2027-01-07T00:00+01:00"),
        (["2026-12-24 12:00-24:00", "2026-12-25"], "2026-12-24T13:00+01:00", "2026-12-26T00:00+01:00"),
        (["daily 01:00-04:00"], "2026-10-25T01:30+02:00", "2026-10-25T04:00+01:00"),
        (["daily 02:00-02:30"], "2027-03-28T03:10+02:00", "2027-03-28T03:30+02:00"),
        ([], "2026-11-24T09:00+01:00", None),
    ],
    ids=["in working hours", "the end is outside", "on Saturday", "over midnight", "Sunday's night reaches into Monday", "over the weekend's turn",
         "over the year's turn", "one after another", "a doubled hour", "a skipped hour", "none"],
)  # fmt: skip
def test_how_long_a_blackout_lasts(texts: list[str], moment: str, until: str | None) -> None:
    found = blackouts.ends([blackouts.read(text) for text in texts], ZoneInfo(BERLIN), datetime.fromisoformat(moment))
    assert found == (datetime.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (Plan("cron", "0 3 * *"), "five fields"),
        (Plan("cron", "0 0 3 * * *"), "five fields"),
        (Plan("cron", "61 * * * *"), "no cron expression"),
        (Plan("cron", "1" * 5000 + " * * * *"), "five fields"),
        (Plan("cron", "0 0 30 2 *"), "no cron expression"),
        (Plan("cron", "0 3 * * *", zone="Mars/Olympus"), "no time zone"),
        (Plan("cron", "0 3 * * *", zone="../../etc/passwd"), "no time zone"),
        (Plan("cron", "0 3 * * *", zone=""), "no time zone"),
        (Plan("cron", "0 3 * * *", jitter=-1), "jitter"),
        (Plan("cron", "0 3 * * *", blackouts=("daily",)), "no time in which a run could begin"),
        (Plan("cron", "0 3 * * *", blackouts=("daily 02:00-04:00",), in_blackout="skip"), "in a blackout"),
        (Plan("cron", "0 3 * * *", blackouts=("someday",)), "no weekday"),
        (Plan("cron", "0 3 * * *", blackouts=("mon 25:00-26:00",)), "no time of the day"),
        (Plan("cron", "0 3 * * *", blackouts=("2026-02-30",)), "no date"),
        (Plan("cron", "0 3 * * *", blackouts=("2026-12-24..2026-12-20",)), "ends before"),
        (Plan("every", period=1800), "every 1 hour"),
        (Plan("every", period=367 * 86_400), "to 366 days"),
        (Plan("every", period=86_400, begins="soon"), "local time"),
        (Plan("every", period=86_400, begins="2026-11-25T03:00+01:00"), "local time"),
        (Plan("every", period=86_400, begins="9999-12-31T03:00"), "local time"),
        (Plan("first-contact", period=8 * 86_400), "settle"),
    ],
)  # fmt: skip
def test_a_plan_that_is_none_is_told(plan: Plan, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        recurring.check(plan, ms("2026-11-24T12:00"))


def test_those_that_wait_for_one_blackout_are_one() -> None:
    plan = Plan("cron", "0 * * * *", zone=BERLIN, blackouts=("mon-fri 08:00-18:00",))
    found = list(islice(recurring.coming(plan, ms("2026-11-24T06:30+01:00"), 0, "id"), 4))
    told = [(local(one.nominal_at)[4:15], local(one.begins_at or 0)[4:15], one.reason) for one in found]
    assert told == [
        ("11-24 07:00", "11-24 07:00", ""),
        ("11-24 08:00", "11-24 18:00", "BLACKOUT"),
        ("11-24 19:00", "11-24 19:00", ""),
        ("11-24 20:00", "11-24 20:00", ""),
    ]
    skipping = Plan("cron", "0 * * * *", zone=BERLIN, blackouts=("mon-fri 08:00-18:00",), in_blackout="skip")
    found = list(islice(recurring.coming(skipping, ms("2026-11-24T07:30+01:00"), 0, "id"), 11))
    assert [one.begins_at for one in found[:-1]] == [None] * 10 and found[-1].begins_at == found[-1].nominal_at


def test_jitter_is_the_same_each_time_and_differs_by_schedule() -> None:
    plan = Plan("cron", "0 3 * * *", jitter=3600)
    nominal = ms("2026-11-25T03:00")
    delays = {seed: recurring.put_off(plan, nominal, seed) - nominal for seed in map(str, range(50))}
    assert delays == {seed: recurring.put_off(plan, nominal, seed) - nominal for seed in delays}
    assert 0 <= min(delays.values()) < max(delays.values()) <= 3_600_000 and len(set(delays.values())) > 40


ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Africa/Casablanca"])
PLANS = st.one_of(
    st.builds(Plan, st.just("cron"), cron=st.sampled_from(["0 3 * * *", "*/7 * * * *", "15 2 * * SUN", "30 2 1 * *", "0 0 L * *"]), zone=ZONES),
    st.builds(Plan, st.just("every"), period=st.integers(1, 24 * 40).map(lambda hours: hours * 3600), zone=ZONES,
              begins=st.sampled_from(["", "2026-10-25T02:30", "2020-02-29T23:59"])),
)  # fmt: skip


@settings(max_examples=150)
@given(PLANS, st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.integers(0, 30))
def test_what_comes_is_behind_in_order_and_the_same_from_wherever_one_looks(
    plan: Plan, after: datetime, later: int
) -> None:
    anchor, start = ms("2026-01-01T00:00"), round(after.replace(tzinfo=UTC).timestamp() * 1000)
    found = list(islice(recurring.nominals(plan, start, anchor), 12))
    assert len(found) == 12 and start < found[0] and all(a < b for a, b in pairwise(found))
    assert next(recurring.nominals(plan, found[later % 11], anchor)) == found[later % 11 + 1]
    between = found[later % 11 + 1] - 1
    assert next(recurring.nominals(plan, between, anchor)) == found[later % 11 + 1]


WINDOWS = st.lists(st.sampled_from(["mon-fri 08:00-18:00", "sat,sun", "daily 22:00-06:00", "2026-12-20..2027-01-06", "wed", "daily 01:30-03:15"]),
                   max_size=3)  # fmt: skip


@settings(max_examples=150)
@given(WINDOWS, ZONES, st.datetimes(datetime(2026, 10, 1), datetime(2027, 4, 30)))
def test_the_end_of_a_blackout_is_in_none_and_all_before_it_is(texts: list[str], zone: str, at: datetime) -> None:
    windows, where, moment = [blackouts.read(text) for text in texts], ZoneInfo(zone), at.replace(tzinfo=UTC)
    until = blackouts.ends(windows, where, moment)
    if until is not None:
        assert until > moment and blackouts.ends(windows, where, until) is None
        assert blackouts.ends(windows, where, moment + (until - moment) / 2) == until
        assert blackouts.ends(windows, where, until - timedelta(microseconds=1)) == until
