"""What looking for language packages may cost, and the reading that counts it. Python 3.6 grammar.

The folders of an application belong to whoever writes there: there may be millions of files, archives that unpack
without end, or a slow disk. So entries, bytes and seconds are counted; what is used up is told, never passed over.
"""

import os
import time
from typing import IO

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

SECONDS = 60.0
BYTES = 1024 * 1024 * 1024
ENTRIES = 1000 * 1000
PLACE_ENTRIES = 200 * 1000
"""Of all entries, those of one place: one user's files must not hide another's."""


class Spent(Exception):
    """The whole budget is used up; says which part of it."""


class Budget:
    """Counts down seconds, bytes read or unpacked, and entries of folders."""

    def __init__(self, seconds: float = SECONDS, size: int = BYTES, entries: int = ENTRIES) -> None:
        self._seconds, self._size, self._entries = seconds, size, entries
        self._deadline = time.monotonic() + seconds
        self._bytes_left = size
        self._entries_left = entries

    def entries(self, number: int) -> None:
        """Counts entries of a folder. Raises Spent."""
        self._entries_left -= number
        if self._entries_left < 0:
            raise Spent("{} files and folders".format(self._entries))
        self.check_time()

    def read(self, size: int) -> None:
        """Counts bytes that are read or unpacked. Raises Spent."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise Spent("{} MB".format(self._size // 1024**2))
        self.check_time()

    def check_time(self) -> None:
        """Raises Spent where the time is over."""
        if time.monotonic() > self._deadline:
            raise Spent("{:g} seconds".format(self._seconds))


class Reading:
    """A host's files, counted against a budget; every method raises Spent, FileNotFoundError and Unavailable."""

    def __init__(self, root: Root, budget: Budget) -> None:
        self.root = root
        self.budget = budget

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a regular file."""
        data = self.root.head(path, size)
        self.budget.read(len(data))
        return data

    def whole(self, path: str, most: int) -> bytes:
        """A small file; Unavailable where it is longer than `most` bytes."""
        data = self.head(path, most + 1)
        if len(data) > most:
            raise Unavailable("{} is longer than {} KB".format(path, most // 1024))
        return data

    def opened(self, path: str) -> "Opened":
        """A regular file to be read here and there."""
        return Opened(path, self.root.opened(path), self.budget)


class Source:
    """Bytes to be read at any place: a file, an archive stored in one, or one unpacked into memory."""

    path = ""
    size = 0
    budget: Budget

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on: fewer at the end, none beyond it. Raises Spent and Unavailable."""
        raise NotImplementedError


class Opened(Source):
    """A file open for reading at any place; a context manager."""

    def __init__(self, path: str, stream: IO[bytes], budget: Budget) -> None:
        self.path = path
        self.budget = budget
        self._stream = stream
        self.size = os.fstat(stream.fileno()).st_size

    def read(self, offset: int, size: int) -> bytes:
        """See `Source.read`."""
        if offset < 0 or size <= 0 or offset >= self.size:
            return b""
        self.budget.read(min(size, self.size - offset))
        try:
            return os.pread(self._stream.fileno(), min(size, self.size - offset), offset)
        except OSError as error:
            raise Unavailable("{}: {}".format(self.path, error.strerror or error)) from error

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
