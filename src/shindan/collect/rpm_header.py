"""One package's header as rpm's database keeps it: chosen tags, streamed. Python 3.6 grammar.

A header is two big-endian counts (index entries, bytes of data), the index (tag, type, offset, count; 16 bytes each)
and the data. The first entry may name a region, the part that was signed; entries after it were added on installation,
and one that repeats a tag of the region takes its place. Source: rpm's manual, "RPM V4 Package format" (Header, Header
regions), and LSB 5.0 Core, "Package File Format".
"""

import struct
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Pattern, Tuple, Union

from shindan.collect.bounded_file import Forward
from shindan.collect.damaged import Damaged

Value = Union[bytes, Tuple[bytes, ...], Tuple[int, ...]]
"""Texts and binary data as bytes, lists of texts and numbers as tuples."""

MOST_ENTRIES = 0xFFFF
MOST_DATA = 256 * 1024 * 1024
"""rpm's own limits of index entries and of bytes of data."""

MAX_TEXT = 64 * 1024
MAX_BINARY = 64 * 1024
MAX_LIST = 4 * 1024 * 1024
MAX_NUMBERS = 1024 * 1024
"""Bytes of one value; longer ones are damage for the few tags that are asked for."""

_NAME = 1000
_ENTRY = struct.Struct(">IIiI")
_INT16, _INT32, _INT64 = 3, 4, 5
_STRING, _BINARY, _STRINGS, _I18N = 6, 7, 8, 9
_WIDTHS = {_INT16: "H", _INT32: "I", _INT64: "Q"}


class _Entry(NamedTuple):
    offset: int
    tag: int
    type: int
    length: int


def values(blocks: Iterator[bytes], wanted: FrozenSet[int], only: Optional[Pattern[bytes]] = None) -> Dict[int, Value]:
    """The values of the wanted tags that a header has; nothing but the name where `only` does not match it.

    Raises Damaged for a header that breaks its format.
    """
    stream = Forward(blocks)
    entries, length = struct.unpack(">II", stream.take(8))
    if not 0 < entries <= MOST_ENTRIES or not 0 < length <= MOST_DATA:
        raise Damaged("a header claims {} entries and {} bytes of data".format(entries, length))
    chosen: Dict[int, _Entry] = {}
    for tag, type_, offset, count in _ENTRY.iter_unpack(stream.take(16 * entries)):
        if tag in wanted:
            chosen[tag] = _Entry(offset, tag, type_, count)
    start = stream.position
    found = {}
    for entry in sorted(chosen.values()):
        if not 0 <= entry.offset < length or entry.length < 1:
            raise Damaged("tag {} of a header lies outside its data".format(entry.tag))
        stream.skip_to(start + entry.offset)
        found[entry.tag] = _value(stream, entry)
        if only is not None and entry.tag == _NAME and not _matches(only, found[_NAME]):
            return found
        if stream.position - start > length:
            raise Damaged("tag {} of a header runs beyond its data".format(entry.tag))
    return found


def _matches(only: Pattern[bytes], name: Value) -> bool:
    return isinstance(name, bytes) and only.match(name) is not None


def _value(stream: Forward, entry: _Entry) -> Value:
    if entry.type in (_STRING, _I18N):
        return stream.text(MAX_TEXT)
    if entry.type == _STRINGS:
        return _texts(stream, entry)
    width = _WIDTHS.get(entry.type)
    size = entry.length * (struct.calcsize(">" + width) if width else 1)
    if size > (MAX_NUMBERS if width else MAX_BINARY):
        raise Damaged("tag {} of a header has {} bytes".format(entry.tag, size))
    if width:
        return struct.unpack(">{}{}".format(entry.length, width), stream.take(size))
    if entry.type == _BINARY:
        return stream.take(size)
    raise Damaged("tag {} of a header has the unknown type {}".format(entry.tag, entry.type))


def _texts(stream: Forward, entry: _Entry) -> Tuple[bytes, ...]:
    found: List[bytes] = []
    left = MAX_LIST
    for _ in range(entry.length):
        text = stream.text(min(MAX_TEXT, left))
        # An object in Python weighs more than the text in it.
        left -= len(text) + 64
        if left <= 0:
            raise Damaged("tag {} of a header is too long".format(entry.tag))
        found.append(text)
    return tuple(found)
