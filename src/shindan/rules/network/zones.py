"""Zones: where packets come from, as an operator sees it; zones.toml beside has those that hold without one's word."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shindan.model.errors import ShindanError
from shindan.rules.network.door import Door
from shindan.rules.network.spans import NONE, PORTS, Spans, either, network, shown, united, without

_FILE = Path(__file__).with_name("zones.toml")
_REMEDY = "compare it with the zones.toml that comes with the program, whose head says what each name means"
MAPPED = ("internet", "peered", "vpn", "inside")
"""Zones that a map of networks may name."""

_ZONE = {"name": str, "type": str, "short": str, "long": str, "networks": list, "interfaces": list, "public": bool,
    "everywhere": bool, "steps": int}  # fmt: skip
_FORWARD = {"zone": str, "address": str, "protocol": str, "ports": list}


class ZonesRefused(ShindanError):
    """A file of zones that cannot be read."""


class Zone(NamedTuple):
    """`sources` are a family's addresses that are this zone's and no other's; see zones.toml for the rest."""

    name: str
    type: str
    short: str
    long: str
    sources: Mapping[int, Spans]
    interfaces: tuple[str, ...]
    public: bool
    everywhere: bool
    steps: int

    def comes_by(self, device: str) -> bool:
        """Whether an interface is this zone's own."""
        return any(device.startswith(one[:-1]) if one.endswith("*") else device == one for one in self.interfaces)


class Forward(NamedTuple):
    """Ports of an address that a device before the host leads a zone to."""

    zone: str
    family: int
    address: int
    protocol: str
    ports: Spans


class Zones(NamedTuple):
    """Every zone, and what devices before hosts let through."""

    zones: tuple[Zone, ...]
    forwards: tuple[Forward, ...]
    doors: Mapping[tuple[str, int, int, str], tuple[Door, ...]] | None = None
    """(zone, family, address, protocol) → what a cloud lets through; None where no cloud was asked."""

    def of_device(self, device: str) -> Zone | None:
        """The zone whose own interface it is."""
        return next((one for one in self.zones if one.comes_by(device)), None)

    def doors_to(self, zone: Zone, family: int, address: int, protocol: str, sources: Spans) -> Sequence[Door]:
        """By which doors packets of a zone get to an address, before the host's own filter."""
        if self.doors is not None and not zone.interfaces:
            return self.doors.get((zone.name, family, address, protocol), ())
        return [Door(span, sources, sources) for span in self.ports(zone, family, address, protocol)]

    def ports(self, zone: Zone, family: int, address: int, protocol: str) -> Spans:
        """The ports of an address to which packets of a zone find a way, before the host's own filter."""
        if not zone.public or without(((address, address),), zone.sources.get(family, NONE)) == NONE:
            return PORTS
        there = (one for one in self.forwards if one[:4] == (zone.name, family, address, protocol))
        return united(span for one in there for span in one.ports)


@functools.cache
def defaults() -> Zones:
    """The zones that hold where an operator has said nothing."""
    return zones_of(_FILE.read_text("utf-8"))


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> Zones:
    """See `zones_of`: a text of many hosts is read once."""
    return zones_of(text)


def zones_of(text: str) -> Zones:
    """The zones of a TOML text. Raises ZonesRefused for what is none, with the reason."""
    try:
        data = tomllib.loads(text)
        return _zones(data)
    except (ValueError, TypeError, KeyError) as error:
        raise ZonesRefused(f"zones of networks cannot be read: {error}", remedy=_REMEDY) from error


def described(zones: Zones) -> list[str]:
    """What zones mean, a line each: whose addresses they are after the smaller networks of others were taken away."""
    found = []
    for one in zones.zones:
        parts = [shown(family, spans) for family, spans in one.sources.items() if spans]
        parts += [f"by {', '.join(one.interfaces)}"] if one.interfaces else []
        found.append(f"{one.name} ({one.type}): {'; '.join(parts) or 'nobody'}")
    return found


def _zones(data: Mapping[str, Any]) -> Zones:
    _check(data, {"zone": list, "forward": list, "nobody": list, "networks": dict})
    if "networks" in data:
        data = _mapped(data)
    rows = data.get("zone", [])
    for row in rows:
        _check(row, _ZONE)
        if not {"name", "type", "long", "networks"} <= row.keys():
            raise ValueError("a zone wants a name, a type, a long name and networks")
    if not rows or len({row["name"] for row in rows}) != len(rows):
        raise ValueError("zones want names, each of its own")
    _refuse_twice(rows)
    taken = [(network(one), None) for one in data.get("nobody", [])]
    claims = [*taken, *((network(one), row["name"]) for row in rows for one in row["networks"])]
    owned = _owned(claims)
    zones = tuple(_zone(row, owned) for row in rows)
    return Zones(zones, tuple(_forwards(data.get("forward", []), {one.name for one in zones})))


def _mapped(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The zones that ship with an operator's networks: a network says which zone has it."""
    if "zone" in data or "nobody" in data:
        raise ValueError("networks add to the zones that ship: a file has either them or zones of its own")
    usual = tomllib.loads(_FILE.read_text("utf-8"))
    more: dict[str, list[str]] = {}
    for text, name in data["networks"].items():
        if name not in MAPPED:
            raise ValueError(f"{text} is in no zone {name!r}: choose one of {', '.join(MAPPED)}")
        more.setdefault(name, []).append(text)
    claimed = {network(text) for text in data["networks"]}  # the operator's word goes before ours
    rows = [
        {
            **row,
            "networks": [*(one for one in row["networks"] if network(one) not in claimed), *more.get(row["name"], ())],
        }
        for row in usual["zone"]
    ]
    if "vpn" in more:
        # Those come in by any interface; the zone that ships comes in by tunnels of the host's own.
        far = {"name": "far", "type": "VGW", "short": "a VGW", "long": "networks behind a VPN", "networks": more["vpn"]}
        rows = [{**row, "networks": [] if row["name"] == "vpn" else row["networks"]} for row in rows]
        rows.append(far)
    return {"zone": rows, "nobody": usual["nobody"], "forward": data.get("forward", [])}


def _refuse_twice(rows: Sequence[Mapping[str, Any]]) -> None:
    """One network in two zones would be anybody's; of two that overlap the smaller one says whose an address is."""
    owners: dict[tuple[int, tuple[int, int]], str] = {}
    for row in rows:
        for text in row["networks"]:
            known = owners.setdefault(network(text), row["name"])
            if known != row["name"]:
                raise ValueError(f"{text} is in two zones, {known} and {row['name']}")


def _owned(claims: Sequence[tuple[tuple[int, tuple[int, int]], str | None]]) -> Mapping[tuple[str, int], Spans]:
    """(zone, family) → addresses: the smallest network that has an address says whose it is."""
    found: dict[tuple[str, int], Spans] = {}
    taken: dict[int, Spans] = {4: NONE, 6: NONE}
    for (family, span), name in sorted(claims, key=lambda one: one[0][1][1] - one[0][1][0]):
        if name is not None:
            found[name, family] = either(found.get((name, family), NONE), without((span,), taken[family]))
        taken[family] = either(taken[family], (span,))
    return found


def _zone(row: Mapping[str, Any], owned: Mapping[tuple[str, int], Spans]) -> Zone:
    name = row["name"]
    sources = {family: owned.get((name, family), NONE) for family in (4, 6)}
    interfaces = tuple(str(one) for one in row.get("interfaces", ()))
    short, steps = row.get("short", name), row.get("steps", 1)
    public, everywhere = row.get("public", False), row.get("everywhere", False)
    return Zone(name, row["type"], short, row["long"], sources, interfaces, public, everywhere, steps)


def _forwards(rows: Sequence[Mapping[str, Any]], names: set[str]) -> Iterator[Forward]:
    for row in rows:
        _check(row, _FORWARD)
        if row.get("zone") not in names or row.get("protocol") not in ("tcp", "udp"):
            raise ValueError("a forward wants a zone that is known, and the protocol tcp or udp")
        family, (low, high) = network(row["address"])
        if low != high:
            raise ValueError(f"a forward leads to one address, not to {row['address']}")
        yield Forward(row["zone"], family, low, row["protocol"], united(_port(one) for one in row["ports"]))


def _port(value: object) -> tuple[int, int]:
    low, _, high = str(value).partition("-")
    first, last = int(low), int(high or low)
    if not 0 < first <= last <= 65535:
        raise ValueError(f"{value!r} is no port or range of ports")
    return first, last


def _check(row: object, known: Mapping[str, type]) -> None:
    if not isinstance(row, dict):
        raise TypeError(f"{row!r} is no table")
    for name, value in row.items():
        if name not in known:
            raise ValueError(f"there is no {name!r}: known are {', '.join(known)}")
        if not isinstance(value, known[name]) or (known[name] is int and isinstance(value, bool)):
            raise TypeError(f"{name} wants a {known[name].__name__}")
