"""Writers of rpm's databases: headers, and the three forms that keep them. The readers never see this code."""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = str | bytes | int | list[str] | list[int]

NAME, VERSION, RELEASE, EPOCH, SUMMARY = 1000, 1001, 1002, 1003, 1004
BUILDTIME, INSTALLTIME, VENDOR, LICENSE, OS, ARCH, SOURCERPM = 1006, 1008, 1011, 1014, 1021, 1022, 1044
DIRINDEXES, BASENAMES, DIRNAMES, MODULARITYLABEL = 1116, 1117, 1118, 5096
SHA1HEADER, RSAHEADER = 269, 268
REGION = 63


def package(name: str, evr: str, **more: Value) -> bytes:
    """The header of a package; `more` are tags by their names in lower case."""
    epoch, _, rest = evr.rpartition(":")
    version, _, release = rest.partition("-")
    tags: dict[int, Value] = {NAME: name, VERSION: version, RELEASE: release, ARCH: "x86_64", OS: "linux"}
    if epoch:
        tags[EPOCH] = int(epoch)
    said = {key: value for key, value in more.items() if key not in ("installtime", "rsaheader", "sha1header")}
    tags |= {globals()[key.upper()]: value for key, value in said.items()}
    tags.setdefault(SOURCERPM, f"{name}-{version}-{release}.src.rpm")
    added = {globals()[key.upper()]: value for key, value in more.items() if key not in said}
    return header(tags, added)


def key(version: str, release: str) -> bytes:
    """A public key as rpm keeps it: a header without architecture and source."""
    return header({NAME: "gpg-pubkey", VERSION: version, RELEASE: release}, {INSTALLTIME: 1700000000})


def header(tags: Mapping[int, Value], added: Mapping[int, Value] | None = None) -> bytes:
    """A header: `tags` in the region that would be signed, `added` behind it."""
    index: list[bytes] = []
    data = b""
    for tag, value in sorted(tags.items()):
        data, entry = _entry(data, tag, value)
        index.append(entry)
    region = struct.pack(">IIII", REGION, 7, len(data), 16)
    data += struct.pack(">IIiI", REGION, 7, -16 * (len(index) + 1), 16)
    index.insert(0, region)
    for tag, value in (added or {}).items():
        data, entry = _entry(data, tag, value)
        index.append(entry)
    return struct.pack(">II", len(index), len(data)) + b"".join(index) + data


def _entry(data: bytes, tag: int, value: Value) -> tuple[bytes, bytes]:
    """The data with one value more, and its entry of the index."""
    if isinstance(value, int) or (isinstance(value, list) and value and isinstance(value[0], int)):
        numbers = [value] if isinstance(value, int) else value
        data += bytes(-len(data) % 4)
        added, type_, count = struct.pack(f">{len(numbers)}I", *numbers), 4, len(numbers)
    elif isinstance(value, list):
        added, type_, count = b"".join(str(one).encode() + b"\0" for one in value), 8, len(value)
    elif isinstance(value, bytes):
        added, type_, count = value, 7, len(value)
    else:
        added, type_, count = value.encode() + b"\0", 9 if tag == SUMMARY else 6, 1
    return data + added, struct.pack(">IIII", tag, type_, len(data), count)


def berkeley(headers: Sequence[bytes], order: str = "<", page_size: int = 4096, buckets: int = 2) -> bytes:
    """A hash of Berkeley DB, version 9; the packages are dealt to the buckets in turn."""
    pages: dict[int, bytes] = {}
    free = buckets + 1
    dealt: list[list[tuple[bytes, bytes]]] = [[] for _ in range(buckets)]
    dealt[0].append((struct.pack(order + "I", 0), struct.pack(order + "I", len(headers) + 1)))
    for number, one in enumerate(headers, 1):
        if len(one) < page_size // 4:
            item = b"\x01" + one
        else:
            item = b"\x03\0\0\0" + struct.pack(order + "II", free, len(one))
            free = _chain(pages, free, one, order, page_size)
        dealt[number % buckets].append((struct.pack(order + "I", number), item))
    for bucket, pairs in enumerate(dealt):
        free = _bucket(pages, bucket + 1, pairs, free, order, page_size)
    pages[0] = _meta(order, page_size, free - 1, buckets, len(headers) + 1)
    return b"".join(pages[number].ljust(page_size, b"\0") for number in range(free))


def _meta(order: str, page_size: int, last: int, buckets: int, elements: int) -> bytes:
    mask = (1 << (buckets - 1).bit_length()) - 1
    head = struct.pack(order + "QIIIIBBBBII", 0, 0, 0x061561, 9, page_size, 0, 8, 0, 0, 0, last)
    head += struct.pack(order + "IIII", 0, elements, elements, 0) + bytes(20)
    # In every generation of buckets page = bucket + 1.
    return (
        head
        + struct.pack(order + "IIIIII", buckets - 1, mask, mask >> 1, 0, elements, 0)
        + struct.pack(order + "32I", *[1] * 32)
    )


def _chain(pages: dict[int, bytes], free: int, data: bytes, order: str, page_size: int) -> int:
    room = page_size - 26
    parts = [data[at : at + room] for at in range(0, len(data), room)]
    for number, part in enumerate(parts):
        following = free + number + 1 if number + 1 < len(parts) else 0
        before = free + number - 1 if number else 0
        head = struct.pack(order + "QIIIHHBB", 0, free + number, before, following, 1, len(part), 0, 7)
        pages[free + number] = head + part
    return free + len(parts)


def _bucket(
    pages: dict[int, bytes], number: int, pairs: list[tuple[bytes, bytes]], free: int, order: str, page_size: int
) -> int:
    """Writes a bucket's page and, where it does not hold all, the pages that follow it."""
    before = 0
    while True:
        items: list[bytes] = []
        while pairs and 26 + 2 * (len(items) + 2) + sum(map(len, items)) + 5 + len(pairs[0][1]) <= page_size:
            name, item = pairs.pop(0)
            items += [b"\x01" + name, item if item[0] in (1, 3) and len(item) != 4 else b"\x01" + item]
        offsets, end = [], page_size
        for item in items:
            end -= len(item)
            offsets.append(end)
        following = free if pairs else 0
        head = struct.pack(order + "QIIIHHBB", 0, number, before, following, len(items), end, 0, 13)
        index = struct.pack(f"{order}{len(items)}H", *offsets)
        body = head + index
        pages[number] = body + bytes(end - len(body)) + b"".join(reversed(items))
        if not pairs:
            return free
        before, number, free = number, free, free + 1


def ndb(headers: Sequence[bytes], pages: int = 1) -> bytes:
    """rpm's ndb: slots, then blobs of blocks of 16 bytes."""
    slots = bytearray(b"".join([b"Slot" + bytes(12)] * (pages * 256)))
    slots[0:32] = struct.pack("<4sIIII", b"RpmP", 0, 7, pages, len(headers) + 1) + bytes(12)
    blobs = b""
    for number, one in enumerate(headers, 1):
        offset = pages * 4096 + len(blobs)
        head = struct.pack("<4sIII", b"BlbS", number, 1, len(one))
        padding = bytes(-(16 + len(one) + 12) % 16)
        blob = head + one + padding + struct.pack("<II4s", zlib.adler32(head + one + padding), len(one), b"BlbE")
        blobs += blob
        slots[16 + 16 * number : 32 + 16 * number] = struct.pack(
            "<4sIII", b"Slot", number, offset // 16, len(blob) // 16
        )
    return bytes(slots) + blobs


def sqlite(path: Path, headers: Sequence[bytes], page_size: int = 4096) -> None:
    """An rpmdb.sqlite with the one table that is read."""
    with sqlite3.connect(os.fspath(path)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(one,) for one in headers])
    connection.close()
