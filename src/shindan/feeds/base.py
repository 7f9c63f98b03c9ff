"""What every feed is: fetch needs a network, parse never does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from shindan.feeds.download import Downloader
from shindan.model.advisory import Knows, Record
from shindan.model.progress import Progress, silent

Role = Literal["advisories", "enrichment"]
"""Whether a feed speaks about packages, or only adds to what others say of a CVE id."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One apt source of the host: base address, suite (`bookworm-security`) and components."""

    url: str
    suite: str
    components: tuple[str, ...] = ("main",)
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """One yum, dnf or zypper repository of the host: its id, and its base address with all variables put in.

    `mirrorlist` says that the address answers with a list of base addresses, or with a metalink.
    """

    id: str
    url: str
    mirrorlist: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """What the hosts at hand need of the feeds.

    `platforms` are keys such as `debian:12`; `sources` maps (platform, source package) to the lowest source
    version installed; `mirrors` are the apt sources of a host by platform, `repositories` its rpm repositories.
    `everything` asks for it all.
    """

    platforms: frozenset[str] = frozenset()
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)
    mirrors: Mapping[str, tuple[Mirror, ...]] = field(default_factory=dict)
    everything: bool = False
    repositories: Mapping[str, tuple[Repository, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """How to parse: `sources` is a folder of Debian `Sources`/`Packages` indices (for the `debian` feed)."""

    sources: Path | None = None
    needs: Needs = field(default_factory=Needs)
    progress: Progress = silent


class Feed(Protocol):
    """A source of advisories or enrichments.

    `fetch` brings what `needs` asks for below `into` (which keeps earlier downloads) and returns the content's
    fingerprint, or None when it equals `seen`. `parse` reads what `fetch` left, or any file or folder that a
    person imports in the publisher's form. Both raise `FeedError`.
    """

    name: str
    title: str
    url: str
    knows: Knows
    role: Role
    parser_version: int

    def serves(self, needs: Needs) -> bool:
        """Whether `update` without names should fetch this feed for these needs."""
        ...

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See the class."""
        ...

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See the class."""
        ...


__all__ = ["Downloader", "Feed", "Mirror", "Needs", "Options", "Progress", "Repository", "Role", "silent"]
