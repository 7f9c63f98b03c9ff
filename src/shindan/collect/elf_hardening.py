"""What an ELF file says of its own protection: stack, writable code, stack cookies. Python 3.6 grammar.

Source: System V ABI, "Program Loading" and "Dynamic Linking"; the Linux gABI extensions for PT_GNU_STACK. Only headers
and tables of names are read, and of those a bounded part.
"""

import os
import struct
from typing import IO, Iterator, List, NamedTuple, Optional, Tuple

PROTECTED, EXECUTABLE, MISSING = "protected", "executable", "missing"
"""What PT_GNU_STACK asks for; without that header the kernel and the C library decide, as they do for old programs."""

_MAGIC = b"\x7fELF"
_HEAD = 64
_EXEC, _DYN = 2, 3
_LOAD, _DYNAMIC, _INTERP, _GNU_STACK = 1, 2, 3, 0x6474E551
_X, _W = 1, 2
_STRTAB, _STRSZ = 5, 10
_MOST_ROWS = 2000
_MOST_NAMES = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
_COOKIE = b"__stack_chk_fail"
_GO = (b".go.buildinfo", b".note.go.buildid", b".gopclntab")
_RUST = (b"rust_begin_unwind", b"rust_eh_personality", b"rust_panic", b"__rust_alloc", b"/rustc/")
_MACHINES = {
    3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
    243: "riscv64", 258: "loongarch64",
}  # fmt: skip


class Torn(ValueError):
    """It begins as an ELF file and goes on as none."""


class Hardening(NamedTuple):
    """`stack_check` and `language` are known only where names were asked for."""

    machine: str
    stack: str
    writable_code: bool
    static: bool
    stack_check: Optional[bool] = None
    language: str = ""

    @property
    def weak(self) -> bool:
        """Whether, as a library, it makes a whole process's stack executable, or its own code is writable."""
        return self.stack != PROTECTED or self.writable_code


class _Row(NamedTuple):
    type: int
    flags: int
    offset: int
    address: int
    size: int


def hardening(stream: IO[bytes], names: bool) -> Optional[Hardening]:
    """Of an unbuffered file; `names` asks for stack cookies and language, too, which reads more of it.

    None for what is no ELF program or library. Raises Torn, and OSError as reading does.
    """
    head = os.pread(stream.fileno(), _HEAD, 0)
    if len(head) < 52 or head[:4] != _MAGIC or head[4] not in (1, 2) or head[5] not in (1, 2):
        if head[:4] == _MAGIC:
            raise Torn("its ELF header is torn")
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    if wide and len(head) < 64:
        raise Torn("its ELF header is torn")
    type_, machine = struct.unpack_from(order + "HH", head, 16)
    if type_ not in (_EXEC, _DYN):
        return None
    rows = list(_segments(stream, head, wide, order))
    stacks = [row.flags for row in rows if row.type == _GNU_STACK]
    found = Hardening(
        _MACHINES.get(machine, str(machine)),
        (EXECUTABLE if stacks[-1] & _X else PROTECTED) if stacks else MISSING,
        any(row.type == _LOAD and row.flags & (_X | _W) == _X | _W for row in rows),
        not any(row.type == _INTERP for row in rows),
    )
    if not names:
        return found
    cookie, language = _named(stream, head, wide, order, rows)
    return found._replace(stack_check=cookie, language=language)


def _segments(stream: IO[bytes], head: bytes, wide: bool, order: str) -> Iterator[_Row]:
    offset = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)[0]
    width, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
    if not count:
        return
    if width < (56 if wide else 32) or count > _MOST_ROWS:
        raise Torn("its table of segments cannot be")
    table = _read(stream, offset, width * count)
    for at in range(0, len(table), width):
        if wide:
            type_, flags, place, address, _, size = struct.unpack_from(order + "IIQQQQ", table, at)
        else:
            type_, place, address, _, size, _, flags = struct.unpack_from(order + "IIIIIII", table, at)
        yield _Row(type_, flags, place, address, size)


def _sections(stream: IO[bytes], head: bytes, wide: bool, order: str) -> List[Tuple[bytes, int, int]]:
    """(name, offset, size) of the sections that lie in the file; none where their table was stripped."""
    offset = struct.unpack_from(order + ("Q" if wide else "I"), head, 40 if wide else 32)[0]
    width, count, names_at = struct.unpack_from(order + "HHH", head, 58 if wide else 46)
    if not offset or not count:
        return []
    if width < (64 if wide else 40) or count > _MOST_ROWS or names_at >= count:
        raise Torn("its table of sections cannot be")
    table = _read(stream, offset, width * count)
    found = []
    for at in range(0, len(table), width):
        name, type_ = struct.unpack_from(order + "II", table, at)
        place, size = struct.unpack_from(order + ("QQ" if wide else "II"), table, at + (24 if wide else 16))
        found.append((name, place, 0 if type_ == 8 else size))  # 8 is SHT_NOBITS
    texts = os.pread(stream.fileno(), min(found[names_at][2], _BLOCK), found[names_at][1])
    return [(texts[name : texts.find(b"\0", name)], place, size) for name, place, size in found]


def _named(stream: IO[bytes], head: bytes, wide: bool, order: str, rows: List[_Row]) -> Tuple[bool, str]:
    """Whether the names that it imports or defines have the stack cookie's, and the language they speak of."""
    sections = _sections(stream, head, wide, order)
    places = [(place, size) for name, place, size in sections if name in (b".dynstr", b".strtab")]
    if not any(name == b".dynstr" for name, _, _ in sections):
        places.extend(_dynamic_names(stream, wide, order, rows))
    language = "go" if any(name in _GO for name, _, _ in sections) else ""
    cookie = rust = False
    extra = [(place, size) for name, place, size in sections if name in (b".comment", b".rodata")]
    for number, (place, size) in enumerate(places + extra):
        for block in _blocks(stream, place, size):
            if number < len(places):
                cookie = cookie or _COOKIE + b"\0" in block
            rust = rust or b"rustc version" in block or any(word in block for word in _RUST)
            if cookie and (rust or language):
                return cookie, language or "rust"
    return cookie, language or ("rust" if rust else "")


def _dynamic_names(stream: IO[bytes], wide: bool, order: str, rows: List[_Row]) -> Iterator[Tuple[int, int]]:
    """The table of dynamic names by the dynamic segment, for files without sections."""
    for row in rows:
        if row.type != _DYNAMIC:
            continue
        width = 16 if wide else 8
        table = os.pread(stream.fileno(), min(row.size, width * _MOST_ROWS), row.offset)
        said = dict(struct.iter_unpack(order + ("QQ" if wide else "II"), table[: len(table) // width * width]))
        address = said.get(_STRTAB)
        for load in rows:
            if address is not None and load.type == _LOAD and load.address <= address < load.address + load.size:
                yield load.offset + address - load.address, said.get(_STRSZ, 0)
                return


def _blocks(stream: IO[bytes], offset: int, size: int) -> Iterator[bytes]:
    """The bytes in blocks that overlap, so that no name is cut in two."""
    end = offset + min(size, _MOST_NAMES)
    while offset < end:
        block = os.pread(stream.fileno(), min(_BLOCK, end - offset), offset)
        if not block:
            return
        yield block
        offset += max(1, len(block) - 64) if offset + len(block) < end else len(block)


def _read(stream: IO[bytes], offset: int, size: int) -> bytes:
    try:
        found = os.pread(stream.fileno(), size, offset)
    except OverflowError:
        raise Torn("one of its tables lies beyond any file") from None
    if len(found) != size:
        raise Torn("one of its tables is cut")
    return found
