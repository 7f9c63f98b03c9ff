"""The files that processes have mapped, each looked at once, wherever a process sees them. Python 3.6 grammar.

Paths in /proc/PID/maps are as the reader's root has them for a process of the reader's own mount namespace, also for
one in a chroot; for another mount namespace they are that namespace's, to be reached through `/proc/PID/root`.
"""

import os
from typing import Dict, List, Optional, Tuple

from shindan.collect.elf_hardening import Hardening, Torn, hardening
from shindan.collect.proc_process import Process
from shindan.collect.process_maps import Maps, maps
from shindan.collect.writable_paths import Finding, WritablePaths

_Key = Tuple[int, int, int, int, bool]
"""Device, inode, time of change in nanoseconds, size; and whether names were read."""


def place_of(pid: int) -> Tuple[str, str]:
    """(inode of the mount namespace, root folder) of a process; two empty texts where they may not be seen."""
    try:
        namespace = os.readlink("/proc/{}/ns/mnt".format(pid))
        return namespace[5:-1], os.readlink("/proc/{}/root".format(pid))
    except OSError:
        return "", ""


class Space:
    """The files of one mount namespace as one of its processes sees them."""

    def __init__(self, objects: "Objects", root: str) -> None:
        """`root` is "" for the collector's own, else `/proc/PID/root`."""
        self._objects = objects
        self._root = root
        self._writable = WritablePaths(root)
        self._judged: Dict[Tuple[str, int], Optional[Hardening]] = {}

    def maps(self, pid: int) -> Maps:
        """See `process_maps.maps`."""
        return maps(pid)

    def writable(self, path: str) -> Optional[Finding]:
        """Who but root can replace the file, or the one that a link leads to."""
        return self._writable.judge(path) or self._writable.judge(self._resolved(path))

    def hardening(self, path: str, inode: int) -> Optional[Hardening]:
        """Of a mapped file; None for what is no ELF file, is gone, or is no longer the one that is mapped."""
        key = (path, inode)
        if key not in self._judged:
            self._judged[key] = self._objects.hardening(self._root + path, inode, False)
        return self._judged[key]

    def _resolved(self, path: str) -> str:
        # Links of another root are followed by nobody here: an absolute one would lead out of it.
        return path if self._root else os.path.realpath(path)


class Objects:
    """What is known of files, by device, inode, time of change and size; `torn` tells what could not be read."""

    def __init__(self) -> None:
        self.torn: List[str] = []
        self.own = place_of(os.getpid())[0]
        self._spaces: Dict[str, Space] = {}
        self._known: Dict[_Key, Optional[Hardening]] = {}

    def space(self, one: Process) -> Space:
        """The files as this process sees them."""
        namespace = place_of(one.pid)[0]
        if namespace not in self._spaces:
            self._spaces[namespace] = Space(self, "" if namespace in ("", self.own) else one.root)
        return self._spaces[namespace]

    def executable(self, one: Process, names: bool) -> Optional[Hardening]:
        """Of the executable itself, also where it was deleted."""
        return self.hardening("/proc/{}/exe".format(one.pid), one.file[1], names)

    def hardening(self, path: str, inode: int, names: bool) -> Optional[Hardening]:
        """Of the file at a path of this host, if it has that inode."""
        try:
            with open(path, "rb", buffering=0) as stream:
                status = os.fstat(stream.fileno())
                if status.st_ino != inode:
                    return None
                key = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, names)
                if key not in self._known:
                    self._known[key] = hardening(stream, names)
                return self._known[key]
        except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
            return None
        except (OSError, Torn) as error:
            self.torn.append("{}: {}".format(path, error))
            return None
