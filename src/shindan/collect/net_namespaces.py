"""The network namespaces of a host, and doing something in one of them. Python 3.6 grammar.

Source: network_namespaces(7), setns(2); ip-netns(8) for the names below /run/netns.
"""

import os
from contextlib import contextmanager
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.unavailable import Unavailable

OWN = "/proc/self/ns/net"
_NAMED = ("/run/netns", "/run/docker/netns")
_CLONE_NEWNET = 0x40000000
MOST = 500
"""Namespaces that are looked at."""


class Namespace(NamedTuple):
    """`id` is its inode; `path` leads to it; `pid` is a process in it, or 0; `own` where it is the collector's."""

    id: str
    path: str
    pid: int
    own: bool

    @property
    def suffix(self) -> str:
        """What subjects of facts end in: nothing for the collector's own."""
        return "" if self.own else " netns:" + self.id

    @property
    def proc_net(self) -> str:
        """The folder of its files below /proc; "" where no process is in it."""
        if self.own:
            return "/proc/self/net"
        return "/proc/{}/net".format(self.pid) if self.pid else ""


def processes() -> List[int]:
    """The ids of all processes that may be seen, rising. Raises Unavailable without /proc."""
    try:
        return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError as error:
        raise Unavailable("/proc: {}".format(error.strerror or error)) from error


def namespaces() -> Tuple[List[Namespace], int]:
    """Every network namespace, the collector's own first; and of how many processes it may not be seen.

    Raises Unavailable without /proc, or on a kernel without network namespaces.
    """
    home = own()
    if not home:
        raise Unavailable("{} is missing: is /proc mounted?".format(OWN))
    found: Dict[str, Namespace] = {home: Namespace(home, OWN, 0, True)}
    hidden = 0
    for pid in processes():
        path = "/proc/{}/ns/net".format(pid)
        try:
            id_ = _bare(os.readlink(path))
        except FileNotFoundError:
            continue
        except OSError:
            hidden += 1
            continue
        if id_ and id_ not in found and len(found) < MOST:
            found[id_] = Namespace(id_, path, pid, False)
    for id_, path in _named():
        if id_ not in found and len(found) < MOST:
            found[id_] = Namespace(id_, path, 0, False)
    return list(found.values()), hidden


def own() -> str:
    """The id of the collector's own namespace; "" on a kernel without them."""
    try:
        return _bare(os.readlink(OWN))
    except OSError:
        return ""


def of_process(pid: int) -> str:
    """The namespace's id; "" where it may not be seen."""
    try:
        return _bare(os.readlink("/proc/{}/ns/net".format(pid)))
    except OSError:
        return ""


def _named() -> Iterator[Tuple[str, str]]:
    """Those that a file keeps alive, with a process in them or without."""
    for folder in _NAMED:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            # Where nothing is mounted on it, the file is an empty one of another file system.
            if status.st_dev == os.stat(OWN).st_dev:
                yield str(status.st_ino), path


def _bare(link: str) -> str:
    """`4026531840` of `net:[4026531840]`."""
    return link[5:-1] if link.startswith("net:[") else ""


def crowded(spaces: List[Namespace]) -> str:
    """Why not all namespaces are among them; "" where all are."""
    return (
        "there are more than {} network namespaces; the others are left out".format(MOST) if len(spaces) >= MOST else ""
    )


@contextmanager
def entered(namespace: Namespace) -> Iterator[None]:
    """Within, this thread is in the namespace: sockets made there speak of it. Raises Unavailable.

    It needs CAP_SYS_ADMIN for any other than the own one.
    """
    if namespace.own:
        yield
        return
    home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            there = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _refused(namespace, error) from error
        try:
            if _bare_of(there) != namespace.id:
                raise Unavailable("network namespace {} is gone".format(namespace.id))
            _setns(there)
        except OSError as error:
            raise _refused(namespace, error) from error
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def _bare_of(descriptor: int) -> str:
    return str(os.fstat(descriptor).st_ino)


def _refused(namespace: Namespace, error: OSError) -> Unavailable:
    why = error.strerror or str(error)
    return Unavailable("network namespace {}: {}; CAP_SYS_ADMIN lets one in".format(namespace.id, why))


def _setns(descriptor: int) -> None:
    # Imported here: hosts without other namespaces need not spend its memory. `os.setns` came with Python 3.12.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
