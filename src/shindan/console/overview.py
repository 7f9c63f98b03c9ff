"""The first page: how the account stands, and what to do first; for an account without anything, the way there."""

from __future__ import annotations

import datetime
from typing import Any

from starlette.responses import Response

from shindan.console import first_run
from shindan.console.page import Visit
from shindan.model.overview import Coverage, Overview
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service import overview

_HEALTHS = (("HEALTHY", "good"), ("UNHEALTHY", "bad"), ("UNKNOWN", "undefined"))
_PLATFORMS = 6
_ALWAYS = ("High", "Medium", "Low")


def show(visit: Visit) -> Response:
    """The account at a glance."""
    elsewhere = next((way.path for section in visit.ways for way in section.ways if way.path != visit.path), "")
    if elsewhere and not visit.may("shindan:GetOverview"):
        return visit.redirect(elsewhere)
    found = overview.show(visit.service, visit.caller)
    if first_run.is_due(found):
        return first_run.page(visit, found)
    ending = visit.options.ending() if visit.may("administrator") else None
    return visit.page("overview.html.jinja", found=found, ending=ending, **pictured(found))


def pictured(found: Overview) -> dict[str, Any]:
    """What the pictures of the page are drawn from."""
    return {
        "days": [_noon(one.day) for one in found.history],
        "series": [(word, numbers) for word, numbers in _series(found) if word in _ALWAYS or any(numbers)],
        "healths": [(word, found.by_health.get(word, 0), kind) for word, kind in _HEALTHS],
        "platforms": found.by_platform[:_PLATFORMS],
        "more_platforms": sum(number for _, number in found.by_platform[_PLATFORMS:]),
        "covered": [(one, _parts(one)) for one in found.coverage],
        "run_link": first_run.run_link,
    }


def _series(found: Overview) -> list[tuple[str, list[int]]]:
    """Numbers by day, of the least severity first: it lies at the bottom of the picture."""
    return [(word, [one.open[word] for one in found.history]) for word in reversed(SHOWN_SEVERITIES)]


def _noon(day: str) -> int:
    # Noon is the same date in almost every time zone.
    return int(datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()) * 1000


def _parts(one: Coverage) -> list[tuple[str, int, float, float]]:
    """(kind, hosts, where it begins, how wide it is) of each part of a bar, in hundredths."""
    numbers = [("good", one.judged), ("medium", one.partly), ("low", one.outdated), ("track", one.never)]
    whole, begun = sum(number for _, number in numbers) or 1, 0.0
    parts = []
    for kind, number in numbers:
        if number:
            parts.append((kind, number, begun, 100 * number / whole))
        begun += 100 * number / whole
    return parts
