"""One row per OS: whose packages are its own, whose rows it borrows, and which release a backport was built from."""

from __future__ import annotations

from dataclasses import dataclass, replace

FEED_RANK: dict[str, int] = {
    "debian": 0, "ubuntu": 0, "redhat": 0, "suse": 0, "alpine": 0,
    "osv": 1, "updateinfo": 1, "oval": 1, "notus": 2,
    "archive": 3,
}  # fmt: skip
"""Whose word leads about one id and package: the distribution's per-CVE tracker, then advisories per CVE, then
grouped advisories (`GROUPED_RANK`), then what changelogs tell. A feed without a rank comes last."""

SHIPPED = frozenset({"archive", "updateinfo"})
"""Feeds that tell what repositories really ship: a fix of theirs is a fact, however old, where a tracker names none."""

GROUPED_RANK = 2
"""Rank of an advisory that is not the record of one CVE id (DSA, USN, ALAS): it may group several ids and packages."""


@dataclass(frozen=True, slots=True)
class Family:
    """How to read origins of one OS, and who else's rows speak for it.

    `origins` are the values of a Release file's Origin, `hosts` parts of repository addresses that are the
    distribution's own, `vendors` beginnings of rpm's VENDOR, `keys` ids of its package signing keys (16 hex digits),
    `marks` parts of a version that only its own builds carry; all in lower case. `borrows` is the OS it is rebuilt
    from, whose rows speak where its own are silent, and `borrowed` says what such a verdict is worth.
    """

    scheme: str
    origins: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    marks: tuple[str, ...] = ()
    borrows: str = ""
    borrowed: str = ""


_APPROXIMATE = "approximate (RHEL data)"
_REBUILD = "RHEL data, of which this is a rebuild"

_CENTOS = Family(
    "rpm", hosts=("centos.org",), vendors=("centos",),
    keys=frozenset({"0946fca2c105b9de", "24c6a8a7f4a80eb5", "05b555b38483c65d"}),
    borrows="rhel", borrowed=_APPROXIMATE,
)  # fmt: skip
_SUSE = Family(
    "rpm", hosts=("suse.com",), vendors=("suse llc", "suse linux"),
    keys=frozenset({"70af9e8139db7c82", "f74f09bc3fa1d6ce"}),
)  # fmt: skip
_OPENSUSE = replace(
    _SUSE, hosts=("opensuse.org", "suse.com"), vendors=("opensuse", *_SUSE.vendors),
    keys=_SUSE.keys | {"b88b2fd43dbdc284", "35a2f86e29b700a4"},
)  # fmt: skip

FAMILIES: dict[str, Family] = {
    "debian": Family("deb", frozenset({"debian", "debian backports"}), ("debian.org", "debian.net")),
    "ubuntu": Family(
        "deb",
        frozenset({"ubuntu", "ubuntuesm", "ubuntuesmapps", "ubuntufips", "ubuntufipsupdates", "ubuntupro"}),
        ("ubuntu.com", "canonical.com"),
    ),
    "rhel": Family(
        "rpm", hosts=("redhat.com",), vendors=("red hat",), keys=frozenset({"199e2f91fd431d51", "5054e4a45a6340b3"})
    ),
    "centos": _CENTOS,
    "centos-stream": _CENTOS,
    "almalinux": Family(
        "rpm", hosts=("almalinux.org",), vendors=("almalinux",),
        keys=frozenset({"51d6647ec21ad6ea", "2ae81e8aced7258b", "d36cb86cb86b3716"}),
        borrows="rhel", borrowed=_REBUILD,
    ),
    "rocky": Family(
        "rpm", hosts=("rockylinux.org",), vendors=("rocky",),
        keys=frozenset({"15af5dac6d745a60", "702d426d350d275d"}),
        borrows="rhel", borrowed=_REBUILD,
    ),
    "cloudlinux": Family(
        "rpm", hosts=("cloudlinux.com",), vendors=("cloudlinux",), borrows="rhel", borrowed=_APPROXIMATE
    ),
    "ol": Family(
        "rpm", hosts=("oracle.com",), vendors=("oracle america",),
        keys=frozenset({"72f97b74ec551f03", "82562ea9ad986da3", "bc4d06a08d8b756f"}),
    ),
    "fedora": Family("rpm", hosts=("fedoraproject.org",), vendors=("fedora project",)),
    "epel": Family(
        "rpm", hosts=("fedoraproject.org",), vendors=("fedora project",),
        keys=frozenset({"6a2faea2352c64e5", "21ea45ab2f86d6a1", "8a3872bf3228467c"}),
    ),
    "amzn": Family(
        "rpm", hosts=("amazonaws.com", "amazonlinux.com"), vendors=("amazon linux", "amazon.com", "amazon aws"),
        keys=frozenset({"bcb4a85b21c0f39f", "11cf1f95c87f5b1a", "e951904ad832c631"}), marks=("amzn",),
    ),
    "sles": _SUSE,
    "opensuse-leap": _OPENSUSE,
    "opensuse-tumbleweed": _OPENSUSE,
    "alpine": Family("apk", hosts=("alpinelinux.org",)),
    "wolfi": Family("apk", hosts=("wolfi.dev",)),
    "chainguard": Family("apk", hosts=("cgr.dev", "chainguard.dev", "wolfi.dev")),
}  # fmt: skip
"""Keyed by the first part of a platform's key; one without a row takes every package as the distribution's own."""

LANGUAGES = frozenset({"pypi", "npm", "gem", "golang", "maven", "cargo", "composer", "nuget", "hex", "pub"})
"""Package types that belong to a language, not to an OS: each is a platform of its own."""

CODENAMES: dict[str, dict[str, str]] = {
    "debian": {
        "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12",
        "trixie": "13", "forky": "14", "sid": "sid", "unstable": "sid",
    },
    "ubuntu": {
        "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
        "oracular": "24.10", "plucky": "25.04", "questing": "25.10", "resolute": "26.04",
    },
}  # fmt: skip
"""OS → codename of a suite → the release in a platform's key."""

_BACKPORT_SOURCE = {9: "10", 10: "11", 11: "12", 12: "13", 13: "14", 14: "sid"}


def backport_platform(release: int) -> str:
    """The platform key whose advisories speak for a `~bpo<release>+` package: the next release's suite.

    Backports are taken from testing (https://backports.debian.org/Contribute/), which is the release after the
    one they are built for; for the newest release that is sid.
    """
    return f"debian:{_BACKPORT_SOURCE.get(release, 'sid')}"
