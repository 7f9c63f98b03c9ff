"""Network interfaces and routes of the collector's own network namespace. Python 3.6 grammar.

Source: the kernel's Documentation/ABI/testing/sysfs-class-net, netdevice(7) for the flags, rtnetlink(7). Hardware
addresses stay on the host.
"""

import socket
from typing import Any, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.rtnetlink import addresses, routes
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_CLASS = "/sys/class/net"
_UP, _LOOPBACK, _PROMISCUOUS = 0x1, 0x8, 0x100
MOST = 2000
"""Interfaces, and routes, that are told."""

# A folder or file below the interface's own that gives its kind away.
_MARKS = (
    ("wireless", "wireless"), ("phy80211", "wireless"), ("bridge", "bridge"), ("bonding", "bond"),
    ("tun_flags", "tunnel"),
)  # fmt: skip
_DEVICE_TYPES = {"wlan": "wireless", "bridge": "bridge", "bond": "bond", "vlan": "vlan", "wireguard": "tunnel",
    "vxlan": "tunnel", "geneve": "tunnel", "ppp": "tunnel"}  # fmt: skip
# ARPHRD_ of tunnels: PPP, IP in IP, IPv6 in IP, GRE, no header at all (WireGuard).
_TUNNELS = ("512", "768", "769", "776", "778", "823", "65534")


class Interfaces(Collector):
    """A fact an interface; below a root there is none."""

    name = "interfaces"
    kinds = ("interface",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        names = root.names(_CLASS)
        if not names:
            raise Unavailable("{} is empty: is /sys mounted?".format(_CLASS))
        known: Dict[int, List[str]] = {}
        for one in addresses():
            known.setdefault(one.device, []).append(one.text)
        for number, name in enumerate(names):
            if number >= MOST:
                yield self.gap("more than {:,} interfaces".format(MOST))
                return
            index, flags = _text(root, name, "ifindex"), _text(root, name, "flags")
            if not index.isdigit():
                # No interface: bonding_masters lies here, too.
                continue
            bits = int(flags, 16) if flags.startswith("0x") else 0
            data: Dict[str, Any] = {"addresses": known.get(int(index), []), "up": bool(bits & _UP)}
            data["kind"] = _kind(root, name, bits)
            if bits & _PROMISCUOUS:
                data["promiscuous"] = True
            yield Fact("interface", name, data)


class Routes(Collector):
    """A fact a route; below a root there is none."""

    name = "routes"
    kinds = ("route",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        for number, one in enumerate(routes()):
            if number >= MOST:
                yield self.gap("more than {:,} routes".format(MOST))
                return
            optional = {"via": one.via, "device": _name(one.device), "metric": one.metric}
            data: Dict[str, Any] = {"table": one.table, "type": one.kind}
            data.update((key, value) for key, value in optional.items() if value)
            yield Fact("route", one.destination, data)


def _kind(root: Root, name: str, bits: int) -> str:
    if bits & _LOOPBACK:
        return "loopback"
    for mark, kind in _MARKS:
        if root.exists("{}/{}/{}".format(_CLASS, name, mark)):
            return kind
    for line in _text(root, name, "uevent").split("\n"):
        if line.startswith("DEVTYPE=") and line[8:] in _DEVICE_TYPES:
            return _DEVICE_TYPES[line[8:]]
    if _text(root, name, "type") in _TUNNELS:
        return "tunnel"
    return "physical" if root.exists("{}/{}/device".format(_CLASS, name)) else "virtual"


def _text(root: Root, name: str, what: str) -> str:
    try:
        return root.head("{}/{}/{}".format(_CLASS, name, what), 4096).decode("ascii", "replace").strip()
    except (FileNotFoundError, Unavailable):
        return ""


def _name(index: int) -> str:
    try:
        return socket.if_indextoname(index) if index else ""
    except OSError:
        return str(index)
