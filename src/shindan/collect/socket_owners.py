"""Which process holds a socket. Python 3.6 grammar.

Source: proc(5), `/proc/PID/fd`: links of the form `socket:[INODE]`. Other users' need CAP_SYS_PTRACE.
"""

import os
import time
from typing import Collection, Dict, Iterator, List, NamedTuple

from shindan.collect.net_namespaces import processes

SECONDS = 10.0
_SYSTEMD = 1


class Holder(NamedTuple):
    """`pid` is the lowest id of the processes that hold the socket, process 1 only where no other does.

    `by_systemd`: process 1 holds it, too.
    """

    pid: int
    by_systemd: bool


class Holders(NamedTuple):
    """Holders by inode; of how many processes nobody may see the files; whether the time was over before the end."""

    found: Dict[int, Holder]
    hidden: int
    cut: bool


def holders(inodes: Collection[int], seconds: float = SECONDS) -> Holders:
    """The holders of these sockets. Raises Unavailable without /proc."""
    wanted = {"socket:[{}]".format(inode): inode for inode in inodes if inode}
    found: Dict[int, Holder] = {}
    hidden = 0
    deadline = time.monotonic() + seconds
    for pid in processes() if wanted else []:
        if time.monotonic() > deadline:
            return Holders(found, hidden, True)
        try:
            links = _links("/proc/{}/fd".format(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            hidden += 1
            continue
        for link in links:
            if link in wanted:
                inode = wanted[link]
                known = found.get(inode)
                if known is None:
                    found[inode] = Holder(pid, pid == _SYSTEMD)
                elif known.pid == _SYSTEMD and pid != _SYSTEMD:
                    found[inode] = Holder(pid, True)
    return Holders(found, hidden, False)


def _links(folder: str) -> Iterator[str]:
    names: List[str] = os.listdir(folder)
    return _read(folder, names)


def _read(folder: str, names: List[str]) -> Iterator[str]:
    for name in names:
        try:
            yield os.readlink(folder + "/" + name)
        except OSError:
            continue
