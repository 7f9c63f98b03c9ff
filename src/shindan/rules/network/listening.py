"""Which program answers at the end of a way."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shindan.facts.fact import Fact
from shindan.rules.network.reach import Way


class Listener(NamedTuple):
    """A listening socket. `families` are those whose packets it takes; `address` is None where it takes all."""

    protocol: str
    port: int
    families: tuple[int, ...]
    address: int | None
    device: str
    netns: str
    process: str
    path: str
    pid: str

    def answers(self, way: Way, port: int) -> bool:
        """Whether a packet for a port that takes this way ends here.

        Of another network namespace only ports are known: a container's socket answers whatever is led to its port.
        """
        if self.protocol != way.protocol or self.port != way.delivered_port(port):
            return False
        packet = way.packet
        if not packet.local:
            return bool(self.netns)
        bound = self.address is None or self.address == packet.target
        here = not self.device or self.device == packet.into
        return not self.netns and packet.family in self.families and bound and here


def listeners_of(facts: Sequence[Fact]) -> Iterator[Listener]:
    """The sockets that facts tell of; those whose address cannot be read take everything."""
    for fact in facts:
        data = fact.data
        families, address = _bound(data)
        path = str(data.get("program", ""))
        yield Listener(
            str(data.get("protocol", "")),
            int(data.get("port", 0)),
            families,
            address,
            str(data.get("interface", "")),
            str(data.get("netns", "")),
            _name(data, path),
            path,
            str(data.get("pid", "")),
        )


def _bound(data: Mapping[str, Any]) -> tuple[tuple[int, ...], int | None]:
    try:
        found = ipaddress.ip_address(str(data.get("address", "")).partition("%")[0])
    except ValueError:
        return (4, 6), None
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None:
        found = mapped
    if not found.is_unspecified:
        return (found.version,), int(found)
    # A socket of IPv6 takes IPv4, too, unless it is told otherwise.
    return ((4, 6) if found.version == 6 and not data.get("v6only") else (found.version,)), None


def _name(data: Mapping[str, Any], path: str) -> str:
    if data.get("socket_unit"):
        return str(data["socket_unit"])
    words = str(data.get("script") or path or data.get("command") or "")
    return words.rpartition("/")[2] or "a process that is not known"
