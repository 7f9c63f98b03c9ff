"""Security groups, network ACLs and route tables as sets of sources (Amazon VPC user guide).

Groups add up and remember connections; ACLs are asked in the order of their numbers, and once more for the way back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shindan.model.cloud_network import CloudNetwork, Record
from shindan.rules.network.spans import EVERYTHING, NONE, PORTS, Span, Spans, both, either, network, united, without

PROTOCOLS = {"tcp": "6", "udp": "17"}
EPHEMERAL: Span = (1024, 65535)
"""Ports that answers go to; which one a client takes is its own affair."""


class Admitted(NamedTuple):
    """What a rule of a group admits. `opaque`: why its sources are not known; they may be any."""

    ports: Span
    sources: Spans
    line: str
    group: str
    opaque: str = ""


class Leg(NamedTuple):
    """Addresses whose packets come and go by one target of a route table: `igw-…`, `pcx-…`, `vgw-…`, `local`."""

    target: str
    sources: Spans


def admitted(cloud: CloudNetwork, groups: Sequence[str], protocol: str, family: int) -> Iterator[Admitted]:
    """What groups admit of a protocol, rule by rule and source by source."""
    for id_ in groups:
        record = cloud.groups.get(id_)
        if record is None:
            yield Admitted(PORTS[0], EVERYTHING[family], f"{id_}: not read", id_, f"the rules of {id_} were not read")
            continue
        for rule in record.get("IpPermissions", ()):
            ports = _ports(rule, protocol)
            if ports is None:
                continue
            for text, sources, opaque in _sources(cloud, rule, family):
                line = f"{id_} admits {_what(rule)} from {text}"
                yield Admitted(ports, sources, line, id_, opaque)


def cut(spans: Sequence[Span], within: Span = PORTS[0]) -> list[Span]:
    """A span in pieces that none of the others tells apart."""
    low, high = within
    starts = sorted({low, *(edge for a, b in spans for edge in (a, b + 1) if low < edge <= high)})
    return [(start, end - 1) for start, end in zip(starts, [*starts[1:], high + 1], strict=True)]


class Acl:
    """A network ACL; without one (nobody read it) everything may pass and nothing must."""

    def __init__(self, record: Record | None, protocol: str, family: int) -> None:
        self._known = record is not None
        self._family = family
        number = PROTOCOLS[protocol]
        entries = sorted((record or {}).get("Entries", ()), key=lambda one: one["RuleNumber"])
        rows = [(one, _cidr(one, family), _acl_ports(one)) for one in entries if str(one["Protocol"]) in ("-1", number)]
        self._in = [(one, span, ports) for one, span, ports in rows if span is not None and not one["Egress"]]
        self._out = [(one, span, ports) for one, span, ports in rows if span is not None and one["Egress"]]

    @property
    def edges(self) -> list[Span]:
        """Ports that rules for packets that come in name."""
        return [ports for _, _, ports in self._in]

    def comes_in(self, ports: Span) -> tuple[Spans, Spans]:
        """Sources whose packets to some ports (which no rule tells apart) may and must come in."""
        if not self._known:
            return EVERYTHING[self._family], NONE
        found = self._passing(self._in, ports)
        return found, found

    def goes_back(self) -> tuple[Spans, Spans]:
        """Sources whose answers may go back (to some ports), and must (to all)."""
        if not self._known:
            return EVERYTHING[self._family], NONE
        some, every = NONE, EVERYTHING[self._family]
        for piece in cut([ports for _, _, ports in self._out], EPHEMERAL):
            found = self._passing(self._out, piece)
            some, every = either(some, found), both(every, found)
        return some, every

    def _passing(self, rows: Sequence[tuple[Record, Span, Span]], ports: Span) -> Spans:
        left, passing = EVERYTHING[self._family], NONE
        for one, span, own in rows:
            if own[0] <= ports[0] and ports[1] <= own[1]:
                here = both(left, (span,))
                passing = either(passing, here) if one["RuleAction"] == "allow" else passing
                left = without(left, here)
        return passing


def acl_of(cloud: CloudNetwork, subnet: str, vpc: str) -> Record | None:
    """The ACL of a subnet; None where it was not read."""
    for one in cloud.acls:
        if any(row.get("SubnetId") == subnet for row in one.get("Associations", ())):
            return one
    return next((one for one in cloud.acls if one.get("VpcId") == vpc and one.get("IsDefault")), None)


def legs(cloud: CloudNetwork, subnet: str, vpc: str, family: int) -> list[Leg]:
    """Whose packets go by which target from a subnet: the narrowest route that has an address says."""
    table = _table(cloud, subnet, vpc)
    rows: list[tuple[Span, str]] = []
    for route in (table or {}).get("Routes", ()):
        for text in _destinations(cloud, route):
            kind, span = network(text)
            if kind == family:
                rows.append((span, _target(route)))
    found: dict[str, Spans] = {}
    taken = NONE
    for span, target in sorted(rows, key=lambda one: one[0][1] - one[0][0]):
        found[target] = either(found.get(target, NONE), without((span,), taken))
        taken = either(taken, (span,))
    return [Leg(target, spans) for target, spans in found.items() if target and spans]


def has_table(cloud: CloudNetwork, subnet: str, vpc: str) -> bool:
    """Whether the routes of a subnet are known."""
    return _table(cloud, subnet, vpc) is not None


def _table(cloud: CloudNetwork, subnet: str, vpc: str) -> Record | None:
    main = None
    for one in cloud.route_tables:
        for row in one.get("Associations", ()):
            if row.get("SubnetId") == subnet:
                return one
            if row.get("Main") and one.get("VpcId") == vpc:
                main = one
    return main


def _destinations(cloud: CloudNetwork, route: Record) -> Iterator[str]:
    for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock"):
        if route.get(name):
            yield route[name]
    yield from cloud.prefixes.get(route.get("DestinationPrefixListId", ""), ())


def _target(route: Record) -> str:
    """Where a route leads; "" for nowhere, or one way only (NAT, egress-only gateways)."""
    if route.get("State") == "blackhole":
        return ""
    for name in ("VpcPeeringConnectionId", "TransitGatewayId", "GatewayId", "CarrierGatewayId", "NetworkInterfaceId"):
        if route.get(name):
            return str(route[name])
    return ""


def _ports(rule: Record, protocol: str) -> Span | None:
    named = str(rule.get("IpProtocol"))
    if named == "-1":
        return PORTS[0]
    if named not in (protocol, PROTOCOLS[protocol]):
        return None
    low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return (max(int(low), 1), int(high)) if int(high) >= 1 and int(low) >= 0 else PORTS[0]


def _sources(cloud: CloudNetwork, rule: Record, family: int) -> Iterator[tuple[str, Spans, str]]:
    """(how it is called, addresses, why they are not known)."""
    name, member = ("IpRanges", "CidrIp") if family == 4 else ("Ipv6Ranges", "CidrIpv6")
    for one in rule.get(name, ()):
        yield one[member], (network(one[member])[1],), ""
    for one in rule.get("PrefixListIds", ()):
        id_ = one["PrefixListId"]
        known = cloud.prefixes.get(id_)
        spans = united(span for text in known or () for kind, span in [network(text)] if kind == family)
        yield id_, spans if known else EVERYTHING[family], "" if known else f"the networks of {id_} were not read"
    for one in rule.get("UserIdGroupPairs", ()):
        id_ = one.get("GroupId", "")
        yield id_, _members(cloud, id_, family), ""


def _members(cloud: CloudNetwork, group: str, family: int) -> Spans:
    """The private addresses of all interfaces that a group is put on."""
    found = []
    for card in cloud.interfaces:
        if any(one.get("GroupId") == group for one in card.get("Groups", ())):
            found += [network(text)[1] for text in addresses(card, family)]
    return united(found)


def addresses(card: Record, family: int) -> list[str]:
    """An interface's own addresses."""
    if family == 6:
        return [one["Ipv6Address"] for one in card.get("Ipv6Addresses", ())]
    listed = [one.get("PrivateIpAddress") for one in card.get("PrivateIpAddresses", ())]
    return list(dict.fromkeys(str(one) for one in (card.get("PrivateIpAddress"), *listed) if one))


def _cidr(entry: Mapping[str, Any], family: int) -> Span | None:
    text = entry.get("CidrBlock" if family == 4 else "Ipv6CidrBlock")
    return network(text)[1] if text else None


def _acl_ports(entry: Mapping[str, Any]) -> Span:
    ports = entry.get("PortRange") or {}
    if str(entry["Protocol"]) == "-1" or not ports:
        return 0, 65535
    return int(ports.get("From", 0)), int(ports.get("To", 65535))


def _what(rule: Record) -> str:
    named = str(rule.get("IpProtocol"))
    if named == "-1":
        return "everything"
    low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return f"{named} {low}" if low == high else f"{named} {low}-{high}"
