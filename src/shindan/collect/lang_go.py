"""What a Go program was built from: the build information that the linker leaves in it. Python 3.6 grammar.

Source: Go's `debug/buildinfo` (both forms: pointers to strings before Go 1.18, the strings themselves since) and
`runtime/debug.BuildInfo` (the lines). A replaced module (`=>`) is what is really in the program.
"""

import re
import struct
from typing import Iterator, List, Tuple

from shindan.collect.lang_elf import Elf, Part
from shindan.collect.unavailable import Unavailable

SECTION = b".go.buildinfo"
_MAGIC = b"\xff Go buildinf:"
_HEADER, _ALIGNED = 32, 16
_SEARCHED = 64 * 1024
_LONGEST = 4 * 1024 * 1024
_SENTINEL = 16
_INLINE, _BIG_ENDIAN = 2, 1
_TOOLCHAIN = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?(?:(alpha|beta|rc)(\d+))?")
# A program built in its own source folder has this for a version: nobody can judge it.
_NONE = ("", "(devel)")


def modules(elf: Elf, place: Part) -> Iterator[Tuple[str, str]]:
    """Name and version of every module in a Go program, and of the standard library as `stdlib`.

    `place` is where the build information is to be looked for. Raises Unavailable where it is torn.
    """
    data = elf.opened.read(place.offset, min(place.size, _SEARCHED))
    at = data.find(_MAGIC)
    while at > 0 and at % _ALIGNED:
        at = data.find(_MAGIC, at + 1)
    if at < 0:
        return
    header = data[at : at + _HEADER]
    if len(header) < _HEADER:
        raise Unavailable("{} has torn Go build information".format(elf.opened.path))
    if header[15] & _INLINE:
        end = place.offset + place.size
        toolchain, after = _counted(elf, place.offset + at + _HEADER, end)
        lines, _ = _counted(elf, after, end)
    else:
        toolchain, lines = _pointed(elf, header)
    version = standard_library(toolchain.decode("utf-8", "replace"))
    if version:
        yield "stdlib", version
    for name_and_version in listed(_without_sentinels(lines).decode("utf-8", "replace").splitlines()):
        yield name_and_version


def standard_library(toolchain: str) -> str:
    """The standard library's version as Go's advisories write it: `go1.21rc2` is 1.21.0-rc.2; "" if unknown."""
    found = _TOOLCHAIN.search(toolchain)
    if not found or toolchain.startswith("devel"):
        return ""
    major, minor, patch, stage, count = found.groups()
    return "{}.{}.{}{}".format(major, minor, patch or "0", "-{}.{}".format(stage, count) if stage else "")


def listed(lines: List[str]) -> Iterator[Tuple[str, str]]:
    """Name and version of the modules that lines of build information name, the main module included."""
    waiting = ("", "")
    for line in lines:
        parts = line.split("\t")
        if parts[0] in ("mod", "dep", "=>") and len(parts) >= 2:
            if parts[0] != "=>" and waiting[1] not in _NONE:
                yield waiting
            waiting = parts[1], parts[2] if len(parts) > 2 else ""
    if waiting[1] not in _NONE:
        yield waiting


def _counted(elf: Elf, offset: int, end: int) -> Tuple[bytes, int]:
    """A string that its length comes before (Go's `binary.Uvarint`), and where it ends; nothing lies beyond `end`."""
    length = shift = 0
    for byte in elf.opened.read(offset, min(10, end - offset)):
        offset += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    size = min(length, end - offset, _LONGEST)
    return _string(elf, elf.opened.read(offset, size), length), offset + length


def _pointed(elf: Elf, header: bytes) -> Tuple[bytes, bytes]:
    """The two strings that a header of the older form points to; a string in memory is a pointer and a length."""
    width = header[14]
    if width not in (4, 8):
        raise Unavailable("{} has torn Go build information".format(elf.opened.path))
    number = struct.Struct((">" if header[15] & _BIG_ENDIAN else "<") + ("Q" if width == 8 else "I"))
    found = []
    for at in (16, 16 + width):
        there = _string(elf, elf.memory(number.unpack_from(header, at)[0], 2 * width), 2 * width)
        address, length = number.unpack_from(there, 0)[0], number.unpack_from(there, width)[0]
        found.append(_string(elf, elf.memory(address, length) if length <= _LONGEST else b"", length))
    return found[0], found[1]


def _string(elf: Elf, data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise Unavailable("{} has torn Go build information".format(elf.opened.path))
    return data


def _without_sentinels(lines: bytes) -> bytes:
    """The linker puts 16 bytes around the lines; without them the lines are not there (`debug/buildinfo`)."""
    if len(lines) > 2 * _SENTINEL and lines[-_SENTINEL - 1 : -_SENTINEL] == b"\n":
        return lines[_SENTINEL:-_SENTINEL]
    return b""
