"""Debian `Sources` and `Packages` indices, streamed: which version of which source a suite has, and its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from shindan.feeds.containers import open_stream
from shindan.model.errors import FeedError

_BLOCK = 1024 * 1024
_MAX_STANZA = 16 * 1024 * 1024
_PACKED = re.compile(rb"\.tar\.(?:xz|gz|bz2|lzma|zst)$")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source package, below the mirror's base address."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One source package in a suite; `packaging` is the file that holds debian/changelog, where it is known."""

    package: str
    version: str
    packaging: SourceFile | None = None


def sources(path: Path) -> Iterator[SourceEntry]:
    """Entries of a `Sources` or a `Packages` index (plain, .xz, .gz, .bz2, .zst). Raises FeedError for a torn one.

    A binary's entry in `Packages` tells its source's name and version (deb-control(5), `Source`).
    """
    for stanza in _stanzas(path):
        name, version = _field(stanza, b"Package"), _field(stanza, b"Version")
        if not name or not version:
            continue
        if b"\nFilename:" in stanza:
            source, _, rest = _field(stanza, b"Source").partition(" ")
            yield SourceEntry(source or name, rest.strip("() ") or version)
        else:
            yield SourceEntry(name, version, _packaging(stanza))


def binaries(path: Path, wanted: Collection[str]) -> Iterator[tuple[str, str, SourceFile]]:
    """(source, its version, file) of each binary package in a `Packages` index whose source is `wanted`."""
    for stanza in _stanzas(path):
        name, version = _field(stanza, b"Package"), _field(stanza, b"Version")
        source, _, rest = _field(stanza, b"Source").partition(" ")
        size = _field(stanza, b"Size")
        if (source or name) in wanted and size.isascii() and size.isdigit():
            file = SourceFile(_field(stanza, b"Filename"), _field(stanza, b"SHA256"), int(size))
            yield source or name, rest.strip("() ") or version, file


def _stanzas(path: Path) -> Iterator[bytes]:
    rest = b""
    with open_stream(path) as stream:
        while block := stream.read(_BLOCK):
            pieces = (rest + block).split(b"\n\n")
            rest = pieces.pop()
            if len(rest) > _MAX_STANZA:
                raise FeedError(f"{path.name} is no index: an entry of more than {_MAX_STANZA:,} bytes")
            yield from (b"\n" + piece.strip(b"\n") for piece in pieces)
    if rest.strip():
        yield b"\n" + rest.strip(b"\n")


def _field(stanza: bytes, name: bytes) -> str:
    start = stanza.find(b"\n" + name + b":")
    if start < 0:
        return ""
    start += len(name) + 2
    end = stanza.find(b"\n", start)
    return stanza[start : end if end >= 0 else len(stanza)].strip().decode("utf-8", "replace")


def _packaging(stanza: bytes) -> SourceFile | None:
    """The file with the changelog: *.debian.tar.* (3.0 quilt), *.diff.gz (1.0), else the native tarball."""
    start = stanza.find(b"\nChecksums-Sha256:")
    if start < 0:
        return None
    listed = []
    for line in stanza[start:].split(b"\n")[2:]:
        if not line.startswith(b" "):
            break
        words = line.split()
        if len(words) == 3 and words[1].isdigit():
            listed.append(words)
    chosen = next((w for w in listed if b".debian.tar." in w[2]), None)
    chosen = chosen or next((w for w in listed if w[2].endswith(b".diff.gz")), None)
    chosen = chosen or next((w for w in listed if _PACKED.search(w[2]) and b".orig" not in w[2]), None)
    if chosen is None:
        return None
    directory = _field(stanza, b"Directory")
    name = chosen[2].decode("utf-8", "replace")
    return SourceFile(f"{directory}/{name}" if directory else name, chosen[0].decode(), int(chosen[1]))
