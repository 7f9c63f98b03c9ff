"""What is reached, as the outcomes that the package reports (specification, section 5.6).

A port without a listener is reported where a rule opens it by name, or with few others: where a whole range is open,
`NetworkExposure` says so once. In a cloud there is one of each for every path: interface, security group and gateway.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shindan.model.outcome import Evidence, Outcome
from shindan.model.rule import Rule
from shindan.rules.network.listening import Listener
from shindan.rules.network.packet import PROTOCOLS
from shindan.rules.network.reach import Way, piece_of
from shindan.rules.network.recognised import Service, lowered, services
from shindan.rules.network.rules import (
    EXPOSURE,
    IN_CLOUD,
    NO_AGENT,
    NO_LISTENER,
    RULES,
    UNRECOGNISED,
    WITH_LISTENER,
    Form,
)
from shindan.rules.network.spans import EVERYTHING, NONE, Spans, either, shown, size, united, without
from shindan.rules.network.zones import Zone, Zones

Pairs = tuple[tuple[str, str], ...]
_FEW_PORTS = 1024
"""A run of open ports that is longer opens none of them by name."""

_NARROW = 16
"""A zone of which less than this part (one of so many) may come is a narrow one: the severity is a step lower."""

_MOST_LINES = 4
_TELLING = ("ENI", "IGW", "PCX", "VGW", "ELB2", "SECURITY_GROUP")
"""Attributes that tell one path in a cloud from another."""

_UNRECOGNISED = Service("", "Low")


@dataclass(frozen=True, slots=True)
class Reached(Outcome):
    """An outcome with the keys and values that the API shows."""

    attributes: Pairs = ()


class _Open(NamedTuple):
    """One port that a zone reaches: by these ways, for certain or perhaps."""

    zone: Zone
    protocol: str
    port: int
    ways: Sequence[Way]

    @property
    def certain(self) -> bool:
        return any(one.must for one in self.ways)


def outcomes(
    ways: Iterable[Way], listeners: Sequence[Listener] | None, zones: Zones, *, no_agent: bool = False
) -> Iterator[Reached]:
    """What fails and what nobody can tell. Without listeners (nobody looked) only what is exposed is said; of an
    instance that has no agent, well-known ports as well.
    """
    grouped: dict[str, dict[Pairs, dict[str, list[Way]]]] = {}
    for one in ways:
        paths = grouped.setdefault(one.zone.name, {})
        paths.setdefault(one.attributes, {}).setdefault(one.protocol, []).append(one)
    for zone in zones.zones:
        for path in grouped.get(zone.name, {}).values():
            mine = {name: sorted(path.get(name, ()), key=lambda one: one.ports) for name in PROTOCOLS}
            yield from _along(zone, mine, listeners, no_agent=no_agent)


def _along(
    zone: Zone, mine: Mapping[str, Sequence[Way]], listeners: Sequence[Listener] | None, *, no_agent: bool
) -> Iterator[Reached]:
    """What is said of the ways of one zone by one path, by protocol."""
    for protocol, there in mine.items():
        if listeners is not None:
            yield from _ports(zone, protocol, there, listeners)
        elif no_agent:
            yield from _unheard(zone, protocol, there)
    if any(one.must for there in mine.values() for one in there):
        yield _exposure(zone, mine)


def _ports(zone: Zone, protocol: str, ways: Sequence[Way], listeners: Sequence[Listener]) -> Iterator[Reached]:
    heard = {one.port for one in listeners if one.protocol == protocol}
    led = {one.ports[0] for one in ways if one.packet.asked}
    known = {port for name, port in services() if name == protocol}
    for port in sorted(heard | led | known):
        there = _Open(zone, protocol, port, list(piece_of(ways, port)))
        answering: dict[str, list[tuple[Way, Listener]]] = {}
        for way in there.ways:
            for one in listeners:
                if one.answers(way, port):
                    answering.setdefault(one.path or one.process, []).append((way, one))
        service = services().get((protocol, port))
        for pairs in answering.values():
            mine = there._replace(ways=list({id(way): way for way, _ in pairs}.values()))
            yield _reported(mine, service, pairs[0][1])
        if not answering and service and there.certain and _is_named(ways, port):
            yield _reported(there, service, None)


def _unheard(zone: Zone, protocol: str, ways: Sequence[Way]) -> Iterator[Reached]:
    for (name, port), service in services().items():
        there = _Open(zone, protocol, port, list(piece_of(ways, port)) if name == protocol else ())
        if there.ways:
            yield _reported(there, service, None, NO_AGENT)


def _is_named(ways: Sequence[Way], port: int) -> bool:
    spans = united(one.ports for one in ways if one.must)
    return any(low <= port <= high and high - low < _FEW_PORTS for low, high in spans)


def _reported(there: _Open, service: Service | None, listener: Listener | None, form: Form | None = None) -> Reached:
    form = form or (NO_LISTENER if listener is None else WITH_LISTENER if service else UNRECOGNISED)
    zone, protocol, port = there.zone, there.protocol.upper(), there.port
    process = listener.process if listener else ""
    words = {"protocol": protocol, "port": port, "service": service.name if service else "", "process": process}
    rule = _rule(form, zone, there.ways, **words)
    attributes = [
        ("REACHABILITY_TYPE", zone.type),
        ("RULE_TYPE", form.type),
        ("PROTOCOL", protocol),
        ("PORT", str(port)),
    ]
    if service:
        attributes.append(("PORT_GROUP_NAME", service.name))
    if listener:
        named = {"PROCESS_NAME": process, "PROCESS_PATH": listener.path, "PROCESS_PID": listener.pid}
        attributes += [(name, value) for name, value in named.items() if value]
    attributes += _of_cloud(there.ways)
    subject = f"{there.protocol} {port} from {zone.name}{_path(there.ways)}" + (f" to {process}" if process else "")
    if not there.certain:
        reasons = sorted({reason for one in there.ways for reason in one.reasons})
        why = f"{there.protocol} port {port} may be reachable from {zone.long}: {'; '.join(reasons[:5])}"
        return Reached(rule, "unknown", subject, reason=why, attributes=tuple(attributes))
    steps = zone.steps + _is_narrow(there)
    word = lowered((service or _UNRECOGNISED).severity, steps) if form is not NO_LISTENER else "Informational"
    attributes.append(("PERMITTED_SOURCES", _permitted(zone, there.ways)))
    rule = dataclasses.replace(rule, severity=word)
    return Reached(rule, "fail", subject, tuple(_evidence(there)), attributes=tuple(attributes))


def _evidence(there: _Open) -> Iterator[Evidence]:
    """The paths: class, address, and the rules that let it through."""
    for one in there.ways:
        if one.must:
            by = "; ".join(one.lines[:_MOST_LINES]) or "no rule filters it"
            by += f"; and {len(one.lines) - _MOST_LINES} more rules" if len(one.lines) > _MOST_LINES else ""
            on = f"from {one.zone.long} ({_whom(one.zone, one.address.family, one.must)})"
            target = f"{one.protocol} port {there.port} of {one.address.text} ({one.address.device})"
            if one.packet.asked:
                led = shown(one.packet.family, ((one.packet.target, one.packet.target),))
                target += f", led to {led} port {one.delivered_port(there.port)}"
            yield Evidence(target, f"{on}: {by}", "closed, or open to those alone who need it")


def _sources(ways: Iterable[Way], family: int) -> Spans:
    found = NONE
    for one in ways:
        if one.address.family == family:
            found = either(found, one.must)
    return found


def _is_narrow(there: _Open) -> bool:
    for family in (4, 6):
        whole, mine = size(there.zone.sources.get(family, NONE)), size(_sources(there.ways, family))
        if mine and (not whole or mine * _NARROW >= whole):
            return False
    return True


def _permitted(zone: Zone, ways: Sequence[Way]) -> str:
    found = ((family, _sources(ways, family)) for family in (4, 6))
    return ", ".join(f"IPv{family}: {_whom(zone, family, spans)}" for family, spans in found if spans)


def _whom(zone: Zone, family: int, spans: Spans) -> str:
    """Sources in the shorter way: who is among them, or who of the zone is not."""
    whole = zone.sources.get(family, NONE) or EVERYTHING[family]
    others = without(whole, spans)
    if not others:
        return "any address"
    return f"any address but {shown(family, others)}" if len(others) < len(spans) else shown(family, spans)


def _exposure(zone: Zone, ways: Mapping[str, Sequence[Way]]) -> Reached:
    ranges = {name: united(one.ports for one in there if one.must) for name, there in ways.items()}
    every = [one for there in ways.values() for one in there]
    rule = _rule(EXPOSURE, zone, every)
    attributes = [("REACHABILITY_TYPE", zone.type), ("RULE_TYPE", EXPOSURE.type)]
    attributes += [(f"{name.upper()}_PORTS", _bracketed(spans)) for name, spans in ranges.items()]
    attributes += [("PERMITTED_SOURCES", _permitted(zone, every)), *_of_cloud(every)]
    evidence = [
        Evidence(f"{name} ports", f"open to {zone.long}: {_bracketed(spans)}", "none but those that are needed")
        for name, spans in ranges.items() if spans
    ]  # fmt: skip
    return Reached(rule, "fail", zone.name + _path(every), tuple(evidence), attributes=tuple(attributes))


def _path(ways: Sequence[Way]) -> str:
    """What tells the path from others, in words: ` through eni-…, igw-…, sg-…`; "" where no cloud was asked."""
    ids = [value for name, value in _of_cloud(ways) if name in _TELLING]
    return f" through {', '.join(ids)}" if ids else ""


def _of_cloud(ways: Iterable[Way]) -> list[tuple[str, str]]:
    """Ids of what the ways lead through, by the API's names."""
    found: dict[str, dict[str, None]] = {}
    for one in ways:
        for name, value in one.attributes:
            found.setdefault(name, {}).update(dict.fromkeys(value.split(", ")))
    return [(name, ", ".join(values)) for name, values in found.items()]


def _bracketed(spans: Spans) -> str:
    """`[[22 - 22], [80 - 80]]`, as the API writes ranges."""
    return "[" + ", ".join(f"[{low} - {high}]" for low, high in spans) + "]"


def _rule(form: Form, zone: Zone, ways: Sequence[Way], **words: object) -> Rule:
    base = IN_CLOUD[form.type] if any(one.attributes for one in ways) else RULES[form.type]
    long = form.finding.format(zone=zone.long, **words)
    return dataclasses.replace(base, title=form.id.format(zone=zone.short, zone_long=zone.long), flaw=long)
