"""Opening what people hand in: folders, zips, tars, and files compressed in any usual way. All of it streamed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from shindan.model.errors import FeedError

MAX_MEMBER = 1024**3
"""Bytes of one member, decompressed: more is no advisory but a bomb."""

_BROKEN = (EOFError, OSError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError, ValueError)
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst")


@contextmanager
def open_stream(path: Path) -> Iterator[BinaryIO]:
    """A file's content, decompressed as its ending says (.gz .xz .bz2 .zst). A torn one raises FeedError."""
    try:
        with path.open("rb") as raw, _decompressed(path.name, raw) as stream:
            yield stream
    except FeedError:
        raise
    except FileNotFoundError:
        raise FeedError(f"{path} does not exist") from None
    except _BROKEN as error:
        raise _torn(path, error) from error


def read_all(path: Path, limit: int = MAX_MEMBER) -> bytes:
    """A whole file, decompressed. Raises FeedError where it is torn or larger than `limit` bytes."""
    with open_stream(path) as stream:
        return _limited(stream, path.name, limit)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file of a folder, a zip or a tar, or of the one file that it is.

    Raises FeedError for a torn container; what came before stays with the caller, who throws it away.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield str(file.relative_to(path)), read_all(file)
        return
    name = path.name.lower()
    try:
        if name.endswith(".zip"):
            yield from _zip(path)
        elif name.endswith(_TARS):
            yield from _tar(path)
        else:
            yield path.name, read_all(path)
    except FeedError:
        raise
    except FileNotFoundError:
        raise FeedError(f"{path} does not exist") from None
    except _BROKEN as error:
        raise _torn(path, error) from error


def _zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if entry.file_size > MAX_MEMBER:
                raise FeedError(f"{path.name}: {entry.filename} is larger than {MAX_MEMBER:,} bytes")
            yield entry.filename, archive.read(entry)


def _tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with open_stream(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            if not entry.isfile():
                continue
            if entry.size > MAX_MEMBER:
                raise FeedError(f"{path.name}: {entry.name} is larger than {MAX_MEMBER:,} bytes")
            content = archive.extractfile(entry)
            if content is not None:
                yield entry.name, content.read()


@contextmanager
def _decompressed(name: str, raw: IO[bytes]) -> Iterator[BinaryIO]:
    lower = name.lower()
    if lower.endswith((".gz", ".tgz")):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast(BinaryIO, stream)
    elif lower.endswith(".xz"):
        with lzma.LZMAFile(raw) as stream:
            yield cast(BinaryIO, stream)
    elif lower.endswith(".bz2"):
        with bz2.BZ2File(raw) as stream:
            yield cast(BinaryIO, stream)
    elif lower.endswith(".zst"):
        # zstandard takes 10 ms to import, and few files are in its form.
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                yield cast(BinaryIO, stream)
        except zstandard.ZstdError as error:
            raise FeedError(f"{name} is torn: {error}") from error
    else:
        yield cast(BinaryIO, raw)


def _limited(stream: BinaryIO, name: str, limit: int) -> bytes:
    parts, size = [], 0
    while block := stream.read(1024 * 1024):
        size += len(block)
        if size > limit:
            raise FeedError(f"{name} is larger than {limit:,} bytes")
        parts.append(block)
    return b"".join(parts)


def _torn(path: Path, error: BaseException) -> FeedError:
    return FeedError(f"{path.name} is torn or not what its name says: {error}", remedy="fetch it again")
