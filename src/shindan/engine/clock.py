"""The only clock."""

from __future__ import annotations

import datetime
import os
import time


def now() -> datetime.datetime:
    """The time, in UTC and to the second; SOURCE_DATE_EPOCH (reproducible-builds.org) stands in for it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.datetime.fromtimestamp(int(fixed), datetime.UTC) if fixed else datetime.datetime.now(datetime.UTC)
    return moment.replace(microsecond=0)


def milliseconds() -> int:
    """The time as milliseconds since the epoch, as the service's database keeps it; stands still as `now` does."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return int(fixed) * 1000 if fixed else time.time_ns() // 1_000_000


def stamp(moment: datetime.datetime) -> str:
    """ISO 8601 with a Z, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def age_days(text: str, moment: datetime.datetime) -> float | None:
    """Days from an ISO 8601 date or time to `moment`; None where it is none."""
    try:
        then = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=datetime.UTC)
    return max(0.0, (moment - then).total_seconds() / 86400)
