"""Pages and tables of an SQLite database, read without SQLite. Python 3.6 grammar.

Why not the library: with its write-ahead log a database can only be opened by one who may write beside it (`-shm`), a
copy would cost the disk as much again, `immutable=1` passes the log over in silence, and many a Python is built without
it. What is needed of the format is small: table b-trees, overflow chains, records, and the log.
Source: https://sqlite.org/fileformat2.html (1.3 header, 1.6 b-tree pages, 2.1 records, 2.6 schema table).
"""

import struct
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

from shindan.collect.bounded_file import BoundedFile, Forward
from shindan.collect.damaged import Damaged
from shindan.collect.sqlite_wal import committed

MAGIC = b"SQLite format 3\0"
MAX_VALUE = 64 * 1024
"""Bytes of one value of a row that is read as a whole."""

_HEADER = 100
_INTERIOR, _LEAF = 5, 13
_DEEPEST = 8
_MOST_COLUMNS = 200
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Row(NamedTuple):
    """One row: its rowid, and its record, to be read before the next row."""

    rowid: int
    record: Forward


class Pages:
    """A database and its log as one: pages by number, and the rows of a table's b-tree."""

    def __init__(self, file: BoundedFile, log: Optional[BoundedFile] = None) -> None:
        """Raises Damaged where it is no database or one of a form that is not known."""
        self._file = file
        self._log_file = log
        head = file.read(0, _HEADER)
        (said,) = struct.unpack(">H", head[16:18])
        size = 65536 if said == 1 else said
        if head[:16] != MAGIC or size < 512 or size & (size - 1):
            raise Damaged("it is no database of SQLite 3")
        self._size = size
        self._usable = size - head[20]
        if self._usable < 480:
            raise Damaged("it keeps {} bytes of each page for itself".format(head[20]))
        self._log = committed(log, size)
        self._last = self._log.size or file.size // size

    def page(self, number: int) -> bytes:
        """The newest committed content of a page. Raises Damaged."""
        at = self._log.pages.get(number)
        if at is not None and self._log_file is not None:
            return self._log_file.read(at, self._size)
        if not 0 < number <= self._last:
            raise Damaged("it has {} pages, and page {} is named".format(self._last, number))
        return self._file.read((number - 1) * self._size, self._size)

    def rows(self, root: int, depth: int = 0) -> Iterator[Row]:
        """The rows of the table whose b-tree begins at page `root`, in their order. Raises Damaged, also half-way."""
        if depth > _DEEPEST:
            raise Damaged("a table in it is more than {} levels deep".format(_DEEPEST))
        page = self.page(root)
        at = _HEADER if root == 1 else 0
        kind = page[at]
        (count,) = struct.unpack(">H", page[at + 3 : at + 5])
        if kind not in (_INTERIOR, _LEAF):
            raise Damaged("page {} is no page of a table".format(root))
        start = at + (12 if kind == _INTERIOR else 8)
        if start + 2 * count > len(page):
            raise Damaged("page {} claims {} cells".format(root, count))
        cells = struct.unpack(">{}H".format(count), page[start : start + 2 * count])
        if kind == _LEAF:
            for cell in cells:
                yield self._row(page, cell)
            return
        children = [page[cell : cell + 4] for cell in cells] + [page[at + 8 : at + 12]]
        del page, cells
        for child in children:
            for row in self.rows(int.from_bytes(child, "big"), depth + 1):
                yield row

    def _row(self, page: bytes, cell: int) -> Row:
        size, at = varint(page, cell)
        rowid, at = varint(page, at)
        local = self._local(size)
        if size < 1 or at + local + (4 if local < size else 0) > len(page):
            raise Damaged("a row in it runs beyond its page")
        self._file.spend(local)
        return Row(rowid, Forward(self._payload(page[at : at + local + 4], local, size)))

    def _local(self, size: int) -> int:
        """How many bytes of a row of `size` bytes stand on its own page."""
        if size <= self._usable - 35:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        kept = least + (size - least) % (self._usable - 4)
        return kept if kept <= self._usable - 35 else least

    def _payload(self, start: bytes, local: int, size: int) -> Iterator[bytes]:
        yield start[:local]
        size -= local
        following = start[local : local + 4]
        while size > 0:
            page = self.page(int.from_bytes(following, "big"))
            part = page[4 : min(self._usable, 4 + size)]
            yield part
            size -= len(part)
            following = page[:4]


def varint(data: bytes, at: int) -> Tuple[int, int]:
    """An integer of one to nine bytes, and where the next thing begins. Raises Damaged past the end."""
    value = 0
    for position in range(9):
        if at >= len(data):
            raise Damaged("a number in it is cut")
        byte = data[at]
        at += 1
        if position == 8:
            return (value << 8 | byte) - (1 << 64 if value >> 55 else 0), at
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return value, at


def columns(record: Forward) -> List[Tuple[int, int]]:
    """(serial type, bytes) of each column of a record; what is left in it are their values. Raises Damaged."""
    head = record.take(1)
    while head[-1] & 0x80 and len(head) < 9:
        head += record.take(1)
    size, at = varint(head, 0)
    if not len(head) <= size <= 9 * _MOST_COLUMNS:
        raise Damaged("a row in it has a head of {} bytes".format(size))
    head += record.take(size - len(head))
    found = []
    while at < len(head):
        type_, at = varint(head, at)
        if type_ < 0:
            raise Damaged("a value in it is of type {}".format(type_))
        width = (type_ - 12) // 2 if type_ >= 12 else 8 if type_ == 7 else _INTEGERS.get(type_, 0)
        found.append((type_, width))
    return found


def values(record: Forward) -> List[Any]:
    """A record's values: None, numbers, texts (bytes that are no UTF-8 replaced), bytes. Raises Damaged."""
    found: List[Any] = []
    for type_, width in columns(record):
        if width > MAX_VALUE:
            raise Damaged("a value in it has {} bytes".format(width))
        found.append(_value(type_, record.take(width)))
    return found


def _value(type_: int, data: bytes) -> Any:
    if type_ in _INTEGERS:
        return int.from_bytes(data, "big", signed=True)
    if type_ in (8, 9):
        return type_ - 8
    if type_ == 7:
        return struct.unpack(">d", data)[0]
    if type_ >= 12:
        return data.decode("utf-8", "replace") if type_ % 2 else data
    return None
