"""What can be reached: every port of every address of a host, from every zone, through the host's own filter.

Ports are cut where a rule names one: within a piece all fare alike, so that one packet for each piece says everything.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.rules.network.conditions import ports_of
from shindan.rules.network.door import Door, Pairs
from shindan.rules.network.own_addresses import Address, Network
from shindan.rules.network.packet import PROTOCOLS, Packet
from shindan.rules.network.passage import Passage, passage, too_long
from shindan.rules.network.ruleset import Ruleset
from shindan.rules.network.spans import EVERYTHING, NONE, Span, Spans, both
from shindan.rules.network.zones import Zone, Zones

MOST_STEPS = 1_000_000
"""Rules looked at for one host, about 3 seconds; what is left then is called unknown."""

_LINK_LOCAL: Mapping[int, Spans] = {
    4: ((0xA9FE0000, 0xA9FEFFFF),),
    6: ((0xFE80 << 112, (0xFEC0 << 112) - 1),),
}


class Way(NamedTuple):
    """Ports of an address that a zone reaches: from `may` perhaps, from `must` for certain. `packet` is how the first
    of these ports is delivered (translated, forwarded), `lines` the rules that let it through, `reasons` why nobody can
    tell about sources that are in `may` alone.
    """

    zone: Zone
    address: Address
    protocol: str
    ports: Span
    packet: Packet
    may: Spans
    must: Spans
    lines: tuple[str, ...]
    reasons: frozenset[str]
    attributes: Pairs = ()
    """What the API says of the way: ids of gateways, groups and the like."""

    def delivered_port(self, port: int) -> int:
        """The port at which a packet for `port` arrives."""
        asked = self.packet.asked
        return port if asked is None or asked[1] == self.packet.port else self.packet.port


class _Budget:
    """How many more rules are looked at."""

    def __init__(self) -> None:
        self.left = MOST_STEPS


def ways(rules: Ruleset, network: Network, zones: Zones) -> Iterator[Way]:
    """Every way from a zone to a port of an address that may be open."""
    pieces = cut(rules)
    budget = _Budget()
    known: dict[tuple[str, int, int, str], list[tuple[Span, Passage]]] = {}
    for zone, device, address in _entries(network, zones):
        sources = zone.sources.get(address.family, NONE) or (EVERYTHING[address.family] if zone.interfaces else NONE)
        if address.link_local:
            sources = both(sources, _LINK_LOCAL[address.family])
        if not sources:
            continue
        for protocol in PROTOCOLS:
            doors = zones.doors_to(zone, address.family, address.number, protocol, sources)
            if not doors:
                continue
            key = (device, address.family, address.number, protocol)
            if key not in known:
                known[key] = list(_passages(rules, network, key, pieces, budget))
            for door in doors:
                yield from _through(zone, address, protocol, door, known[key])


def cut(rules: Ruleset) -> Sequence[Span]:
    """All ports in pieces that no rule tells apart."""
    named = (span for chain in rules.chains.values() for rule in chain for span in ports_of(rule.condition))
    starts = sorted({1, *(start for low, high in named for start in (low, high + 1) if 1 < start <= 65535)})
    return [(low, high - 1) for low, high in zip(starts, [*starts[1:], 65536], strict=True)]


def piece_of(pieces: Sequence[Way], port: int) -> Iterator[Way]:
    """The ways, sorted by ports, that a port is in."""
    end = bisect_right(pieces, port, key=lambda one: one.ports[0])
    yield from (one for one in pieces[:end] if one.ports[1] >= port)


def _entries(network: Network, zones: Zones) -> Iterator[tuple[Zone, str, Address]]:
    """(zone, interface by which its packets come in, address that they are for)."""
    for address in network.addresses:
        owner = zones.of_device(address.device)
        for zone in zones.zones:
            if zone.interfaces:
                if owner is zone and not (address.link_local and not zone.everywhere):
                    yield zone, address.device, address
            elif owner is None:
                for device in _devices(network, address):
                    yield zone, device, address
    claimed = {one.device: zone for one in network.addresses for zone in zones.zones if zone.comes_by(one.device)}
    for device, zone in claimed.items():
        if zone.everywhere:
            others = (one for one in network.addresses if one.device != device and not one.link_local)
            yield from ((zone, device, one) for one in others)


def _devices(network: Network, address: Address) -> Iterable[str]:
    """An address that is on no link of its own (a service's, on loopback) is reached by the way to anywhere."""
    if address.kind != "loopback":
        return [address.device]
    return network.default_devices(address.family)


def _passages(
    rules: Ruleset, network: Network, key: tuple[str, int, int, str], pieces: Sequence[Span], budget: _Budget
) -> Iterator[tuple[Span, Passage]]:
    """Neighbours that fare alike are one."""
    device, family, target, protocol = key
    held: tuple[Span, Passage] | None = None
    for low, high in pieces:
        packet = Packet(family, target, protocol, low, device)
        if budget.left < 0:
            if held:
                yield held
            yield (low, 65535), too_long(packet, EVERYTHING[family])
            return
        found = passage(rules, packet, EVERYTHING[family], network.place)
        budget.left -= found.steps
        if held and held[1].reasons == found.reasons and _alike(held[1], found):
            held = ((held[0][0], high), held[1])
            continue
        if held:
            yield held
        held = ((low, high), found)
    if held:
        yield held


def _alike(one: Passage, other: Passage) -> bool:
    return len(one.passed) == len(other.passed) and all(
        a.may == b.may and a.must == b.must and a.lines == b.lines and a.packet.asked is None and b.packet.asked is None
        for a, b in zip(one.passed, other.passed, strict=True)
    )


def _through(
    zone: Zone, address: Address, protocol: str, door: Door, passages: Sequence[tuple[Span, Passage]]
) -> Iterator[Way]:
    for span, found in passages:
        for ports in both((span,), (door.ports,)):
            for one in found.passed:
                if door.via:
                    may = door.may if both(one.may, door.via) else NONE
                    must = door.must if both(one.must, door.via) else NONE
                else:
                    may, must = both(one.may, door.may), both(one.must, door.must)
                if may:
                    lines = (*door.lines, *one.lines_for(door.via or must or may))
                    reasons = found.reasons | door.reasons
                    yield Way(zone, address, protocol, ports, one.packet, may, must, lines, reasons, door.attributes)
