"""rpm's database, wherever it lies and whatever form it has, as a stream of headers. Python 3.6 grammar.

Three places: `/var/lib/rpm` since ever, `/usr/lib/sysimage/rpm` where the system below /usr is one image (Fedora since
36, SUSE, Amazon), `/usr/share/rpm` on rpm-ostree. Where a place has several forms, the newer one counts: `rpm
--rebuilddb` leaves the old file behind when its directory was not emptied.
"""

from contextlib import ExitStack
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Pattern, Set

from shindan.collect import rpm_berkeley, rpm_ndb, rpm_sqlite
from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged
from shindan.collect.root import Root
from shindan.collect.rpm_header import Value, values
from shindan.collect.rpm_record import Record
from shindan.collect.sqlite_pages import MAGIC as SQLITE_MAGIC
from shindan.collect.sqlite_pages import Pages

PLACES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
SQLITE, NDB, BERKELEY = "rpmdb.sqlite", "Packages.db", "Packages"

MOST_PACKAGES = 100000
"""More than any host has; a database with more is given up there."""

_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"


class Entry(NamedTuple):
    """One header's wanted tags, or what is wrong with it."""

    tags: Dict[int, Value]
    damage: str = ""


def find(root: Root) -> Optional[str]:
    """The path of the database; None where the host has none."""
    paths = ("{}/{}".format(place, form) for place in PLACES for form in (SQLITE, NDB, BERKELEY))
    return next((path for path in paths if root.exists(path)), None)


def entries(root: Root, path: str, wanted: FrozenSet[int], only: Optional[Pattern[bytes]] = None) -> Iterator[Entry]:
    """Every header of the database, streamed; a damaged one comes as an entry that says so.

    With `only`, of packages whose name it does not match nothing but the name is read.

    Raises Unavailable, before the first entry, for a file that cannot be read as what its name says.
    """
    with ExitStack() as stack:
        files: List[BoundedFile] = []
        found = _records(root, path, stack, files)
        before = [file.stamp() for file in files]
        seen: Set[int] = set()
        count = 0
        for record in found:
            entry = _entry(record, wanted, only)
            if record.number and not entry.damage:
                if record.number in seen:
                    continue
                seen.add(record.number)
            yield entry
            count += 1
            if count > MOST_PACKAGES:
                yield Entry({}, "it has more than {} packages".format(MOST_PACKAGES))
                return
        if [file.stamp() for file in files] != before:
            yield Entry({}, "it was written to while it was read: collect again")


def _entry(record: Record, wanted: FrozenSet[int], only: Optional[Pattern[bytes]]) -> Entry:
    if record.damage:
        return Entry({}, record.damage)
    try:
        return Entry(values(record.blocks, wanted, only))
    except Damaged as error:
        return Entry({}, str(error))


def _records(root: Root, path: str, stack: ExitStack, files: List[BoundedFile]) -> Iterator[Record]:
    try:
        file = _opened(root, path, stack, files)
        head = file.read(0, 16) if file.size >= 16 else b""
        if head == SQLITE_MAGIC:
            return _of_sqlite(root, path, stack, files)
        if rpm_ndb.is_ndb(head):
            return rpm_ndb.records(file)
        if rpm_berkeley.is_hash(head):
            return rpm_berkeley.records(file)
        raise Damaged("it begins like no database of rpm's")
    except FileNotFoundError:
        raise Damaged("{} is gone".format(path)) from None


def _of_sqlite(root: Root, path: str, stack: ExitStack, files: List[BoundedFile]) -> Iterator[Record]:
    log = _opened(root, path + "-wal", stack, files) if root.exists(path + "-wal") else None
    # rpm keeps no roll-back journal; one with content means that half a change may stand in the database.
    if root.exists(path + "-journal") and root.head(path + "-journal", 8) == _JOURNAL_MAGIC:
        raise Damaged("an unfinished change waits in its journal: `rpm -qa` as root takes it back")
    return rpm_sqlite.records(Pages(files[0], log))


def _opened(root: Root, path: str, stack: ExitStack, files: List[BoundedFile]) -> BoundedFile:
    files.append(BoundedFile(stack.enter_context(root.opened(path))))
    return files[-1]
