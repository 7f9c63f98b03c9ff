"""Small texts that table and page share: plurals, ages, shares, and strings made harmless."""

from __future__ import annotations

from unicodedata import category

from shindan.model.advisory import Knows
from shindan.model.checked import Counts
from shindan.model.result import FeedRef, Finding, Host, Package

KNOWS: dict[Knows, str] = {
    "states": "knows flaws without a fix too",
    "fixed": "knows flaws with a fix only",
    "enrichment": "scores and marks",
}
"""How far a feed's silence carries, for people."""

_TRACELESS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's general categories of controls, invisible format marks, lone surrogates and line separators."""


def harmless(text: str) -> str:
    """`text` without control characters, which drive terminals, and without marks that hide or turn text.

    White space becomes single spaces, all else of that kind U+FFFD, so that nothing vanishes unseen.
    """
    if text.isprintable():
        return text
    return "".join("\ufffd" if category(letter) in _TRACELESS else letter for letter in " ".join(text.split()))


def counted(number: int, noun: str) -> str:
    """`1 package`, `2,000 packages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def age(feed: FeedRef) -> str:
    """How old the newest record of a feed is."""
    if feed.age_days is None:
        return "age unknown"
    days = int(feed.age_days)
    return "under a day old" if days < 1 else f"{counted(days, 'day')} old"


def newest(feed: FeedRef) -> str:
    """The day of a feed's newest record."""
    return feed.newest[:10] or "unknown"


def percent(share: float) -> str:
    """A probability of 0 to 1 as EPSS is read: two figures, and never a false zero."""
    if 0 < share < 0.001:
        return "<0.1 %"
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"


def score(counts: Counts) -> str:
    """A score in per cent, rounded down: what is not all is not a hundred; "–" where nothing passed or failed."""
    return "–" if counts.score is None else f"{int(counts.score * 1000) / 10:g} %"


_NO_FIX = {
    "will_not_fix": "will not be fixed",
    "deferred": "fix deferred",
    "under_investigation": "being investigated",
    "end_of_life": "no fix: end of life",
}


def fixed_in(finding: Finding) -> str:
    """The fixed version, or what stands in its stead."""
    if finding.fixed_version:
        return finding.fixed_version
    return _NO_FIX.get(finding.state, "no fix yet")


def named(package: Package, host: Host) -> str:
    """A package's name as its manager takes it, with the architecture where it is not the host's own.

    `libc6:i386` for apt (apt-get(8)), `glibc.i686` for dnf and zypper.
    """
    if not host.arch or package.arch in ("", "all", "noarch", host.arch):
        return package.name
    return f"{package.name}{'.' if package.type == 'rpm' else ':'}{package.arch}"
