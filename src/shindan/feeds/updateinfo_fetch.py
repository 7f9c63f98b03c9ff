"""The network half of the feed `updateinfo`: from repositories to their updateinfo files, found through repomd.xml.

repomd.xml is taken on the word of the transport (HTTPS); what it lists is checked by the SHA-256 that it names.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from shindan.feeds.base import Downloader, Repository
from shindan.feeds.updateinfo_repositories import AMAZON_2_TOPICS, topic
from shindan.feeds.xml_stream import child, elements, text
from shindan.model.errors import FeedError, Unreachable

_MAX_INDEX = 16 * 1024**2
_MAX_UPDATEINFO = 512 * 1024**2
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Held(msgspec.Struct, frozen=True):
    """One file that was fetched: its path below the folder, for which platform, from which repository."""

    file: str
    platform: str
    repository: str
    sha256: str


@dataclass
class Haul:
    """What a fetch brought; `notes` are the repositories that could not be read, and why."""

    held: list[Held] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fetcher:
    """Fetches repositories below `into`. `mirror` stands before every address, without its scheme, or is ""."""

    get: Downloader
    into: Path
    mirror: str
    haul: Haul

    def platform(self, platform: str, repositories: tuple[Repository, ...]) -> None:
        """Every repository of one platform. Raises where none of them could be read, or nothing answers."""
        failures: list[FeedError] = []
        for repository in repositories:
            try:
                self._repository(platform, repository)
            except Unreachable:
                raise
            except FeedError as error:
                failures.append(error)
                self.haul.notes.append(f"{platform}: {repository.id} was not read: {error}")
        if failures and not any(held.platform == platform for held in self.haul.held):
            raise failures[0]

    def topics(self) -> tuple[Repository, ...]:
        """The repositories of Amazon Linux 2's topics, by its catalogue. Raises FeedError."""
        path = self.into / "extras-catalog.json"
        self.get.fetch(self._address(AMAZON_2_TOPICS), path, max_bytes=_MAX_INDEX)
        try:
            listed = msgspec.json.decode(path.read_bytes())["topics"]
            return tuple(topic(str(entry["n"])) for entry in listed)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise FeedError(f"{AMAZON_2_TOPICS} is no catalogue of topics: {error!r}") from error

    def _repository(self, platform: str, repository: Repository) -> None:
        folder = self.into / _UNSAFE.sub("-", platform) / _UNSAFE.sub("-", repository.id)
        base = self._base(repository, folder)
        repomd = folder / "repomd.xml"
        self.get.fetch(f"{base}/repodata/repomd.xml", repomd, max_bytes=_MAX_INDEX)
        listed = updateinfo_of(repomd)
        if listed is None:
            return
        href, sha256 = listed
        file = folder / href.rsplit("/", 1)[-1]
        if not (file.exists() and sha256 and _digest(file) == sha256):
            self.get.fetch(f"{base}/{href}", file, max_bytes=_MAX_UPDATEINFO, sha256=sha256)
        self.haul.held.append(Held(str(file.relative_to(self.into)), platform, repository.id, _digest(file)))
        for older in folder.glob("*updateinfo*"):
            if file.name not in older.name:  # beside the file lies what the server said of it
                older.unlink(missing_ok=True)

    def _base(self, repository: Repository, folder: Path) -> str:
        """The base address, taken from the first line of the mirror list where there is one."""
        if not repository.mirrorlist:
            return self._address(repository.url)
        path = folder / "mirror.list"
        self.get.fetch(self._address(repository.url), path, max_bytes=_MAX_INDEX)
        first = _first_mirror(path)
        if not first:
            raise FeedError(f"{repository.url} lists no mirror")
        return self._address(first)

    def _address(self, url: str) -> str:
        if not self.mirror:
            return url.rstrip("/")
        split = urlsplit(url)
        return f"{self.mirror}/{split.netloc}{split.path}".rstrip("/")


def updateinfo_of(repomd: Path) -> tuple[str, str] | None:
    """(address below the repository, SHA-256 or "") of the updateinfo that a repomd.xml lists; None for none.

    Raises FeedError for what is no repomd.xml, or points outside its repository.
    """
    with repomd.open("rb") as stream:
        for data in elements(stream, str(repomd), ("data",)):
            location, checksum = child(data, "location"), child(data, "checksum")
            if data.get("type") != "updateinfo" or location is None:
                continue
            href = location.get("href", "")
            if not href or ".." in href.split("/") or href.startswith("/") or "://" in href:
                raise FeedError(f"{repomd} points outside its repository: {href!r}")
            strong = checksum is not None and checksum.get("type") == "sha256"
            return href, text(data, "checksum") if strong else ""
    return None


def _first_mirror(path: Path) -> str:
    """The first base address of a list of mirrors: one a line, or a metalink (RFC 5854's older form, as Fedora has)."""
    if b"<metalink" not in path.read_bytes()[:1000]:
        lines = (line.strip() for line in path.read_text("utf-8", "replace").splitlines())
        return next((line for line in lines if line.startswith(("http://", "https://"))), "")
    with path.open("rb") as stream:
        for url in elements(stream, path.name, ("url",)):
            address = (url.text or "").strip()
            if address.startswith(("http://", "https://")):
                return address.removesuffix("/repodata/repomd.xml")
    return ""


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
