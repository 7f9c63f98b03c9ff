"""The host's own addresses, and by which interface it sends what is not for itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.network.packet import Packet
from shindan.rules.network.ruleset import Translation
from shindan.rules.network.spans import network


class Address(NamedTuple):
    """One address of an interface that is switched on; `kind` is the interface's."""

    family: int
    number: int
    text: str
    device: str
    kind: str
    link_local: bool


class Network(NamedTuple):
    """What is at hand: addresses beyond loopback, all own addresses by family, and (family, span, device) of routes,
    the narrowest first.
    """

    addresses: Sequence[Address]
    own: Mapping[int, frozenset[int]]
    routes: Sequence[tuple[int, tuple[int, int], str]]

    def place(self, packet: Packet, translation: Translation) -> Packet:
        """Where a packet goes once it was translated; the kernel calls it translated only where something changes."""
        if translation.here:
            family, target = packet.family, self._first(packet)
        else:
            family, target = translation.address or (packet.family, packet.target)
        own = target in self.own[family] or ipaddress.ip_address(_text(family, target)).is_loopback
        local = translation.here or own
        port = packet.port if translation.port is None else translation.port
        before = packet.target, packet.port
        asked = packet.asked or (before if before != (target, port) else None)
        out = "" if local else self.device_to(family, target)
        return packet._replace(target=target, port=port, local=local, out=out, asked=asked)

    def _first(self, packet: Packet) -> int:
        """The address that `redirect` leads to: the first one of the interface by which the packet comes in."""
        near = ipaddress.ip_address(_text(packet.family, packet.target)).is_link_local
        mine = (one for one in self.addresses if one.device == packet.into and one.family == packet.family)
        return next((one.number for one in mine if packet.family == 4 or one.link_local == near), packet.target)

    def device_to(self, family: int, number: int) -> str:
        """The interface by which an address is reached; "" where no route is known."""
        for kind, (low, high), device in self.routes:
            if kind == family and low <= number <= high:
                return device
        return ""

    def default_devices(self, family: int) -> list[str]:
        """The interfaces of routes to anywhere."""
        return list(dict.fromkeys(one for kind, (low, _), one in self.routes if kind == family and low == 0))


def network_of(host: Examined) -> Network:
    """The interfaces of a host. Raises CannotTell where nobody looked."""
    addresses: list[Address] = []
    routes: list[tuple[int, tuple[int, int], str]] = []
    for fact in host.all("interface"):
        if not fact.data.get("up"):
            continue
        for text in _texts(fact.data.get("addresses")):
            try:
                found = ipaddress.ip_interface(text)
                routes.append((*network(str(found.network)), fact.subject))
            except ValueError:
                continue
            kind = str(fact.data.get("kind", ""))
            addresses.append(
                Address(found.version, int(found), str(found.ip), fact.subject, kind, found.ip.is_link_local)
            )
    routes += _routes(host)
    own = {family: frozenset(one.number for one in addresses if one.family == family) for family in (4, 6)}
    beyond = [one for one in addresses if not ipaddress.ip_address(one.text).is_loopback]
    return Network(beyond, own, sorted(routes, key=lambda one: one[1][1] - one[1][0]))


def _routes(host: Examined) -> Iterator[tuple[int, tuple[int, int], str]]:
    for fact in host.inventory.all("route"):
        device = str(fact.data.get("device", ""))
        if device and fact.data.get("table", 254) == 254:
            try:
                yield (*network(fact.subject), device)
            except ValueError:
                continue


def _texts(value: object) -> list[str]:
    return [one.partition("%")[0] if isinstance(one, str) else "" for one in value] if isinstance(value, list) else []


def _text(family: int, number: int) -> str:
    return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))
