"""Which machine this is: its name, a digest of its machine id, and the addresses it answers on. Python 3.6 grammar.

Source: hostname(5), machine-id(5) (which asks that the id itself stays on the machine), and the kernel's
`net/ipv4/fib_trie.c` and `net/ipv6/addrconf.c` for the two tables of addresses below /proc.
"""

import os
import re
from typing import Any, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_NAME = "/etc/hostname"
_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_IPV4 = "/proc/net/fib_trie"
_IPV6 = "/proc/net/if_inet6"
_GLOBAL_SCOPE = "00"
_MOST = 50
_LEAF = re.compile(r"^\s*\|-- (\d+\.\d+\.\d+\.\d+)$")


class Identity(Collector):
    """Subject `self`. Below a root only what the root's own files tell: a mounted disk has no addresses."""

    name = "identity"
    kinds = ("host",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        data: Dict[str, Any] = {}
        hostname = _first(root, _NAME) or (os.uname().nodename if root.live else "")
        if hostname:
            data["hostname"] = hostname[:253]
        digest = _machine(root)
        if digest:
            data["machine"] = digest
        if root.live:
            addresses = (_ipv4(root) + _ipv6(root))[:_MOST]
            if addresses:
                data["addresses"] = addresses
        if data:
            yield Fact("host", "self", data)


def _machine(root: Root) -> str:
    for path in _MACHINE_IDS:
        said = _first(root, path).lower()
        if re.match(r"^[0-9a-f]{32}$", said):
            # Imported here: it costs 3 MB, and most roots have no machine id.
            import hashlib

            return hashlib.sha256(b"shindan host " + said.encode("ascii")).hexdigest()[:32]
    return ""


def _ipv4(root: Root) -> List[str]:
    """Addresses of the local table, in the kernel's order, loopback left out."""
    found: List[str] = []
    leaf = ""
    for line in _text(root, _IPV4):
        match = _LEAF.match(line)
        if match is not None:
            leaf = match.group(1)
        elif "/32 host LOCAL" in line and leaf and not leaf.startswith("127.") and leaf not in found:
            found.append(leaf)
    return found


def _ipv6(root: Root) -> List[str]:
    """Addresses of global scope, written as RFC 5952 has them."""
    found: List[str] = []
    for line in _text(root, _IPV6):
        parts = line.split()
        if len(parts) == 6 and parts[3] == _GLOBAL_SCOPE and re.match(r"^[0-9a-f]{32}$", parts[0]):
            # Imported here: few hosts have such addresses.
            import ipaddress

            found.append(str(ipaddress.IPv6Address(int(parts[0], 16))))
    return found


def _first(root: Root, path: str) -> str:
    return next((line.strip() for line in _text(root, path) if line.strip() and not line.startswith("#")), "")


def _text(root: Root, path: str) -> List[str]:
    try:
        return root.text(path)
    except (FileNotFoundError, Unavailable):
        return []
