"""Parameters of the kernel that runs, as sysctl(8) prints them. Python 3.6 grammar.

Source: the kernel's Documentation/admin-guide/sysctl; sysctl(8) for keys: a dot within a name is written `/`.
"""

import os
import stat
from typing import Iterator, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

BASE = "/proc/sys"
_LONGEST = 1000
_MOST = 20000

SECRETS = ("tcp_fastopen_key", "stable_secret", "boot_id", "uuid", "random_boot_id")
"""Names of parameters that are nobody's business, or another each time."""

_COUNTED = ("dentry-state", "file-nr", "inode-nr", "inode-state", "aio-nr", "pty/nr", "entropy_avail",
    "nf_conntrack_count", "ns_last_pid", "ldt", "aio-max-nr")  # fmt: skip
_PASSED_OVER = ("fs/binfmt_misc", "kernel/sched_domain", "net/ipv4/neigh", "net/ipv6/neigh", "sunrpc/rpc_debug",
    "dev/parport", "dev/cdrom", "kernel/usermodehelper")  # fmt: skip

_PER_INTERFACE = ("net/ipv4/conf", "net/ipv6/conf")
_OF_INTERFACES = ("accept_local", "accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_ra_rtr_pref",
    "accept_redirects", "accept_source_route", "arp_filter", "arp_ignore", "arp_announce", "autoconf", "disable_ipv6",
    "drop_gratuitous_arp", "forwarding", "log_martians", "max_addresses", "proxy_arp", "proxy_ndp", "route_localnet",
    "router_solicitations", "rp_filter", "secure_redirects", "send_redirects", "shared_media", "use_tempaddr",
    "bootp_relay", "mc_forwarding")  # fmt: skip
"""Of single interfaces only these: a host of containers has hundreds of them."""


class KernelParameters(Collector):
    """One fact a key. Below a root no kernel runs, and nobody looks."""

    name = "sysctl"
    kinds = ("sysctl",)

    def __init__(self, base: str = "") -> None:
        """`base` is where the tree lies, for other trees than the kernel's own."""
        self._base = base

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        base = self._base or BASE
        if not root.live and not self._base:
            return
        if not os.path.isdir(base):
            raise Unavailable("{} is missing: is /proc mounted?".format(BASE))
        hidden = 0
        for number, (key, path) in enumerate(_parameters(base)):
            if number >= _MOST:
                yield self.gap("more than {:,} parameters".format(_MOST))
                break
            try:
                yield Fact("sysctl", key, {"value": _value(path)})
            except PermissionError:
                hidden += 1
            except OSError:
                # Some answer with an error where there is nothing to tell.
                continue
        if hidden:
            yield self.gap("{} parameters may be read by root only".format(hidden))


def _parameters(base: str) -> Iterator[Tuple[str, str]]:
    """(key, file) of every parameter that can be read."""
    for folder, folders, files in os.walk(base):
        inside = folder[len(base) + 1 :]
        folders[:] = sorted(name for name in folders if _joined(inside, name) not in _PASSED_OVER)
        files.sort()
        if _is_of_one_interface(inside):
            files = [name for name in files if name in _OF_INTERFACES]
        for name in files:
            if name not in SECRETS and name not in _COUNTED and _joined(inside, name) not in _COUNTED:
                yield _key(_joined(inside, name)), folder + "/" + name


def _is_of_one_interface(inside: str) -> bool:
    parent, _, name = inside.rpartition("/")
    return parent in _PER_INTERFACE and name not in ("all", "default")


def _joined(folder: str, name: str) -> str:
    return folder + "/" + name if folder else name


def _key(path: str) -> str:
    return path.translate({ord("/"): ".", ord("."): "/"})


def _value(path: str) -> str:
    if not stat.S_IMODE(os.stat(path).st_mode) & 0o444:
        raise OSError("for writing only")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return " ".join(os.read(descriptor, _LONGEST).decode("utf-8", "replace").split())
    finally:
        os.close(descriptor)
