"""Where the distributions publish their repositories, for hosts whose own are not known.

Addresses as in the distributions' own repository files (almalinux-release, rocky-repos, oraclelinux-release,
fedora-repos, epel-release, system-release, openSUSE-repos). SUSE Linux Enterprise has none without a registration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shindan.feeds.base import Repository

_ARCHITECTURES = ("x86_64", "aarch64")
_ALMA = "https://repo.almalinux.org/almalinux/{release}/{part}/{arch}/os"
_ROCKY = "https://dl.rockylinux.org/pub/rocky/{release}/{part}/{arch}/os"
_ORACLE = "https://yum.oracle.com/repo/OracleLinux/OL{release}/{part}/{arch}"
_FEDORA = "https://dl.fedoraproject.org/pub/fedora/linux/updates/{release}/Everything/{arch}"
_EPEL = "https://dl.fedoraproject.org/pub/epel/{release}/Everything/{arch}"
_LEAP = "https://download.opensuse.org/update/leap/{release}/{part}"
_AMAZON_2023 = "https://cdn.amazonlinux.com/al2023/{part}/mirrors/latest/x86_64/mirror.list"
_AMAZON_2 = "https://cdn.amazonlinux.com/2/{part}/latest/x86_64/mirror.list"
_AMAZON_1 = "http://repo.us-west-2.amazonaws.com/2018.03/{part}/x86_64/mirror.list"

AMAZON_2_TOPICS = "https://amazonlinux.default.amazonaws.com/2/extras-catalog.json"
"""The list of Amazon Linux 2's topics (extras): each is a repository of its own."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Repositories of the releases of one distribution; `known` are those that `everything` means."""

    address: str
    parts: tuple[str, ...]
    known: tuple[str, ...]
    mirrorlist: bool = False

    def repositories(self, id_: str, release: str) -> Iterator[Repository]:
        """One repository for each part and, where the address tells them apart, architecture."""
        architectures = _ARCHITECTURES if "{arch}" in self.address else ("",)
        for part in self.parts:
            for arch in architectures:
                url = self.address.format(release=release, part=part, arch=arch)
                name = "-".join(word for word in (id_, release, part.replace("/", "-"), arch) if word)
                yield Repository(name, url, self.mirrorlist)


_SOURCES: dict[str, tuple[_Source, ...]] = {
    "almalinux": (
        _Source(_ALMA, ("BaseOS", "AppStream", "PowerTools", "HighAvailability"), ("8",)),
        _Source(_ALMA, ("BaseOS", "AppStream", "CRB", "HighAvailability"), ("9", "10")),
    ),
    "rocky": (
        _Source(_ROCKY, ("BaseOS", "AppStream", "PowerTools", "HighAvailability"), ("8",)),
        _Source(_ROCKY, ("BaseOS", "AppStream", "CRB", "HighAvailability"), ("9", "10")),
    ),
    "ol": (
        _Source(_ORACLE, ("latest", "UEKR6"), ("7",)),
        _Source(_ORACLE, ("baseos/latest", "appstream", "UEKR6", "UEKR7"), ("8",)),
        _Source(_ORACLE, ("baseos/latest", "appstream", "UEKR7", "UEKR8"), ("9",)),
        _Source(_ORACLE, ("baseos/latest", "appstream", "UEKR8"), ("10",)),
    ),
    "fedora": (_Source(_FEDORA, ("",), ("42", "43")),),
    "epel": (_Source(_EPEL, ("",), ("8", "9", "10")),),
    "opensuse-leap": (_Source(_LEAP, ("oss", "sle", "backports"), ("15.5", "15.6")),),
    "amzn": (
        _Source(_AMAZON_2023, ("core", "kernel-livepatch"), ("2023",), mirrorlist=True),
        _Source(_AMAZON_2, ("core",), ("2",), mirrorlist=True),
        _Source(_AMAZON_1, ("main", "updates"), ("1", "2018.03"), mirrorlist=True),
    ),
}

PLATFORMS: tuple[str, ...] = tuple(
    f"{id_}:{release}"
    for id_, sources in _SOURCES.items()
    for source in sources
    for release in source.known
    if release != "2018.03"
)
"""The platforms that `everything` means."""


def published(platform: str) -> tuple[Repository, ...]:
    """The repositories of a platform such as `rocky:9`; none where its distribution has no open ones.

    A release that is not listed is looked for where the distribution keeps its newest ones.
    """
    id_, _, release = platform.partition(":")
    sources = _SOURCES.get(id_, ())
    fitting = [source for source in sources if release in source.known]
    newest = [source for source in sources if id_ != "amzn"][-1:]
    return tuple(repository for source in fitting or newest for repository in source.repositories(id_, release))


def topic(name: str) -> Repository:
    """The repository of one Amazon Linux 2 topic, named as the host's own repository file names it."""
    return Repository(f"amzn2extra-{name}", _AMAZON_2.format(part=f"extras/{name}"), mirrorlist=True)
