"""rpm's `ndb` database, `Packages.db`, as SUSE has it. Python 3.6 grammar.

A head of 32 bytes, then a table of slots (16 bytes each: magic, package number, offset and length in blocks of 16
bytes), then the headers, each between a head (magic, number, generation, length) and a tail (checksum, length, magic);
all little-endian. Source: rpm's `lib/backend/ndb/rpmpkg.c`. Checksums are not computed: a header that was torn shows it
in its own structure, and rpm itself does not compute them on reading.
"""

import struct
from typing import Iterator

from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged
from shindan.collect.rpm_record import Record

MAGIC = b"RpmP"
_SLOT_MAGIC, _BLOB_MAGIC, _TAIL_MAGIC = b"Slot", b"BlbS", b"BlbE"
_HEAD, _SLOT, _BLOCK, _TAIL = 32, 16, 16, 12
_PAGE = 4096
_MOST_PAGES = 4096
_READ = 16 * 1024


def is_ndb(head: bytes) -> bool:
    """Whether a file that begins so is such a database."""
    return head[:4] == MAGIC


def records(file: BoundedFile) -> Iterator[Record]:
    """Every package in the order of the slots; a slot that is damaged comes as a record that says so."""
    version, _, pages = struct.unpack("<III", file.read(4, 12))
    if version != 0 or not 0 < pages <= _MOST_PAGES:
        raise Damaged("it is of version {} with {} pages of slots".format(version, pages))
    for page in range(pages):
        try:
            slots = file.read(page * _PAGE, _PAGE)
        except Damaged as error:
            yield Record(0, iter(()), str(error))
            return
        for at in range(_HEAD if page == 0 else 0, _PAGE, _SLOT):
            magic, number, offset, count = struct.unpack("<4sIII", slots[at : at + _SLOT])
            if magic != _SLOT_MAGIC:
                yield Record(0, iter(()), "slot {} has lost its mark".format((page * _PAGE + at - _HEAD) // _SLOT))
            elif number:
                yield Record(number, _blocks(file, number, offset * _BLOCK, count * _BLOCK))


def _blocks(file: BoundedFile, number: int, offset: int, room: int) -> Iterator[bytes]:
    """The bytes of one header. Raises Damaged."""
    magic, owner, _, length = struct.unpack("<4sIII", file.read(offset, _BLOCK))
    if magic != _BLOB_MAGIC or owner != number:
        raise Damaged("byte {} is not where package {} begins".format(offset, number))
    if room != -(-(_BLOCK + length + _TAIL) // _BLOCK) * _BLOCK:
        raise Damaged("package {} claims {} bytes".format(number, length))
    _, repeated, end = struct.unpack("<II4s", file.read(offset + room - _TAIL, _TAIL))
    if end != _TAIL_MAGIC or repeated != length:
        raise Damaged("package {} has lost its end".format(number))
    at = offset + _BLOCK
    while length > 0:
        size = min(_READ, length)
        yield file.read(at, size)
        at += size
        length -= size
