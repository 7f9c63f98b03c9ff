"""rpm's oldest database, `Packages` as a hash of Berkeley DB, in either byte order. Python 3.6 grammar.

Of the hash only its pages are needed, not its buckets: each page of type hash holds pairs of items, a package's number
and its header, and long items are chains of overflow pages. Freed pages are of no type. Source: Berkeley DB's
`dbinc/db_page.h` (HMETA, PAGE, HOFFPAGE; hash versions 8 and 9); rpm reads no other since 4.4.
"""

import struct
from typing import Iterator, List, NamedTuple, Tuple

from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged
from shindan.collect.rpm_record import Record

MAGIC = 0x061561
"""Of a hash; at byte 12 of the file, in the byte order of the machine that made it."""

_VERSIONS = (8, 9, 10)
_HASH_PAGES = (2, 13)
_OVERFLOW_PAGE = 7
_ON_PAGE, _OFF_PAGE = 1, 3
_HEAD = 26
_NUMBER = 4


class _Layout(NamedTuple):
    order: str
    page_size: int
    last_page: int


def is_hash(head: bytes) -> bool:
    """Whether a file that begins so is a hash of Berkeley DB."""
    return len(head) >= 16 and MAGIC in (int.from_bytes(head[12:16], "little"), int.from_bytes(head[12:16], "big"))


def records(file: BoundedFile) -> Iterator[Record]:
    """Every package; a page or an item that is damaged comes as a record that says so."""
    layout = _layout(file)
    for page in range(1, layout.last_page + 1):
        try:
            kind = file.read(page * layout.page_size, _HEAD)[25]
            if kind in _HASH_PAGES:
                pairs = _pairs(file.read(page * layout.page_size, layout.page_size), layout)
            else:
                continue
        except Damaged as error:
            yield Record(0, iter(()), "page {}: {}".format(page, error))
            if (page + 1) * layout.page_size > file.size:
                return
            continue
        for key, item in pairs:
            # Number 0 is the counter of rpm's numbers, no package.
            if key:
                yield Record(key, _blocks(file, layout, item))


def _layout(file: BoundedFile) -> _Layout:
    head = file.read(0, 72)
    order = "<" if int.from_bytes(head[12:16], "little") == MAGIC else ">"
    version, page_size = struct.unpack(order + "II", head[16:24])
    encrypted, kind = head[24], head[25]
    (last_page,) = struct.unpack(order + "I", head[32:36])
    if version not in _VERSIONS or kind != 8 or encrypted:
        raise Damaged("it is a hash of version {} and type {}, which rpm does not write".format(version, kind))
    if page_size < 512 or page_size > 65536 or page_size & (page_size - 1):
        raise Damaged("it claims pages of {} bytes".format(page_size))
    return _Layout(order, page_size, last_page)


def _pairs(page: bytes, layout: _Layout) -> List[Tuple[int, bytes]]:
    """(number of the package, its item) of a hash page; items grow from the page's end towards its index."""
    (count,) = struct.unpack(layout.order + "H", page[20:22])
    if count % 2 or _HEAD + 2 * count > len(page):
        raise Damaged("it claims {} items".format(count))
    offsets = struct.unpack("{}{}H".format(layout.order, count), page[_HEAD : _HEAD + 2 * count])
    items = []
    end = len(page)
    for offset in offsets:
        if not _HEAD + 2 * count <= offset < end:
            raise Damaged("its items overlap")
        items.append(page[offset:end])
        end = offset
    return [(_number(key, layout), item) for key, item in zip(items[::2], items[1::2])]


def _number(key: bytes, layout: _Layout) -> int:
    if len(key) != 1 + _NUMBER or key[0] != _ON_PAGE:
        raise Damaged("a key in it is no number")
    return int(struct.unpack(layout.order + "I", key[1:])[0])


def _blocks(file: BoundedFile, layout: _Layout, item: bytes) -> Iterator[bytes]:
    """The bytes of one item, page by page. Raises Damaged."""
    if item[0] == _ON_PAGE:
        yield item[1:]
        return
    if item[0] != _OFF_PAGE or len(item) != 12:
        raise Damaged("an item in it is of type {}".format(item[0]))
    page, left = struct.unpack(layout.order + "II", item[4:12])
    while left > 0:
        if not 0 < page <= layout.last_page:
            raise Damaged("a chain of its pages ends {} bytes early".format(left))
        content = file.read(page * layout.page_size, layout.page_size)
        (following,) = struct.unpack(layout.order + "I", content[16:20])
        (used,) = struct.unpack(layout.order + "H", content[22:24])
        if content[25] != _OVERFLOW_PAGE or not 0 < used <= layout.page_size - _HEAD:
            raise Damaged("page {} is no part of the chain that names it".format(page))
        yield content[_HEAD : _HEAD + min(used, left)]
        left -= used
        page = following
