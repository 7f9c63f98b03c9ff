"""What is large and never changes: inventories and reports, each under the digest of its content, in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import zstandard

from shindan.model.errors import StoreError

_LEVEL = 3
_PIECE = 131_072
_REMEDY = "is there room (`df -h`), and may the user who runs this write there (`ls -ld`)?"


class Blobs:
    """A folder of compressed files named by the SHA-256 of their content; equal content is kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keeps the content and returns its digest. It is whole on disk when this returns. Raises StoreError."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)  # young again, for whoever clears up what nothing names
            return digest
        # Two threads may be given the same content at once.
        beside = path.with_name(f".{digest}.{os.getpid()}.{threading.get_ident()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as stream:
                stream.write(zstandard.ZstdCompressor(level=_LEVEL).compress(content))
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise self._unkept(error) from error
        return digest

    def put_file(self, source: Path) -> str:
        """As `put`, of a file's content, which is never whole in memory; the file stays."""
        try:
            with source.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            path = self._path(digest)
            with contextlib.suppress(FileNotFoundError):
                os.utime(path)
                return digest
            beside = path.with_name(f".{digest}.{os.getpid()}.{threading.get_ident()}.new")
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with source.open("rb") as stream, beside.open("wb") as packed:
                    size = os.fstat(stream.fileno()).st_size
                    zstandard.ZstdCompressor(level=_LEVEL).copy_stream(stream, packed, size=size)
                    packed.flush()
                    os.fsync(packed.fileno())
                beside.replace(path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unkept(error) from error
        return digest

    def _unkept(self, error: OSError) -> StoreError:
        return StoreError(f"cannot keep a file in {self._folder}: {error.strerror or error}", remedy=_REMEDY)

    def pieces(self, digest: str) -> Iterator[bytes]:
        """The content of a digest piece by piece. Raises StoreError as `get` does, for a wrong content at its end."""
        counted = hashlib.sha256()
        try:
            with self._path(digest).open("rb") as stream:
                for piece in zstandard.ZstdDecompressor().read_to_iter(stream, write_size=_PIECE):
                    counted.update(piece)
                    yield piece
        except FileNotFoundError:
            raise StoreError(f"blob {digest[:12]} is missing") from None
        except (OSError, zstandard.ZstdError) as error:
            raise StoreError(f"blob {digest[:12]} cannot be read: {error}") from error
        if counted.hexdigest() != digest:
            raise StoreError(f"blob {digest[:12]} is not what its name says")

    def get(self, digest: str) -> bytes:
        """The content of a digest. Raises StoreError where it is missing, torn or not what its name says."""
        try:
            packed = self._path(digest).read_bytes()
            content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=2**31)
        except FileNotFoundError:
            raise StoreError(f"blob {digest[:12]} is missing") from None
        except (OSError, zstandard.ZstdError) as error:
            raise StoreError(f"blob {digest[:12]} cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreError(f"blob {digest[:12]} is not what its name says")
        return content

    def remove(self, digest: str) -> None:
        """Lets go of a blob; one that is gone already is no error."""
        self._path(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        """The digests of all blobs."""
        for path in self._folder.glob("*/*.zst"):
            yield path.stem

    def aged(self) -> Iterator[tuple[str, int]]:
        """The digests of all blobs, and when each was last put (milliseconds since the epoch)."""
        for path in self._folder.glob("*/*.zst"):
            with contextlib.suppress(FileNotFoundError):
                yield path.stem, path.stat().st_mtime_ns // 1_000_000

    def path(self, digest: str) -> Path:
        """The file of a digest, whether or not it is there."""
        return self._path(digest)

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise StoreError(f"{digest[:80]!r} is no digest")
        return self._folder / digest[:2] / f"{digest}.zst"
