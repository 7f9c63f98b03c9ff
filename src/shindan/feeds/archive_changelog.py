"""Which version fixed which CVE, told by a source package's debian/changelog.

A release's host at version v lacks a fix exactly when the entry that names the CVE stands above v's own. Two versions
say that as an interval, since a rebuild (`1.2-1~deb12u1`) carries the entries of a version (`1.2-1`) that the release
never shipped and that sorts higher: the fix is missing up to the highest version below the entry, and it is to be had
in the first version at or above the entry that was made for the release.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shindan.feeds.containers import open_stream
from shindan.model.errors import FeedError
from shindan.versions import key

MAX_CHANGELOG = 32 * 1024 * 1024

_HEADER = re.compile(r"^(\S+) \(([^()\s]+)\)((?:\s+[-+.\w]+)*)\s*;")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_BULLET = re.compile(r"^\s{1,8}[*+-]\s")
_REVERT = re.compile(r"\b(?:revert(?:s|ed|ing)?|back(?:s|ed|ing)? out)\b", re.IGNORECASE)
_NOT_FIXED = re.compile(
    r"\b(?:does not fix|doesn't fix|not affected by|not vulnerable to|unaffected by|still vulnerable to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One changelog entry: its version, the suites it was uploaded to, CVE ids it fixes and those it reverts."""

    version: str
    suites: tuple[str, ...]
    fixes: frozenset[str]
    reverts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fix:
    """A CVE's fix in a release: hosts up to `lacking` lack it; `fixed` is the release's first version with it."""

    cve: str
    fixed: str
    lacking: str


def extracted(packaging: Path) -> str:
    """debian/changelog out of a *.debian.tar.*, a native tarball or a *.diff.gz; nothing is unpacked to disk.

    Raises FeedError where it is torn or holds none.
    """
    if packaging.name.endswith(".diff.gz"):
        return _from_diff(packaging)
    try:
        with open_stream(packaging) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if re.match(r"^(?:\./)?(?:[^/]+/)?debian/changelog$", member.name) and member.isfile():
                    content = archive.extractfile(member)
                    if content is not None:
                        return content.read(MAX_CHANGELOG).decode("utf-8", "replace")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise FeedError(f"{packaging.name} is torn: {error}") from error
    raise FeedError(f"{packaging.name} holds no debian/changelog")


def entries(changelog: str) -> list[Entry]:
    """The entries, newest first; what is malformed is passed over."""
    found: list[Entry] = []
    header: re.Match[str] | None = None
    body: list[str] = []
    for line in changelog.splitlines():
        match = _HEADER.match(line)
        if match is not None:
            if header is not None:
                found.append(_entry(header, body))
            header, body = match, []
        elif header is not None and line[:1] in (" ", "\t"):
            body.append(line)
    if header is not None:
        found.append(_entry(header, body))
    return found


def fixes(found: Sequence[Entry], codenames: Collection[str], shipped: Collection[str]) -> Iterator[Fix]:
    """The fixes that a release carries, from its newest entries (newest first).

    `codenames` are the release's names (`bookworm`, `stable`), `shipped` the versions that its suites list now.
    """
    latest: dict[str, int] = {}
    for position in range(len(found) - 1, -1, -1):
        for cve in found[position].reverts:
            latest.pop(cve, None)
        for cve in found[position].fixes:
            latest.setdefault(cve, position)
    below = _highest_below(found)
    own = [position for position, entry in enumerate(found) if _of_release(entry, codenames, shipped)] or [0]
    for cve, position in sorted(latest.items()):
        lacking = below[position]
        if lacking is not None:
            fixed = max((place for place in own if place <= position), default=0)
            yield Fix(cve, found[fixed].version, lacking)


def _highest_below(found: Sequence[Entry]) -> list[str | None]:
    """For each entry, the highest version among the older ones; None below the oldest."""
    highest: list[str | None] = [None] * len(found)
    best: tuple[bytes, str] | None = None
    for position in range(len(found) - 1, -1, -1):
        highest[position] = best[1] if best else None
        try:
            here = (key("deb", found[position].version), found[position].version)
        except ValueError:
            continue
        best = max(best, here) if best else here
    return highest


def _of_release(entry: Entry, codenames: Collection[str], shipped: Collection[str]) -> bool:
    """Whether a version was made for the release: uploaded to one of its suites, or listed by them."""
    if entry.version in shipped:
        return True
    return any(
        suite == name or (suite.startswith(name + "-") and not suite.endswith("-backports"))
        for suite in entry.suites
        for name in codenames
    )


def _entry(header: re.Match[str], body: Sequence[str]) -> Entry:
    fixed: set[str] = set()
    reverted: set[str] = set()
    for item in _items(body):
        named = _CVE.findall(item)
        if not named:
            continue
        if _REVERT.search(item):
            reverted.update(named)
        elif not _NOT_FIXED.search(item):
            fixed.update(named)
    return Entry(header[2], tuple(header[3].lower().split()), frozenset(fixed - reverted), frozenset(reverted))


def _items(body: Sequence[str]) -> Iterator[str]:
    """Bullets with their continuation lines joined."""
    item: list[str] = []
    for line in body:
        if _BULLET.match(line) or not line.strip():
            if item:
                yield " ".join(item)
            item = []
        item.append(line.strip())
    if item:
        yield " ".join(item)


def _from_diff(path: Path) -> str:
    """A format 1.0 diff adds debian/changelog as a new file: its added lines are the file."""
    lines: list[str] = []
    inside = False
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith("+++ "):
                    if inside:
                        break
                    inside = line.split()[1].endswith("/debian/changelog")
                elif inside and line.startswith("+"):
                    lines.append(line[1:])
                elif inside and line.startswith("--- "):
                    break
    except (OSError, EOFError, zlib.error) as error:
        raise FeedError(f"{path.name} is torn: {error}") from error
    if not lines:
        raise FeedError(f"{path.name} holds no debian/changelog")
    return io.StringIO("".join(lines)).read()
