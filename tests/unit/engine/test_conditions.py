"""What a channel is told of a finding: a table."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.engine.conditions import Flawed, Turn, about_issue, tagged
from shindan.model.channel import Conditions

BOTH: Any = ("finding-opened", "finding-fixed")
HIGH, MEDIUM, LOW = 0, 1, 2


def one(severity: int = HIGH, component: str = "openssl", *, kev: bool = False, package: Any = "cve") -> Flawed:
    return Flawed(package, severity, component, kev)


def new(now: Flawed, status: str = "open") -> Turn:
    return Turn(None, "", now, status)


def back(now: Flawed) -> Turn:
    return Turn(now, "fixed", now, "open")


def mended(was: Flawed, before: str = "open") -> Turn:
    return Turn(was, before, was, "fixed")


def rated(was: Flawed, now: Flawed, status: str = "open") -> Turn:
    return Turn(was, status, now, status)


OPENED, FIXED = "finding-opened", "finding-fixed"
CASES: dict[str, tuple[dict[str, Any], Turn, str | None]] = {
    "any new one": ({}, new(one(LOW)), OPENED),
    "one that is back": ({}, back(one()), OPENED),
    "one that is back, where only new ones count": ({"new_only": True}, back(one()), None),
    "a new one, where only new ones count": ({"new_only": True}, new(one()), OPENED),
    "of the least severity": ({"least": "Medium"}, new(one(MEDIUM)), OPENED),
    "below the least severity": ({"least": "Medium"}, new(one(LOW)), None),
    "rated higher, over the threshold": ({"least": "High"}, rated(one(MEDIUM), one(HIGH)), OPENED),
    "rated higher, where only new ones count": (
        {"least": "High", "new_only": True}, rated(one(MEDIUM), one(HIGH)), None,
    ),
    "rated higher, and told already": ({"least": "Medium"}, rated(one(MEDIUM), one(HIGH)), None),
    "rated lower": ({"least": "High"}, rated(one(HIGH), one(MEDIUM)), None),
    "now known to be exploited": ({"kev": True}, rated(one(), one(kev=True)), OPENED),
    "not known to be exploited": ({"kev": True}, new(one()), None),
    "exploited": ({"kev": True}, new(one(kev=True)), OPENED),
    "a package by its name": ({"packages": ("openssl",)}, new(one()), OPENED),
    "a package by a pattern": ({"packages": ("curl", "open*")}, new(one()), OPENED),
    "another package": ({"packages": ("curl", "lib*")}, new(one()), None),
    "no package at all, where one is asked for": ({"packages": ("curl",)}, new(one(component="")), None),
    "of a rules package": ({"rules": ("cis", "cve")}, new(one(package="cis")), OPENED),
    "of another rules package": ({"rules": ("cve",)}, new(one(package="cis")), None),
    "mended": ({}, mended(one()), FIXED),
    "mended, which nobody asked for": ({"events": (OPENED,)}, mended(one()), None),
    "mended, and not of the kind": ({"least": "High"}, mended(one(LOW)), None),
    "mended while it was suppressed": ({}, mended(one(), "suppressed"), None),
    "only mended ones are asked for": ({"events": (FIXED,)}, new(one()), None),
    "still suppressed": ({}, rated(one(), one(MEDIUM), "suppressed"), None),
    "everything at once": (
        {"least": "High", "kev": True, "packages": ("*ssl",), "rules": ("cve",), "new_only": True},
        new(one(kev=True)), OPENED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_told_of_a_finding(case: str) -> None:
    wanted, turn, told = CASES[case]
    assert about_issue(Conditions(**{"events": BOTH, **wanted}), turn) == told


@pytest.mark.parametrize(
    ("asked", "tags", "fits"),
    [
        ((), {}, True),
        ((("env", "prod"),), {"env": "prod", "team": "a"}, True),
        ((("env", "prod"),), {"env": "test"}, False),
        ((("env", None),), {"env": "test"}, True),
        ((("env", None),), {}, False),
        ((("env", "prod"), ("team", "b")), {"env": "prod", "team": "a"}, False),
    ],
    ids=["none asked", "one of two", "another value", "the key alone", "no such key", "all must hold"],
)
def test_tags_of_hosts(asked: Any, tags: dict[str, str], fits: bool) -> None:
    assert tagged(Conditions(tags=asked), tags) is fits
