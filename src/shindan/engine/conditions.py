"""Whether a channel is to be told of something: pure, so that conditions are a table that tests can read."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from shindan.model.channel import Conditions, Happens
from shindan.model.packages import PackageName


class Flawed(NamedTuple):
    """What conditions look at of an issue; `severity` is a number, 0 the worst; `exploited`: known to be (KEV)."""

    package: PackageName
    severity: int
    component: str
    exploited: bool


class Turn(NamedTuple):
    """An issue as it was (None: there was none) and is; statuses are `open`, `suppressed` and `fixed`."""

    was: Flawed | None
    was_status: str
    now: Flawed
    status: str


def about_issue(conditions: Conditions, turn: Turn) -> Happens | None:
    """What a channel is told of an issue that changed, its host apart; None where that is nothing.

    One that was open and comes to fit, since it is rated otherwise now, counts as opened.
    """
    before = turn.was is not None and turn.was_status == "open" and fits(conditions, turn.was)
    if turn.status == "open":
        fresh = turn.was is None or not conditions.new_only
        told = fresh and not before and fits(conditions, turn.now)
        return "finding-opened" if told and "finding-opened" in conditions.events else None
    if turn.status == "fixed" and before and "finding-fixed" in conditions.events:
        return "finding-fixed"
    return None


def fits(conditions: Conditions, flaw: Flawed) -> bool:
    """Whether a channel wants to hear of such a finding."""
    return (
        flaw.severity <= conditions.least_number
        and (flaw.exploited or not conditions.kev)
        and (not conditions.rules or flaw.package in conditions.rules)
        and (not conditions.packages or any(fnmatchcase(flaw.component, one) for one in conditions.packages))
    )


def tagged(conditions: Conditions, tags: Mapping[str, str]) -> bool:
    """Whether a host has every tag that is asked for."""
    return all(key in tags and value in (None, tags[key]) for key, value in conditions.tags)


def wants_findings(conditions: Conditions) -> bool:
    """Whether a channel hears of findings at all."""
    return "finding-opened" in conditions.events or "finding-fixed" in conditions.events
