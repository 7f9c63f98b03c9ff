"""One row per OS family: whose packages are its own, and which release a backport was built from."""

from __future__ import annotations

from dataclasses import dataclass

FEED_RANK: dict[str, int] = {"debian": 0, "ubuntu": 0, "osv": 1, "archive": 3}
"""Whose word leads about one id and package: the distribution's per-CVE tracker, then advisories per CVE, then
grouped advisories (`GROUPED_RANK`), then what changelogs tell."""

GROUPED_RANK = 2
"""Rank of an advisory that is not the record of one CVE id (DSA, USN): it may group several ids and packages."""


@dataclass(frozen=True, slots=True)
class Family:
    """How to read origins of one OS family.

    `origins` are the values of a Release file's Origin, `hosts` parts of repository addresses that are the
    distribution's own.
    """

    scheme: str
    origins: frozenset[str]
    hosts: tuple[str, ...]


FAMILIES: dict[str, Family] = {
    "debian": Family("deb", frozenset({"debian", "debian backports"}), ("debian.org", "debian.net")),
    "ubuntu": Family(
        "deb",
        frozenset({"ubuntu", "ubuntuesm", "ubuntuesmapps", "ubuntufips", "ubuntufipsupdates", "ubuntupro"}),
        ("ubuntu.com", "canonical.com"),
    ),
}
"""Keyed by the os-release id; a platform without a row takes every package as the distribution's own."""

_BACKPORT_SOURCE = {9: "10", 10: "11", 11: "12", 12: "13", 13: "14", 14: "sid"}


def backport_platform(release: int) -> str:
    """The platform key whose advisories speak for a `~bpo<release>+` package: the next release's suite.

    Backports are taken from testing (https://backports.debian.org/Contribute/), which is the release after the
    one they are built for; for the newest release that is sid.
    """
    return f"debian:{_BACKPORT_SOURCE.get(release, 'sid')}"
