"""Small members of a zip, read at once: what `zipfile` does for each costs more than unpacking a typical record.

Source: APPNOTE.TXT 4.3.7 (local file header), 4.4.4 (general purpose flags), 4.4.5 (compression methods).
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipInfo

_HEADER = Struct("<4sHHHHHIIIHH")
_SIGNATURE = b"PK\x03\x04"
_UTF8 = 0x0800
_USUAL_FLAGS = 0x000E | _UTF8
"""How hard the packer tried, sizes that stand behind the content, names in UTF-8. Others, encryption above all, are
left to `zipfile`."""

_MOST_PACKED, _MOST = 1024**2, 8 * 1024**2
_SPARE = 64


def small_member(file: BinaryIO, entry: ZipInfo) -> bytes | None:
    """The content of a deflated member whose name, sizes and checksum are as the directory says.

    None for all else: what is large, unusual or damaged is for `zipfile` to read, or to complain about.
    """
    usual = entry.compress_type == ZIP_DEFLATED and not entry.flag_bits & ~_USUAL_FLAGS
    if not usual or entry.compress_size > _MOST_PACKED or entry.file_size > _MOST:
        return None
    name = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437", "replace")
    file.seek(entry.header_offset)
    # Extra fields are short: one read takes them and the content.
    block = file.read(_HEADER.size + len(name) + _SPARE + entry.compress_size)
    if not block.startswith(_SIGNATURE) or not block.startswith(name, _HEADER.size):
        return None
    *_, length, extra = _HEADER.unpack_from(block)
    begin = _HEADER.size + length + extra
    packed = block[begin : begin + entry.compress_size]
    if length != len(name) or len(packed) != entry.compress_size:
        return None
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(packed, entry.file_size + 1)
    except zlib.error:
        return None
    whole = unpacker.eof and len(content) == entry.file_size and zlib.crc32(content) == entry.CRC
    return content if whole else None
