"""When a channel is told what waits for it: pure, from the moment of the oldest of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from shindan.model.channel import Pace
from shindan.model.errors import Misfit

HOUR = 3_600_000
LONGEST = 7 * 24 * 60
"""Minutes that a digest may collect."""

MOST = 1000
"""Messages that a channel may be allowed in an hour."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def check(pace: Pace) -> None:
    """Raises Misfit for a pace that is none."""
    if pace.minutes and pace.at:
        raise Misfit("a digest comes every so often, or daily at a time, not both", "at")
    if not 0 <= pace.minutes <= LONGEST:
        raise Misfit(f"a digest collects for 1 to {LONGEST:,} minutes; 0 tells at once", "every")
    if pace.at and not _CLOCK.fullmatch(pace.at):
        raise Misfit(f"{pace.at[:20]!r} is no time of the day such as 08:30", "at")
    if not 1 <= pace.most <= MOST:
        raise Misfit(f"1 to {MOST:,} messages an hour can be allowed, not {pace.most}", "most")
    _zone(pace)


def due(pace: Pace, oldest: int) -> int:
    """When what waits is to be told, the hour's limit apart; `oldest` is the moment of the oldest of it."""
    if pace.minutes:
        return oldest + pace.minutes * 60_000
    found = _CLOCK.fullmatch(pace.at)
    if not found:
        return oldest
    then = datetime.datetime.fromtimestamp(oldest / 1000, datetime.UTC).astimezone(_zone(pace))
    today = then.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    # By the clock on the wall: a day may have 23 or 25 hours.
    moment = (
        today
        if today > then
        else (today.replace(tzinfo=None) + datetime.timedelta(days=1)).replace(tzinfo=today.tzinfo)
    )
    return int(moment.timestamp() * 1000)


def free_at(pace: Pace, sent: Sequence[int], now: int) -> int:
    """When the hour's limit allows another message; `sent` are the moments of those of the last hour, oldest first."""
    recent = [at for at in sent if at > now - HOUR]
    return now if len(recent) < pace.most else recent[len(recent) - pace.most] + HOUR


def _zone(pace: Pace) -> ZoneInfo:
    try:
        return ZoneInfo(pace.zone)
    except (KeyError, ValueError, OSError):
        message = f"{pace.zone[:60]!r} is no time zone that is known here: write one such as Europe/Berlin"
        raise Misfit(message, "zone") from None
