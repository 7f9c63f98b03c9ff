"""Opening what people hand in: folders, zips, tars, and files compressed in any usual way. All of it streamed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from shindan.feeds.zip_members import small_member
from shindan.model.errors import FeedError

MAX_MEMBER = 256 * 1024**2
"""Bytes of one member that is held whole, decompressed: more is no advisory but a bomb."""

_READ = 1024**2
_BROKEN = (
    EOFError,
    OSError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
    struct.error,
    ValueError,
    NotImplementedError,  # a zip's method that nobody can unpack
    RuntimeError,  # an encrypted zip
)
_ENDINGS = {(".gz", ".tgz"): "gz", (".xz", ".txz"): "xz", (".bz2",): "bz2", (".zst",): "zst"}
_MAGIC = {b"\x1f\x8b": "gz", b"\xfd7zXZ\x00": "xz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst"}
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tar.zst")


@contextmanager
def open_stream(path: Path) -> Iterator[BinaryIO]:
    """A file's content, decompressed as its ending says (.gz .xz .bz2 .zst), or its first bytes. Torn: FeedError."""
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


def members(path: Path, limit: int = MAX_MEMBER) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file of a folder, a zip or a tar, or of the one file that it is.

    Raises FeedError for a torn container and for a member of more than `limit` bytes; what came before stays with the
    caller, who throws it away.
    """
    if not path.is_dir() and path.name.lower().endswith(".zip"):
        with _explained(path):
            yield from _zip_members(path, limit)
        return
    for name, stream in streams(path):
        yield name, _limited(stream, name, limit)


def streams(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """(name, decompressed content) of every file of a folder, a zip or a tar, or of the one file that it is.

    A stream is to be read before the next one is asked for. Raises FeedError for a torn container, at any point of
    the reading.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                with open_stream(file) as stream:
                    yield str(file.relative_to(path)), cast(BinaryIO, _Guarded(stream, file))
        return
    name = path.name.lower()
    with _explained(path):
        if name.endswith(".zip"):
            yield from _zip(path)
        elif name.endswith(_TARS):
            yield from _tar(path)
        else:
            with open_stream(path) as stream:
                yield path.name, cast(BinaryIO, _Guarded(stream, path))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What a torn container makes of any reading of it becomes a FeedError."""
    try:
        yield
    except FeedError:
        raise
    except FileNotFoundError:
        raise FeedError(f"{path} does not exist") from None
    except _BROKEN as error:
        raise _torn(path, error) from error


class _Guarded:
    """A member's stream whose errors are FeedErrors: they arise while the caller reads, outside of this module."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path

    def read(self, size: int = -1) -> bytes:
        """As of any binary stream. Raises FeedError."""
        try:
            return self._stream.read(size)
        except FeedError:
            raise
        except Exception as error:
            if isinstance(error, _BROKEN) or type(error).__name__ == "ZstdError":
                raise _torn(self._path, error) from error
            raise


def _zip(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                with archive.open(entry) as content:
                    yield entry.filename, cast(BinaryIO, _Guarded(content, path))


def _zip_members(path: Path, limit: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive, path.open("rb", buffering=_READ) as file:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            content = small_member(file, entry) if entry.file_size <= limit else None
            if content is None:
                with archive.open(entry) as stream:
                    content = _limited(cast(BinaryIO, stream), entry.filename, limit)
            yield entry.filename, content


def _tar(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    with open_stream(path) as stream:
        last = _Last(stream)
        yield from _tar_members(path, last)
        if last.block.strip(b"\0"):
            # tarfile takes an archive that was cut between two members for a whole one.
            raise FeedError(f"{path.name} is torn: it has no end", remedy="fetch it again")


class _Last:
    """A stream that remembers the last block that was read: a tar ends with blocks of zeros (POSIX ustar)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.block = b""

    def read(self, size: int = -1) -> bytes:
        """As of any binary stream."""
        read = self._stream.read(size)
        self.block = (
            (self.block + read)[-tarfile.BLOCKSIZE :] if len(read) < tarfile.BLOCKSIZE else read[-tarfile.BLOCKSIZE :]
        )
        return read


def _tar_members(path: Path, stream: _Last) -> Iterator[tuple[str, BinaryIO]]:
    with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is not None:
                yield entry.name, cast(BinaryIO, _Guarded(content, path))
            # A tar that is read as a stream remembers every member that it has passed.
            archive.members.clear()  # type: ignore[attr-defined]


@contextmanager
def _decompressed(name: str, raw: IO[bytes]) -> Iterator[BinaryIO]:
    form = _form(name.lower(), raw)
    if form == "gz":
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast(BinaryIO, stream)
    elif form == "xz":
        with lzma.LZMAFile(raw) as stream:
            yield cast(BinaryIO, stream)
    elif form == "bz2":
        with bz2.BZ2File(raw) as stream:
            yield cast(BinaryIO, stream)
    elif form == "zst":
        # zstandard takes 10 ms to import, and few files are in its form.
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                yield cast(BinaryIO, stream)
        except zstandard.ZstdError as error:
            raise FeedError(f"{name} is torn: {error}", remedy="fetch it again") from error
    else:
        yield cast(BinaryIO, raw)


def _form(name: str, raw: IO[bytes]) -> str:
    """How a file is compressed: by its ending, else by how it begins."""
    for endings, form in _ENDINGS.items():
        if name.endswith(endings):
            return form
    begun = raw.read(6)
    raw.seek(0)
    return next((form for magic, form in _MAGIC.items() if begun.startswith(magic)), "")


def _limited(stream: BinaryIO, name: str, limit: int) -> bytes:
    parts, size = [], 0
    while block := stream.read(_READ):
        size += len(block)
        if size > limit:
            raise FeedError(f"{name} is larger than {limit:,} bytes")
        parts.append(block)
    return b"".join(parts)


def _torn(path: Path, error: BaseException) -> FeedError:
    return FeedError(f"{path.name} is torn or not what its name says: {error}", remedy="fetch it again")
