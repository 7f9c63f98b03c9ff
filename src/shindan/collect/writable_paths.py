"""Whether somebody other than root can replace a file: by writing to it, or to a folder above it. Python 3.6 grammar.

Source: path_resolution(7), chmod(2) (the sticky bit: a folder where only owners may remove), acl(5) and the kernel's
`include/uapi/linux/posix_acl_xattr.h`. A group that only root is a member of is no danger; members are read from
`/etc/group` and `/etc/passwd` of the root in question, so those of a directory service are not known.
"""

import os
import stat
import struct
from typing import Dict, FrozenSet, NamedTuple, Optional

_ACL = "system.posix_acl_access"
_ACL_USER, _ACL_GROUP, _ACL_MASK = 2, 8, 16
_MOST_LINES = 100000


class Finding(NamedTuple):
    """`by` is the file or folder that can be written to; `why` says by whom."""

    by: str
    why: str


class WritablePaths:
    """Judges paths below one root folder; each file and folder is looked at once."""

    def __init__(self, root: str) -> None:
        """`root` is as it is to be reached: "" for the host's own, `/proc/PID/root` for another."""
        self._root = root
        self._seen: Dict[str, Optional[Finding]] = {}
        self._harmless: Optional[FrozenSet[int]] = None

    def judge(self, path: str) -> Optional[Finding]:
        """The highest place on an absolute path that others can write to; None where there is none.

        What is gone by now is passed over.
        """
        if path in self._seen:
            return self._seen[path]
        parent = os.path.dirname(path)
        found = self.judge(parent) if parent != path else None
        if found is None:
            found = self._of(path)
        self._seen[path] = found
        return found

    def _of(self, path: str) -> Optional[Finding]:
        try:
            status = os.stat(self._root + path)
        except (OSError, ValueError):
            return None
        mode = status.st_mode
        if status.st_uid != 0:
            return Finding(path, "user {} owns it".format(status.st_uid))
        if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
            return None
        if mode & stat.S_IWOTH:
            return Finding(path, "everybody may write")
        if mode & stat.S_IWGRP:
            if status.st_gid not in self._groups_of_root():
                return Finding(path, "group {} may write".format(status.st_gid))
            return self._by_list(path)
        return None

    def _by_list(self, path: str) -> Optional[Finding]:
        """Where there is a list, the group's bits are its mask, and say nothing of the group itself."""
        try:
            entries = os.getxattr(self._root + path, _ACL)
        except (OSError, ValueError):
            return None
        said = list(struct.iter_unpack("<HHI", entries[4 : 4 + (len(entries) - 4) // 8 * 8]))
        mask = next((rights for tag, rights, _ in said if tag == _ACL_MASK), 7)
        for tag, rights, id_ in said:
            if rights & mask & 2 and tag == _ACL_USER and id_ != 0:
                return Finding(path, "user {} may write by an access list".format(id_))
            if rights & mask & 2 and tag == _ACL_GROUP and id_ not in self._groups_of_root():
                return Finding(path, "group {} may write by an access list".format(id_))
        return None

    def _groups_of_root(self) -> FrozenSet[int]:
        """Groups without any member but root."""
        if self._harmless is None:
            self._harmless = self._read_groups()
        return self._harmless

    def _read_groups(self) -> FrozenSet[int]:
        alone = {0}
        try:
            with open(self._root + "/etc/group", "rb") as stream:
                for line, _ in zip(stream, range(_MOST_LINES)):
                    fields = line.rstrip(b"\n").split(b":")
                    if len(fields) == 4 and fields[2].isdigit():
                        others = [name for name in fields[3].split(b",") if name not in (b"", b"root")]
                        (alone.discard if others else alone.add)(int(fields[2]))
            with open(self._root + "/etc/passwd", "rb") as stream:
                for line, _ in zip(stream, range(_MOST_LINES)):
                    fields = line.split(b":")
                    if len(fields) == 7 and fields[3].isdigit() and fields[2] != b"0":
                        alone.discard(int(fields[3]))
        except OSError:
            # Nobody knows the members: only root's own group is taken for harmless.
            return frozenset([0])
        return frozenset(alone)
