"""debian/changelog out of what a mirror offers of a package: its packaging, or any of its binary packages.

Nothing is unpacked: the archives are read as streams, up to the changelog. Source: dpkg-source(1) for the source
formats; deb(5) for binary packages; Debian policy 12.7 for where they keep the changelog.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from shindan.feeds.containers import open_stream
from shindan.model.errors import FeedError

MAX_CHANGELOG = 32 * 1024**2
_MAX_UNPACKED = 4 * 1024**3
_IN_SOURCE = re.compile(r"^(?:\./)?(?:[^/]+/)?debian/changelog$")
_IN_BINARY = re.compile(r"^(?:\./)?usr/share/doc/[^/]+/changelog(?:\.Debian)?(?:\.[\w-]+)?\.gz$")
_AR = b"!<arch>\n"
_AR_HEADER = 60


def extracted(packaging: Path) -> str:
    """The changelog of a *.debian.tar.*, a native tarball or a *.diff.gz. Raises FeedError if torn or without one."""
    if packaging.name.endswith(".diff.gz"):
        return _from_diff(packaging)
    return _decoded(_member(packaging, _IN_SOURCE, packaging.name))


def extracted_from_deb(package: Path) -> str:
    """The changelog of a binary package. Raises FeedError if torn or without one.

    It may be shorter than the source's: old entries are cut when it is built (dh_installchangelogs(1)).
    """
    with tempfile.TemporaryDirectory(prefix="shindan-deb-", dir=package.parent) as folder:
        packed = _member(_data_of(package, Path(folder)), _IN_BINARY, package.name)
    try:
        with gzip.open(io.BytesIO(packed)) as stream:
            return _decoded(stream.read(MAX_CHANGELOG))
    except (OSError, EOFError, zlib.error) as error:
        raise FeedError(f"{package.name} has a torn changelog: {error}") from error


def _member(path: Path, pattern: re.Pattern[str], shown: str) -> bytes:
    """The first file of a tar whose name matches."""
    with open_stream(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.offset > _MAX_UNPACKED:
                raise FeedError(f"{shown} unpacks to more than {_MAX_UNPACKED:,} bytes")
            if pattern.match(member.name) and member.isfile():
                content = archive.extractfile(member)
                if content is not None:
                    return content.read(MAX_CHANGELOG)
    raise FeedError(f"{shown} holds no changelog")


def _data_of(package: Path, into: Path) -> Path:
    """The data.tar.* of a binary package, copied into a folder."""
    try:
        with package.open("rb") as stream:
            if stream.read(len(_AR)) != _AR:
                raise FeedError(f"{package.name} is no binary package")
            for name, size in _ar_members(stream, package.name):
                if name.startswith("data.tar"):
                    inner = into / name
                    with inner.open("wb") as copy:
                        _copy(stream, copy, size, package.name)
                    return inner
                stream.seek(size + size % 2, 1)
    except OSError as error:
        raise FeedError(f"{package.name}: {error.strerror or error}") from error
    raise FeedError(f"{package.name} holds no data.tar")


def _ar_members(stream: IO[bytes], shown: str) -> Iterator[tuple[str, int]]:
    """Name and size of each member; the caller moves past its content."""
    while len(header := stream.read(_AR_HEADER)) == _AR_HEADER:
        size = header[48:58].strip()
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        if header[58:] != b"`\n" or not size.isdigit() or not re.match(r"^[\w.-]+$", name):
            raise FeedError(f"{shown} is torn")
        yield name, int(size)


def _copy(stream: IO[bytes], copy: IO[bytes], size: int, shown: str) -> None:
    while size > 0:
        block = stream.read(min(size, 1024 * 1024))
        if not block:
            raise FeedError(f"{shown} is torn")
        copy.write(block)
        size -= len(block)


def _from_diff(path: Path) -> str:
    """A format 1.0 diff adds debian/changelog as a new file: its added lines are the file."""
    lines: list[bytes] = []
    inside, size = False, 0
    with open_stream(path) as stream:
        for line in stream:
            if line.startswith((b"--- ", b"+++ ")):
                if inside:
                    break
                inside = line.startswith(b"+++ ") and line.rstrip().split(b"\t")[0].endswith(b"/debian/changelog")
            elif inside and line.startswith(b"+") and size < MAX_CHANGELOG:
                lines.append(line[1:])
                size += len(line)
    if not lines:
        raise FeedError(f"{path.name} holds no changelog")
    return _decoded(b"".join(lines))


def _decoded(content: bytes) -> str:
    """As text: UTF-8 by policy, Latin-1 in entries of the last century; versions and CVE ids are ASCII in both."""
    return content.decode("utf-8", "replace")
