"""Writers of what the readers of language packages read: ELF files with build information, and archives."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping

GO_MAGIC = b"\xff Go buildinf:"
SENTINEL = b"0123456789abcdef"
BASE = 0x400000


def elf(parts: Mapping[str, bytes], *, wide: bool = True, big: bool = False, sections: bool = True) -> bytes:
    """An ELF file of these sections, each loaded at `BASE` + its offset in one writable segment."""
    order = ">" if big else "<"
    header_size, row, program_row = (64, 64, 56) if wide else (52, 40, 32)
    body, places = bytearray(header_size + program_row), []
    for content in parts.values():
        body += bytes(-len(body) % 16)
        places.append((len(body), len(content)))
        body += content
    names = b"\0" + b"".join(name.encode() + b"\0" for name in parts) + b".shstrtab\0"
    places.append((len(body), len(names)))
    body += names
    table_at = len(body)
    if sections:
        body += bytes(row)
        for name, (offset, size) in zip([*parts, ".shstrtab"], places, strict=True):
            at = names.index(b"\0" + name.encode() + b"\0") + 1
            if wide:
                body += struct.pack(order + "IIQQQQIIQQ", at, 1, 0, BASE + offset, offset, size, 0, 0, 1, 0)
            else:
                body += struct.pack(order + "IIIIIIIIII", at, 1, 0, BASE + offset, offset, size, 0, 0, 1, 0)
    count = len(places) + 1 if sections else 0
    ident = b"\x7fELF" + bytes((2 if wide else 1, 2 if big else 1, 1)) + bytes(9)
    numbers = struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        *(2, 62, 1, BASE, header_size, table_at if sections else 0, 0),
        *(header_size, program_row, 1, row, count, count - 1 if sections else 0),
    )
    body[:header_size] = ident + numbers
    if wide:
        program = struct.pack(order + "IIQQQQQQ", 1, 6, 0, BASE, BASE, len(body), len(body), 4096)
    else:
        program = struct.pack(order + "IIIIIIII", 1, 0, BASE, BASE, len(body), len(body), 6, 4096)
    body[header_size : header_size + program_row] = program
    return bytes(body)


def go_inline(version: str, lines: str) -> bytes:
    """Build information as Go 1.18 and later write it."""
    wrapped = SENTINEL + lines.encode() + SENTINEL if lines else b""
    return (GO_MAGIC + bytes((8, 2))).ljust(32, b"\0") + _counted(version.encode()) + _counted(wrapped)


def go_pointers(version: str, lines: str, *, wide: bool = True, big: bool = False) -> bytes:
    """An ELF file with build information as Go before 1.18 wrote it: pointers to strings, themselves in memory."""
    order, width = (">" if big else "<"), 8 if wide else 4
    number = order + ("Q" if wide else "I")
    header_size = 64 + 56 if wide else 52 + 32
    start = BASE + header_size + -header_size % 16
    texts = [version.encode(), SENTINEL + lines.encode() + SENTINEL]
    strings_at = start + 16 + 2 * width
    data_at = strings_at + 4 * width
    strings = b"".join(
        struct.pack(number, address) + struct.pack(number, len(text))
        for address, text in ((data_at, texts[0]), (data_at + len(texts[0]), texts[1]))
    )
    pointers = struct.pack(number, strings_at) + struct.pack(number, strings_at + 2 * width)
    info = GO_MAGIC + bytes((width, 1 if big else 0)) + pointers + strings + b"".join(texts)
    return elf({".go.buildinfo": info}, wide=wide, big=big)


def rust(packages: object) -> bytes:
    """The content of cargo auditable's section."""
    return zlib.compress(json.dumps({"packages": packages}).encode())


def jar(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive; archives inside are stored, as Spring Boot does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jar") else method
            archive.writestr(entry, content)
    return stream.getvalue()


def pom(group: str, artifact: str, version: str) -> dict[str, str]:
    """The one file that Maven leaves, by its name in the archive."""
    text = f"#Created by Apache Maven\nversion={version}\ngroupId={group}\nartifactId={artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def _counted(text: bytes) -> bytes:
    length, out = len(text), bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length]) + text
