"""The pages that SQLite has committed to a write-ahead log and not yet copied into its database. Python 3.6 grammar.

Source: https://sqlite.org/fileformat2.html#walformat and https://sqlite.org/walformat.html (checksums, and which frames
count: those of the log's present salts, without a break, up to the last one that commits).
"""

import struct
from typing import Dict, NamedTuple, Optional, Tuple

from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged

_HEAD, _FRAME = 32, 24
_BIG, _LITTLE = 0x377F0683, 0x377F0682
_MOST_PAGES = 100000


class Log(NamedTuple):
    """Page number to the byte in the log where its newest content begins; the database's size in pages; the salts."""

    pages: Dict[int, int]
    size: int
    salts: bytes


def committed(file: Optional[BoundedFile], page_size: int) -> Log:
    """What the log adds to a database with pages of this size; nothing where it is missing, empty or torn at once.

    Raises Damaged for a log of more pages than could be held.
    """
    nothing = Log({}, 0, b"")
    if file is None or file.size < _HEAD:
        return nothing
    head = file.read(0, _HEAD)
    magic, _, size = struct.unpack(">III", head[:12])
    order = {_BIG: ">", _LITTLE: "<"}.get(magic)
    if order is None or size != page_size:
        return nothing
    sums = _checksum(order, head[:24], (0, 0))
    if sums != struct.unpack(">II", head[24:32]):
        return nothing
    return _frames(file, page_size, order, head[16:24], sums)


def _frames(file: BoundedFile, page_size: int, order: str, salts: bytes, sums: Tuple[int, int]) -> Log:
    pages: Dict[int, int] = {}
    waiting: Dict[int, int] = {}
    size = 0
    at = _HEAD
    while at + _FRAME + page_size <= file.size:
        head = file.read(at, _FRAME)
        number, after = struct.unpack(">II", head[:8])
        if head[8:16] != salts or number == 0:
            break
        sums = _checksum(order, file.read(at + _FRAME, page_size), _checksum(order, head[:8], sums))
        if sums != struct.unpack(">II", head[16:24]):
            break
        waiting[number] = at + _FRAME
        if len(pages) + len(waiting) > _MOST_PAGES:
            raise Damaged("its write-ahead log has more than {} pages".format(_MOST_PAGES))
        if after:
            pages.update(waiting)
            waiting.clear()
            size = after
        at += _FRAME + page_size
    return Log(pages, size, salts)


def _checksum(order: str, data: bytes, sums: Tuple[int, int]) -> Tuple[int, int]:
    first, second = sums
    words = struct.unpack("{}{}I".format(order, len(data) // 4), data)
    for even, odd in zip(words[::2], words[1::2]):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
