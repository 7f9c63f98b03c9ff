"""Zip archives, entry by entry; nothing is held, nor unpacked beyond a bound. Python 3.6 grammar.

Python's `zipfile` makes an object of every entry first; an archive of millions of names would fill the memory.
Source: PKWARE's APPNOTE 6.3.10, sections 4.3.6 to 4.3.16. Archives with a program before them count too.
"""

import struct
import zlib
from typing import Iterator, NamedTuple, Optional, Tuple

from shindan.collect.lang_budget import Budget, Source
from shindan.collect.unavailable import Unavailable

MOST_ENTRIES = 200 * 1000
_DIRECTORY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_END, _END_64, _LOCATOR, _ENTRY, _LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1


class Window(Source):
    """A part of another source; nothing is copied."""

    def __init__(self, path: str, source: Source, offset: int, size: int) -> None:
        self.path, self.size, self.budget = path, size, source.budget
        self._source, self._offset = source, offset

    def read(self, offset: int, size: int) -> bytes:
        """See `Source.read`."""
        if offset < 0 or offset >= self.size:
            return b""
        return self._source.read(self._offset + offset, min(size, self.size - offset))


class Memory(Source):
    """Bytes at hand."""

    def __init__(self, path: str, data: bytes, budget: Budget) -> None:
        self.path, self.size, self.budget = path, len(data), budget
        self._data = data

    def read(self, offset: int, size: int) -> bytes:
        """See `Source.read`."""
        return self._data[offset : offset + size] if offset >= 0 else b""


class Entry(NamedTuple):
    """One name of an archive, and where its content is."""

    name: str
    method: int
    packed: int
    size: int
    offset: int
    encrypted: bool


def entries(source: Source) -> Iterator[Entry]:
    """Every entry of an archive. Raises Unavailable for what is no archive or is torn, also after some entries."""
    start, length, count, shift = _directory(source)
    if length > _DIRECTORY or count > MOST_ENTRIES:
        raise Unavailable("{} has too many entries".format(source.path))
    data, at = b"", 0
    for _ in range(count):
        if len(data) - at < 46 + 3 * 65535 and length > 0:
            part = source.read(start, min(_CHUNK * 4, length))
            start, length = start + len(part), length - len(part) if part else 0
            data, at = data[at:] + part, 0
        if data[at : at + 4] != _ENTRY or len(data) - at < 46:
            raise Unavailable("{} has a torn directory".format(source.path))
        flags, method = struct.unpack_from("<HH", data, at + 8)
        packed, size, name_size, extra_size, comment_size = struct.unpack_from("<IIHHH", data, at + 20)
        offset = struct.unpack_from("<I", data, at + 42)[0]
        name = data[at + 46 : at + 46 + name_size]
        extra = data[at + 46 + name_size : at + 46 + name_size + extra_size]
        at += 46 + name_size + extra_size + comment_size
        size, packed, offset = _wide(extra, size, packed, offset)
        yield Entry(name.decode("utf-8", "replace"), method, packed, size, offset + shift, bool(flags & _ENCRYPTED))


def _directory(source: Source) -> Tuple[int, int, int, int]:
    """Where the directory starts, its length, the number of entries, and what is to be added to every offset."""
    tail_at = max(0, source.size - 22 - 65535)
    tail = source.read(tail_at, 22 + 65535)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise Unavailable("{} is no zip archive, or a torn one".format(source.path))
    count, length, start = struct.unpack_from("<HII", tail, at + 10)
    end = tail_at + at
    if count == 0xFFFF or 0xFFFFFFFF in (length, start):
        locator = source.read(end - 20, 20)
        if locator[:4] == _LOCATOR and len(locator) == 20:
            there = struct.unpack_from("<Q", locator, 8)[0]
            wide = source.read(there, 56)
            if wide[:4] == _END_64 and len(wide) == 56:
                count, length, start = struct.unpack_from("<QQQ", wide, 32)
                end = there
    shift = end - length - start
    if shift < 0:
        raise Unavailable("{} has a torn directory".format(source.path))
    return start + shift, length, count, shift


def _wide(extra: bytes, size: int, packed: int, offset: int) -> Tuple[int, int, int]:
    """The three numbers, taken from the Zip64 field where they did not fit."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = extra[at + 4 : at + 4 + length]
            numbers = [int.from_bytes(wide[i : i + 8], "little") for i in range(0, len(wide) - 7, 8)]
            found = []
            for number in (size, packed, offset):
                found.append(numbers.pop(0) if number == 0xFFFFFFFF and numbers else number)
            return found[0], found[1], found[2]
        at += 4 + length
    return size, packed, offset


def content(source: Source, entry: Entry, most: int) -> bytes:
    """An entry, unpacked. Raises Unavailable where it is torn, encrypted, or larger than `most` bytes."""
    inside = stored(source, entry)
    if inside is not None:
        if entry.packed > most:
            raise Unavailable("{}!/{} is larger than {} KB".format(source.path, entry.name, most // 1024))
        return inside.read(0, entry.packed)
    if entry.method != _DEFLATED or entry.encrypted:
        raise Unavailable("{}!/{} is packed in a way unknown here".format(source.path, entry.name))
    return _inflated(source, entry, _start(source, entry), most)


def stored(source: Source, entry: Entry) -> Optional[Source]:
    """An entry that is not packed, as a source of its own; None for one that is."""
    if entry.method != _STORED or entry.encrypted:
        return None
    return Window("{}!/{}".format(source.path, entry.name), source, _start(source, entry), entry.packed)


def _start(source: Source, entry: Entry) -> int:
    """Where an entry's content begins: after its own header, whose lengths may differ from the directory's."""
    header = source.read(entry.offset, 30)
    if header[:4] != _LOCAL or len(header) < 30:
        raise Unavailable("{}!/{} is torn".format(source.path, entry.name))
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    return int(entry.offset + 30 + name_size + extra_size)


def _inflated(source: Source, entry: Entry, start: int, most: int) -> bytes:
    where = "{}!/{}".format(source.path, entry.name)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    left, parts, size = entry.packed, [], 0
    try:
        while left > 0 and not unpacker.eof:
            packed = source.read(start, min(_CHUNK, left))
            if not packed:
                break
            start, left = start + len(packed), left - len(packed)
            part = unpacker.decompress(packed, most + 1 - size)
            size += len(part)
            source.budget.read(len(part))
            if size > most:
                raise Unavailable("{} is larger than {} KB".format(where, most // 1024))
            parts.append(part)
    except zlib.error as error:
        raise Unavailable("{} is torn: {}".format(where, error)) from error
    if not unpacker.eof:
        raise Unavailable("{} is torn".format(where))
    return b"".join(parts)
