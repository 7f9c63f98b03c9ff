"""The network half of the feed `redhat`: the publisher's archive of VEX documents, and what changed since it was made.

Source: CSAF 2.0 section 7.1 (directory-based distribution): `changes.csv` and `deletions.csv` list documents with the
time of their last change; `archive_latest.txt` names the archive of all (`csaf_vex_2024-08-04.tar.zst`).
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shindan.feeds.base import Downloader, Progress
from shindan.model.errors import FeedError

MANIFEST = "redhat.json"
_ARCHIVE = re.compile(r"^[\w.-]+\.tar\.(zst|gz|xz|bz2)$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DOCUMENT = re.compile(r"^\d{4}/[\w.-]+\.json$")
_MAX_LIST = 64 * 1024**2
_MAX_DOCUMENT = 256 * 1024**2
_MOST_CHANGED = 20_000


class Haul(msgspec.Struct):
    """What lies in the folder: the archive, newer documents (path → time of change), and deleted ones (same)."""

    archive: str
    changed: dict[str, str] = {}
    deleted: dict[str, str] = {}


@dataclass(frozen=True)
class Fetcher:
    """Fetches the directory at `base` below `into`."""

    get: Downloader
    base: str
    into: Path
    progress: Progress

    def fetch(self) -> tuple[Haul, str]:
        """The haul and its fingerprint. Raises FeedError."""
        archive = self._archive()
        before = self._before(archive)
        day = _DAY.search(archive)
        since = day[0] if day else "9999"
        changed = self._newer("changes.csv", since)
        if len(changed) > _MOST_CHANGED:
            raise FeedError(f"{len(changed):,} documents changed since {archive}: too many to fetch one by one")
        for count, (path, time) in enumerate(changed.items()):
            file = self.into / "changed" / path
            if before.changed.get(path) != time or not file.exists():
                self.get.fetch(f"{self.base}/{path}", file, max_bytes=_MAX_DOCUMENT)
            self.progress("redhat: changed documents", count, len(changed))
        haul = Haul(archive, changed, self._newer("deletions.csv", since))
        content = msgspec.json.encode(haul)
        (self.into / MANIFEST).write_bytes(content)
        return haul, hashlib.sha256(content).hexdigest()

    def _archive(self) -> str:
        """The newest archive's name; it is fetched where it is not there yet, and older ones go."""
        listing = self.into / "archive_latest.txt"
        self.get.fetch(f"{self.base}/archive_latest.txt", listing, max_bytes=_MAX_LIST)
        name = listing.read_text("utf-8", "replace").strip()
        if not _ARCHIVE.match(name):
            raise FeedError(f"{self.base}/archive_latest.txt names no archive: {name[:80]!r}")
        if not (self.into / name).exists() or not _DAY.search(name):
            self.get.fetch(f"{self.base}/{name}", self.into / name)
        for other in self.into.glob("*.tar.*"):
            if other.name != name and not other.name.endswith((".part", ".etag")):
                other.unlink()
        return name

    def _before(self, archive: str) -> Haul:
        try:
            known = msgspec.json.decode((self.into / MANIFEST).read_bytes(), type=Haul)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return Haul(archive)
        return known if known.archive == archive else Haul(archive)

    def _newer(self, name: str, since: str) -> dict[str, str]:
        """Documents of a list that changed on the archive's day or later."""
        file = self.into / name
        self.get.fetch(f"{self.base}/{name}", file, max_bytes=_MAX_LIST)
        with file.open(encoding="utf-8", errors="replace", newline="") as stream:
            rows = [row for row in csv.reader(stream) if len(row) >= 2]
        newer = {row[0].strip(): row[1].strip() for row in reversed(rows) if row[1].strip()[:10] >= since}
        return {path: time for path, time in newer.items() if _DOCUMENT.match(path)}


def manifest(folder: Path) -> Haul | None:
    """What `Fetcher` left in a folder; None in any other folder. Raises FeedError for a torn manifest."""
    file = folder / MANIFEST
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Haul)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FeedError(f"{file} is torn: {error}", remedy="fetch the feed again") from error
