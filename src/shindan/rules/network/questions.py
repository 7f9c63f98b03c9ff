"""Conditions that all dialects have in common: ports, protocols, interfaces, states, in terms of the first packet."""

from __future__ import annotations

from collections.abc import Collection

from shindan.rules.network.conditions import ALWAYS, NEVER, Asks, Condition, Opaque, Ports
from shindan.rules.network.packet import Packet
from shindan.rules.network.spans import Spans, both, within

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "ipv6-icmp", "132": "sctp"}
_ANY_SOURCE_PORT: Spans = ((1024, 65535),)
FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")


def of_family(family: int) -> Condition:
    """An IPv4 or IPv6 packet."""
    return Asks(lambda packet: packet.family == family)


def to_port(spans: Spans) -> Condition:
    """The destination port as it is here, after a translation."""
    return Ports(spans)


def from_port(spans: Spans) -> Condition:
    """The source port, which is the client's choice: a narrow one is a matter that nobody can tell."""
    if both(spans, _ANY_SOURCE_PORT) == _ANY_SOURCE_PORT:
        return ALWAYS
    return Opaque("a rule asks for the source port") if spans else NEVER


def to_address(family: int, spans: Spans) -> Condition:
    """The destination address as it is here, after a translation."""
    return Asks(lambda packet: packet.family == family and within(spans, packet.target))


def asked_address(family: int, spans: Spans) -> Condition:
    """The destination address as the client asked for it."""
    return Asks(lambda packet: packet.family == family and within(spans, (packet.asked or (packet.target, 0))[0]))


def asked_port(spans: Spans) -> Condition:
    """The destination port as the client asked for it."""
    return Ports(spans, asked=True)


def of_protocol(names: Collection[str]) -> Condition:
    """One of these protocols, by name or number."""
    wanted = {_PROTOCOLS.get(name.lower(), name.lower()) for name in names}
    return Asks(lambda packet: packet.protocol in wanted)


def into(names: Collection[str], wild: str = "*") -> Condition:
    """It comes in by one of these interfaces; a name that ends in `wild` stands for all that begin so."""
    return Asks(lambda packet: any(_is_named(packet.into, name, wild) for name in names))


def out_of(names: Collection[str], wild: str = "*") -> Condition:
    """It goes out by one of these interfaces; what is for this host goes out by none."""
    return Asks(lambda packet: _goes_out(packet, names, wild), "the interface by which it is forwarded is not known")


def in_state(words: Collection[str]) -> Condition:
    """The state of the connection, which is new; `dnat` is one of iptables' own."""
    wanted = {word.lower() for word in words}
    return Asks(lambda packet: "new" in wanted or ("dnat" in wanted and packet.asked is not None))


def translated() -> Condition:
    """The destination was translated."""
    return Asks(lambda packet: packet.asked is not None)


def to_kind(words: Collection[str]) -> Condition:
    """What the destination is to the routing table: `local`, `unicast`, `broadcast`, …"""
    wanted = {word.lower() for word in words}
    return Asks(lambda packet: ("local" if packet.local else "unicast") in wanted)


def with_flags(mask: Collection[str], wanted: Collection[str]) -> Condition:
    """Of the TCP flags `mask` exactly `wanted` are set: of the first packet it is SYN alone."""
    known = set(FLAGS) | {"all", "none"}
    looked, sought = {one.lower() for one in mask}, {one.lower() for one in wanted} - {"none"}
    if not (looked | sought) <= known:
        return Opaque("a rule asks for TCP flags that are not known")
    looked = set(FLAGS) if "all" in looked else looked
    sought = set(FLAGS) if "all" in sought else sought
    return Asks(lambda packet: packet.protocol == "tcp" and ({"syn"} & looked) == sought)


def _is_named(name: str, pattern: str, wild: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(wild) else name == pattern


def _goes_out(packet: Packet, names: Collection[str], wild: str) -> bool | None:
    if packet.local:
        return any(name == wild for name in names)
    return any(_is_named(packet.out, name, wild) for name in names) if packet.out else None
