"""As much of an ELF file as names what a program was built from: its sections and segments. Python 3.6 grammar.

Source: System V ABI, "Object Files". Both classes, both byte orders; every table is bounded.
"""

import struct
from typing import Iterator, NamedTuple, Tuple

from shindan.collect.lang_budget import Opened
from shindan.collect.unavailable import Unavailable

MAGIC = b"\x7fELF"
_MOST_SECTIONS = 2000
_MOST_SEGMENTS = 500
_LONGEST_NAMES = 256 * 1024
_LOAD, _WRITABLE = 1, 2


class Part(NamedTuple):
    """A section or a segment: where it is in the file, and in memory."""

    name: bytes
    offset: int
    size: int
    address: int
    writable: bool = False


class Elf:
    """One ELF file; Unavailable from every method for one that is torn."""

    def __init__(self, opened: Opened, head: bytes) -> None:
        """`head` is the file's first 64 bytes, beginning with `MAGIC`."""
        self.opened = opened
        self._head = head
        if len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise Unavailable("{} has a torn ELF header".format(opened.path))
        self.wide = head[4] == 2
        self.order = "<" if head[5] == 1 else ">"
        if self.wide and len(head) < 64:
            raise Unavailable("{} has a torn ELF header".format(opened.path))

    def sections(self, named: Tuple[bytes, ...]) -> Iterator[Part]:
        """The sections in the file that have one of these names; nothing is made of all the others."""
        offset, entry, count, names_at = self._table_of_sections()
        least = 64 if self.wide else 40
        if not offset or not count:
            return
        if entry < least or count > _MOST_SECTIONS:
            raise Unavailable("{} has a table of sections that cannot be".format(self.opened.path))
        table = self.opened.read(offset, entry * count)
        if len(table) < entry * count or names_at >= count:
            raise Unavailable("{} has a torn table of sections".format(self.opened.path))
        names = self._section(b"", table, entry * names_at)
        texts = self.opened.read(names.offset, min(names.size, _LONGEST_NAMES))
        if not any(name in texts for name in named):
            return
        for row in range(0, entry * count, entry):
            at = self._unpack("I", table, row)[0]
            name = texts[at : texts.find(b"\0", at)]
            if name in named:
                yield self._section(name, table, row)

    def has_sections(self) -> bool:
        """Whether there is a table of sections; one may be stripped of it."""
        return all(self._table_of_sections()[::2])

    def _table_of_sections(self) -> Tuple[int, int, int, int]:
        """Where it is, the size of a row, how many rows, and which of them names the others."""
        offset = self._unpack("Q" if self.wide else "I", self._head, 40 if self.wide else 32)[0]
        entry, count, names_at = self._unpack("HHH", self._head, 58 if self.wide else 46)
        return offset, entry, count, names_at

    def _section(self, name: bytes, table: bytes, row: int) -> Part:
        if self.wide:
            address, offset, size = self._unpack("QQQ", table, row + 16)
        else:
            address, offset, size = self._unpack("III", table, row + 12)
        return Part(name, offset, size, address)

    def segments(self) -> Iterator[Part]:
        """What is loaded into memory."""
        offset = self._unpack("Q" if self.wide else "I", self._head, 32 if self.wide else 28)[0]
        entry, count = self._unpack("HH", self._head, 54 if self.wide else 42)
        if not count:
            return
        if entry < (56 if self.wide else 32) or count > _MOST_SEGMENTS:
            raise Unavailable("{} has a table of segments that cannot be".format(self.opened.path))
        table = self.opened.read(offset, entry * count)
        if len(table) < entry * count:
            raise Unavailable("{} has a torn table of segments".format(self.opened.path))
        for at in range(0, entry * count, entry):
            if self.wide:
                kind, flags, offset, address, _, size = self._unpack("IIQQQQ", table, at)
            else:
                kind, offset, address, _, size, _, flags = self._unpack("IIIIIII", table, at)
            if kind == _LOAD:
                yield Part(b"", offset, size, address, bool(flags & _WRITABLE))

    def memory(self, address: int, size: int) -> bytes:
        """Up to `size` bytes as they would lie in memory; none where nothing is loaded from the file."""
        for segment in self.segments():
            if segment.address <= address < segment.address + segment.size:
                inside = address - segment.address
                return self.opened.read(segment.offset + inside, min(size, segment.size - inside))
        return b""

    def _unpack(self, layout: str, data: bytes, at: int) -> Tuple[int, ...]:
        return struct.unpack_from(self.order + layout, data, at)
