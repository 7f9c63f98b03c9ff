"""The table of mounts. Python 3.6 grammar.

Source: proc_pid_mountinfo(5): `ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAG…] - TYPE SOURCE SUPER-OPTIONS`.
"""

import os
import re
from typing import Iterator, List, NamedTuple, Optional

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

TABLES = ("/proc/1/mountinfo", "/proc/self/mountinfo")
"""Process 1's first: a service may be in a mount namespace of its own."""

MOST = 20000
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class Mount(NamedTuple):
    """`device` is `MAJOR:MINOR`; `root` the folder of the file system that is mounted at `point`."""

    point: str
    root: str
    device: str
    fstype: str
    source: str
    options: List[str]


def mounts(root: Root) -> List[Mount]:
    """Every mount of a live host, in order. Raises Unavailable where no table can be read."""
    wrong = ""
    for table in TABLES if _is_root_of_init() else TABLES[1:]:
        try:
            found = [one for one in map(parsed, _lines(root, table)) if one is not None]
        except (FileNotFoundError, Unavailable) as error:
            wrong = wrong or str(error)
            continue
        if found:
            return found
    raise Unavailable("no table of mounts can be read: {}".format(wrong or "it is empty"))


def _is_root_of_init() -> bool:
    """In a chroot process 1's table would speak of other paths."""
    try:
        own, other = os.stat("/"), os.stat("/proc/1/root")
    except OSError:
        return False
    return (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino)


def _lines(root: Root, table: str) -> Iterator[str]:
    for number, line in enumerate(root.lines(table)):
        if number >= MOST:
            raise Unavailable("more than {:,} mounts".format(MOST))
        yield line.decode("utf-8", "surrogateescape")


def parsed(line: str) -> Optional[Mount]:
    """One line; None for one that is torn."""
    before, dash, after = line.partition(" - ")
    left, right = before.split(" "), after.split(" ")
    if not dash or len(left) < 6 or len(right) < 2 or not left[4].startswith("/"):
        return None
    options = left[5].split(",") + (right[2].split(",") if len(right) > 2 else [])
    return Mount(
        unescaped(left[4]),
        unescaped(left[3]),
        left[2],
        right[0],
        unescaped(right[1]),
        [option for option in dict.fromkeys(options) if option],
    )


def unescaped(text: str) -> str:
    """Spaces and their like are written in octal, `\\040` (fstab(5) has the same)."""
    if "\\" not in text:
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda match: bytes([int(match.group(1), 8) & 0xFF]), raw).decode("utf-8", "surrogateescape")
