"""A file that is read here and there, with a budget: no file can make its reader go round for ever. Python 3.6 grammar.

A database on disk says itself where to read next. One that was made to mislead may say "the same place" without end, or
name one long chain from a million records; so whatever is read is counted, and a multiple of the file's size is enough.
"""

import os
from typing import IO, Iterator, List

from shindan.collect.damaged import Damaged

MAX_SIZE = 1024 * 1024 * 1024
"""Bytes of the largest database that is read; the rpm databases of crowded hosts have some 300 MB."""

_TIMES = 4
_EXTRA = 4 * 1024 * 1024


class BoundedFile:
    """An open file; whoever opened it closes it."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Raises Damaged for a file of more than `MAX_SIZE` bytes."""
        self._descriptor = stream.fileno()
        self.size = os.fstat(self._descriptor).st_size
        if self.size > MAX_SIZE:
            raise Damaged("it is longer than {} MB".format(MAX_SIZE // 1024**2))
        self._left = _TIMES * self.size + _EXTRA

    def read(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes from `offset` on. Raises Damaged past the end, and where the budget is used up."""
        self.spend(size)
        if offset < 0 or offset + size > self.size:
            raise Damaged("it ends at byte {}, and byte {} is asked for".format(self.size, offset + size))
        try:
            found = os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise Damaged(error.strerror or str(error)) from error
        if len(found) != size:
            raise Damaged("it was cut to {} bytes while it was read".format(offset + len(found)))
        return found

    def spend(self, size: int) -> None:
        """Counts bytes that are looked at once more without being read again. Raises Damaged as `read` does."""
        self._left -= size
        if self._left < 0:
            raise Damaged("its records refer to each other without end")

    def stamp(self) -> str:
        """Changes when the file is written to: its size, and its time of change in nanoseconds."""
        status = os.fstat(self._descriptor)
        return "{} {}".format(status.st_size, status.st_mtime_ns)


class Forward:
    """Blocks of bytes, read once from front to back; what is skipped is never put together."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._at = 0
        self.position = 0

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises Damaged where there are fewer."""
        parts: List[bytes] = []
        while size > 0:
            part = self._some(size)
            size -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip_to(self, position: int) -> None:
        """Passes over everything before a position. Raises Damaged for one that is behind, or beyond the end."""
        if position < self.position:
            raise Damaged("two of its values overlap")
        while self.position < position:
            self._some(position - self.position)

    def text(self, limit: int) -> bytes:
        """What comes before the next NUL, which is passed over. Raises Damaged where none is within `limit` bytes."""
        parts: List[bytes] = []
        while limit > 0:
            part = self._some(limit, b"\0")
            limit -= len(part)
            if part.endswith(b"\0"):
                return b"".join(parts) + part[:-1]
            parts.append(part)
        raise Damaged("a text in it does not end")

    def rest(self) -> Iterator[bytes]:
        """The blocks that are left."""
        if self._at < len(self._block):
            yield self._block[self._at :]
        for block in self._blocks:
            yield block

    def _some(self, most: int, last: bytes = b"") -> bytes:
        """At least one byte and at most `most`, up to and with the byte `last`."""
        while self._at >= len(self._block):
            try:
                self._block, self._at = next(self._blocks), 0
            except StopIteration:
                raise Damaged("it ends at byte {}".format(self.position)) from None
        end = min(len(self._block), self._at + most)
        if last:
            found = self._block.find(last, self._at, end)
            end = found + 1 if found >= 0 else end
        part = self._block[self._at : end]
        self._at = end
        self.position += len(part)
        return part
