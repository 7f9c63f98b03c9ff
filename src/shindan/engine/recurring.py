"""When a schedule's runs are to begin: pure, so that a list of what comes and the start itself cannot disagree.

Cron expressions are cronsim's, in a time zone as Debian's cron has it: a fixed time that the clock skips comes right
after, one that comes twice runs once, and `*` goes by real minutes and hours (cron(8), "Daylight Saving Time"). Every N
days is by the clock on the wall, every N hours by real hours.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from shindan.engine.blackouts import ends, read
from shindan.model.errors import Misfit
from shindan.model.schedule import Occurrence, Plan

DAY = 86_400
SHORTEST, LONGEST = 3600, 366 * DAY
"""Seconds from one run to the next by `every`."""

LONGEST_SETTLING = 7 * DAY
LONGEST_JITTER = 6 * 3600
_LONGEST_CRON = 200
_LOOKS = 400
"""Occurrences that may fall into blackouts, one after another, before a plan counts as one that never begins."""


def check(plan: Plan, now: int) -> None:
    """Raises ValueError where a plan is none, or none of its runs would ever begin; Misfit names what is to blame."""
    zone_of(plan)
    _check_blackouts(plan, now)
    if not 0 <= plan.jitter <= LONGEST_JITTER:
        raise Misfit(f"jitter is 0 to {LONGEST_JITTER} seconds, not {plan.jitter}", "jitter")
    if plan.rhythm == "first-contact":
        if not 0 <= plan.period <= LONGEST_SETTLING:
            message = f"new hosts are let settle for 0 to {LONGEST_SETTLING} seconds, not {plan.period}"
            raise Misfit(message, "first_contact")
        return
    if plan.rhythm == "every":
        _check_period(plan)
    if next(nominals(plan, now, now), None) is None:
        raise Misfit("it would never begin a run", plan.rhythm)
    if not any(one.begins_at is not None for one in islice(_outside(plan, now), _LOOKS)):
        raise Misfit("each of its runs would begin in a blackout", "blackouts")


def nominals(plan: Plan, after: int, anchor: int) -> Iterator[int]:
    """The moments behind `after`, in order, at which runs begin by the plan alone; `anchor` is what `every` counts
    from where the plan does not say. None for first-contact.
    """
    if plan.rhythm == "cron":
        yield from _by_cron(plan, after)
    elif plan.rhythm == "every":
        yield from _by_period(plan, after, anchor)


def planned(plan: Plan, nominal: int, seed: str) -> Occurrence:
    """What becomes of one occurrence; `seed` is the schedule's id, by which jitter is always the same."""
    begins = nominal + 1000 * _jitter(plan, nominal, seed)
    until = over_at(plan, begins)
    if until is None:
        return Occurrence(nominal, begins)
    return Occurrence(nominal, until if plan.in_blackout == "wait" else None, "BLACKOUT")


def put_off(plan: Plan, nominal: int, seed: str) -> int:
    """When one is to begin, blackouts apart: these are looked at when its time has come, as they are then."""
    return nominal + 1000 * _jitter(plan, nominal, seed)


def over_at(plan: Plan, moment: int) -> int | None:
    """When the blackout is over that a moment lies in; None where it lies in none."""
    if not plan.blackouts:
        return None
    until = ends(map(read, plan.blackouts), zone_of(plan), _moment(moment))
    return None if until is None else _ms(until)


def coming(plan: Plan, after: int, anchor: int, seed: str) -> Iterator[Occurrence]:
    """What is to come behind a moment; those that wait for the end of one blackout are one."""
    last = None
    for nominal in nominals(plan, after, anchor):
        one = planned(plan, nominal, seed)
        if one.begins_at is None or one.begins_at != last:
            yield one
        last = one.begins_at if one.begins_at is not None else last


def zone_of(plan: Plan) -> ZoneInfo:
    """The plan's time zone. Raises ValueError for a name that this machine does not know."""
    try:
        return ZoneInfo(plan.zone)
    except (KeyError, ValueError, OSError):
        message = f"{plan.zone[:60]!r} is no time zone that is known here: write one such as Europe/Berlin"
        raise Misfit(f"{message} (or install the package tzdata)", "zone") from None


def words(plan: Plan) -> str:
    """A cron expression in English words; "" for what is none."""
    return str(_cron(plan, _moment(0)).explain()) if plan.rhythm == "cron" else ""


def _outside(plan: Plan, now: int) -> Iterator[Occurrence]:
    """What comes, with one look for each blackout that swallows some."""
    after = now
    while (nominal := next(nominals(plan, after, now), None)) is not None:
        one = planned(plan, nominal, "")
        yield one
        after = max(nominal, (over_at(plan, nominal) or nominal) - 1)


def _by_cron(plan: Plan, after: int) -> Iterator[int]:
    for moment in _cron(plan, _moment(after).astimezone(zone_of(plan))):
        yield _ms(moment)


def _cron(plan: Plan, start: datetime.datetime) -> CronSim:
    fields = plan.cron.split()
    if len(fields) != 5 or len(plan.cron) > _LONGEST_CRON:
        message = "a cron expression has five fields: minute, hour, day of the month, month, day of the week"
        raise Misfit(message, "cron")
    try:
        return CronSim(" ".join(fields), start)
    except (CronSimError, ValueError) as error:
        raise Misfit(f"{plan.cron[:60]!r} is no cron expression: {error}", "cron") from None


def _by_period(plan: Plan, after: int, anchor: int) -> Iterator[int]:
    zone = zone_of(plan)
    first = _first(plan, anchor, zone)
    whole_days, rest = divmod(plan.period, DAY)
    if rest:
        begun, length = _ms(first), plan.period * 1000
        number = max(0, (after - begun) // length + 1)
        while True:
            yield begun + number * length
            number += 1
    clock = first.replace(tzinfo=None)
    number = max(0, (_moment(after).astimezone(zone).replace(tzinfo=None) - clock).days // whole_days - 1)
    while True:
        local = (clock + datetime.timedelta(days=number * whole_days)).replace(tzinfo=zone)
        if (moment := _ms(local)) > after:
            yield moment
        number += 1


def _first(plan: Plan, anchor: int, zone: ZoneInfo) -> datetime.datetime:
    if not plan.begins:
        return _moment(-(-anchor // 60_000) * 60_000).astimezone(zone)
    try:
        begins = datetime.datetime.fromisoformat(plan.begins)
    except ValueError:
        begins = None
    if begins is None or begins.tzinfo is not None or not 2000 <= begins.year < 2100:
        raise Misfit(f"{plan.begins[:40]!r} is no local time such as 2026-11-25T03:00", "begins") from None
    return begins.replace(tzinfo=zone)


def _check_period(plan: Plan) -> None:
    if not SHORTEST <= plan.period <= LONGEST or plan.period % SHORTEST:
        raise Misfit("runs begin every 1 hour to 366 days, in whole hours", "every")


def _check_blackouts(plan: Plan, now: int) -> None:
    try:
        ends(map(read, plan.blackouts), zone_of(plan), _moment(now))
    except ValueError as error:
        raise Misfit(str(error), "blackouts") from None


def _jitter(plan: Plan, nominal: int, seed: str) -> int:
    if not plan.jitter:
        return 0
    digest = hashlib.sha256(f"{seed} {nominal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (plan.jitter + 1)


def _moment(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)


def _ms(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)
