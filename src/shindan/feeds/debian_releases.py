"""Debian's releases: codename → number, and which suite of which release a path to an index names.

Source: https://wiki.debian.org/DebianReleases; https://wiki.debian.org/DebianRepository/Format (layout of `dists/`).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_NUMBERS = {
    "potato": "2.2",
    "woody": "3.0",
    "sarge": "3.1",
    "etch": "4",
    "lenny": "5",
    "squeeze": "6",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
}
_CODENAMES = {number: codename for codename, number in _NUMBERS.items()}

SUPPORTED = ("bullseye", "bookworm", "trixie", "forky")
"""Releases whose indices are fetched where everything is wanted."""

UNSTABLE = "sid"

Kind = Literal["base", "updates", "security"]

_SUITE = re.compile(
    rf"(?<![^/_])({'|'.join((*_NUMBERS, UNSTABLE))})"
    r"(-security|[/_]updates|-updates|-backports[a-z-]*|-proposed-updates)?(?=[/_.]|$)"
)
_KINDS: dict[str, Kind] = {"": "base", "-security": "security", "/updates": "security", "-updates": "updates"}


class Suite(NamedTuple):
    """One suite of a release."""

    codename: str
    kind: Kind


def platform_of(codename: str) -> str:
    """`debian:12` for bookworm; a codename without a number keeps its name (`debian:sid`)."""
    return f"debian:{_NUMBERS.get(codename, codename)}"


def codename_of(platform: str) -> str:
    """`bookworm` for `debian:12`, `sid` for `debian:sid`; "" for what is no release of Debian's."""
    id_, _, number = platform.partition(":")
    return _CODENAMES.get(number, number if number == UNSTABLE else "") if id_ == "debian" else ""


def suite_of(path: str) -> Suite | None:
    """The suite that an index's path names last; None where it names none, backports, or proposed updates.

    Layouts: a mirror's `dists/bookworm-security/…`, apt's `deb.debian.org_debian_dists_bookworm_…`, and the
    security archive's former `dists/buster/updates`.
    """
    found = list(_SUITE.finditer(path))
    if not found:
        return None
    kind = _KINDS.get((found[-1][2] or "").replace("_", "/"))
    return Suite(found[-1][1], kind) if kind else None
