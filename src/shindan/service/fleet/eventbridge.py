"""EventBridge's schedule expressions as ours (EventBridge user guide, "Schedule expressions using rate and cron").

Its cron has a sixth field for years, `?` for "no matter", and weekdays from 1 (Sunday).
"""

from __future__ import annotations

import re

from shindan.model.durations import seconds, written
from shindan.service.schedule_text import PlanText

_RATE = re.compile(r"rate\(\s*(\d{1,6})\s+(minute|hour|day)s?\s*\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_DAY_NUMBER = re.compile(r"(?<![#/\d])[1-7](?!\d)")


def plan_text(expression: str) -> PlanText:
    """A plan with `every` or `cron`, in UTC. Raises ValueError for what there is no like of here."""
    rate = _RATE.fullmatch(expression.strip())
    if rate is not None:
        return PlanText(every=written(seconds(f"{rate[1]}{rate[2][0]}")))
    found = _CRON.fullmatch(expression.strip())
    fields = found[1].split() if found else []
    if len(fields) != 6:
        raise ValueError("it is neither rate(…) nor cron(…) with six fields")
    minute, hour, day, month, weekday, year = fields
    if year != "*":
        raise ValueError("schedules here go on for ever: they have no year")
    if "W" in day.upper() or weekday.upper().endswith("L"):
        raise ValueError("the nearest weekday to a day and the last weekday of a month are not known here")
    weekday = _DAY_NUMBER.sub(lambda number: str(int(number[0]) - 1), weekday)
    return PlanText(cron=" ".join("*" if field == "?" else field for field in (minute, hour, day, month, weekday)))
