"""Which package of the distribution brought a file. Python 3.6 grammar.

`owners` asks every package manager that it knows in turn; each goes through its lists once, for all files together.
"""

from typing import Callable, Collection, Dict, FrozenSet, Iterator, List, Tuple

from shindan.collect import rpm_database
from shindan.collect.dpkg import INFO
from shindan.collect.root import MAX_LINE, Root
from shindan.collect.rpm_package import NAME
from shindan.collect.unavailable import Unavailable

APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_LIST = ".list"
# Where such a folder is a link into /usr, package managers still know some files by the path from before.
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64")

_FILES = (1117, 1116, 1118)
"""The tags BASENAMES, DIRINDEXES and DIRNAMES (rpm's manual, "RPM Tags", files)."""

_TAGS = frozenset((NAME,) + _FILES)

Owned = Iterator[Tuple[str, str]]


def owners(root: Root, paths: Collection[str]) -> Tuple[Dict[str, str], List[str]]:
    """Path to package, for those paths that a package owns; and what could not be read."""
    merged = frozenset(name for name in _MERGED if root.link("/" + name))
    wanted = {spelling: path for path in paths for spelling in _spellings(path, merged)}
    found: Dict[str, str] = {}
    wrong: List[str] = []
    for manager in MANAGERS:
        try:
            for spelling, package in manager(root, wanted):
                found.setdefault(wanted[spelling], package)
        except Unavailable as error:
            wrong.append(str(error))
    return found, wrong


def dpkg(root: Root, wanted: Collection[str]) -> Owned:
    """dpkg's lists of files, `PACKAGE[:ARCH].list`, a path a line (dpkg(1), "Files")."""
    paths = {path.encode("utf-8", "surrogateescape"): path for path in wanted}
    for name in root.names(INFO):
        if name.endswith(_LIST):
            package = name[: -len(_LIST)].partition(":")[0]
            for line in _among(root, "{}/{}".format(INFO, name), paths):
                yield paths[line], package


def _among(root: Root, path: str, wanted: Dict[bytes, str]) -> Iterator[bytes]:
    """The lines of a file that are wanted. Block by block: a host has hundreds of thousands of such lines."""
    rest = b""
    for block in root.blocks(path):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()[:MAX_LINE]
        for line in wanted.keys() & lines:
            yield line
    if rest in wanted:
        yield rest


def rpm(root: Root, wanted: Collection[str]) -> Owned:
    """The lists of files in the headers of rpm's database: names, and for each the number of its folder.

    Damaged headers are passed over; the collector of packages tells of them.
    """
    database = rpm_database.find(root)
    if database is None:
        return
    folders = {path.rpartition("/")[0].encode("utf-8", "surrogateescape") + b"/" for path in wanted}
    for entry in rpm_database.entries(root, database, _TAGS):
        package, names, indexes, told = (entry.tags.get(tag, ()) for tag in (NAME,) + _FILES)
        near = {i: folder for i, folder in enumerate(told) if folder in folders}
        if near and isinstance(package, bytes):
            for name, index in zip(names, indexes):
                folder = near.get(index) if isinstance(index, int) else None
                if isinstance(folder, bytes) and isinstance(name, bytes):
                    path = _decoded(folder + name)
                    if path in wanted:
                        yield path, _decoded(package)


def apk(root: Root, wanted: Collection[str]) -> Owned:
    """apk's `installed`: `P:` a package, `F:` one of its folders, `R:` a file in that (apk-package(5))."""
    for database in APK:
        if not root.exists(database):
            continue
        package = folder = ""
        for line in root.lines(database):
            kind, value = line[:2], _decoded(line[2:])
            if kind == b"P:":
                package, folder = value, ""
            elif kind == b"F:":
                folder = value
            elif kind == b"R:":
                path = "/{}/{}".format(folder, value) if folder else "/" + value
                if path in wanted:
                    yield path, package
        return


MANAGERS: List[Callable[[Root, Collection[str]], Owned]] = [dpkg, rpm, apk]
"""Every package manager whose lists are read: each is given the paths, and yields those it knows with their owner."""


def _spellings(path: str, merged: FrozenSet[str]) -> Iterator[str]:
    yield path
    if path.startswith("/usr/") and path.split("/", 3)[2] in merged:
        yield path[len("/usr") :]


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
