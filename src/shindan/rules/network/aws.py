"""Reachability in AWS's terms: what EC2 says of an instance's networks as zones with doors (specification, 5.6).

A door is where a route back to the zone, a rule of a security group, and the network ACL both ways agree. Internet: an
address of the internet's own on the interface, and a route to an internet gateway; or a load balancer that faces it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.model.cloud_network import Balancer, CloudNetwork, Record
from shindan.rules.network.aws_parts import Acl, Admitted, Leg, acl_of, addresses, admitted, cut, has_table, legs
from shindan.rules.network.door import Door, Pairs
from shindan.rules.network.own_addresses import Address, Network
from shindan.rules.network.packet import PROTOCOLS
from shindan.rules.network.spans import EVERYTHING, NONE, Spans, both, either, network
from shindan.rules.network.zones import Zone, Zones, defaults


class _Kind(NamedTuple):
    """A zone as AWS has it; `begins` is how targets of routes begin."""

    name: str
    type: str
    short: str
    long: str
    begins: tuple[str, ...]
    steps: int


_KINDS = (
    _Kind("internet", "Internet", "internet", "the internet", ("igw-", "cagw-"), 0),
    _Kind("peered", "PeeredVpc", "a Peered VPC", "a Peered VPC", ("pcx-",), 1),
    _Kind("vgw", "VGW", "a VGW", "a VGW", ("vgw-",), 1),
    _Kind("transit", "TransitGateway", "a transit gateway", "a transit gateway", ("tgw-",), 1),
    _Kind("inside", "Inside", "inside", "its own VPC", ("local",), 1),
)
Key = tuple[str, int, int, str]
"""Zone, family, address, protocol."""


class Around(NamedTuple):
    """What lies around an instance: its zones, its addresses as EC2 knows them, and what could not be read."""

    zones: Zones
    network: Network
    refused: tuple[tuple[str, str], ...]


def around(cloud: CloudNetwork, instance: str) -> Around | None:
    """What EC2 says of an instance; None where it has no interface there."""
    cards = [one for one in cloud.interfaces if one.get("Attachment", {}).get("InstanceId") == instance]
    if not cards:
        return None
    doors: dict[Key, list[Door]] = {}
    reached: dict[tuple[str, int], Spans] = {}
    for card in cards:
        for family in (4, 6):
            texts = addresses(card, family)
            if not texts:
                continue
            for kind, leg, sources in _legs(cloud, card, family):
                reached[kind.name, family] = either(reached.get((kind.name, family), NONE), sources)
                for text in texts:
                    if kind.type == "Internet" and family == 4 and not _is_public(card, text):
                        continue
                    for protocol in PROTOCOLS:
                        key = (kind.name, family, network(text)[1][0], protocol)
                        found = _doors(cloud, card, protocol, family, sources, _named(cloud, card, kind, leg))
                        doors.setdefault(key, []).extend(found)
    _through_balancers(cloud, instance, cards, doors, reached)
    usual = [one for one in defaults().zones if one.interfaces]
    zones = [_zone(kind, reached) for kind in _KINDS]
    made = Zones((*zones, *usual), (), {key: tuple(found) for key, found in doors.items()})
    return Around(made, _network(cards), cloud.refused)


def _zone(kind: _Kind, reached: Mapping[tuple[str, int], Spans]) -> Zone:
    sources = {family: reached.get((kind.name, family), NONE) for family in (4, 6)}
    return Zone(kind.name, kind.type, kind.short, kind.long, sources, (), False, False, kind.steps)


def _legs(cloud: CloudNetwork, card: Record, family: int) -> Iterator[tuple[_Kind, Leg, Spans]]:
    """The zones that a subnet's routes lead to, with the addresses there."""
    subnet, vpc = card.get("SubnetId", ""), card.get("VpcId", "")
    if not has_table(cloud, subnet, vpc):
        return
    world = next(one.sources.get(family, NONE) for one in defaults().zones if one.type == "Internet")
    for leg in legs(cloud, subnet, vpc, family):
        for kind in _KINDS:
            if not leg.target.startswith(kind.begins) or not _is_up(cloud, leg.target, vpc):
                continue
            sources = leg.sources
            if kind.type == "Internet":
                sources = both(sources, world)
            if kind.type == "PeeredVpc":
                sources = both(sources, _of_peer(cloud, leg.target, vpc, family))
            if sources:
                yield kind, leg, sources


def _is_up(cloud: CloudNetwork, target: str, vpc: str) -> bool:
    """Whether a gateway or peering that is known works for this VPC; one that was not read is believed."""
    if target.startswith("pcx-") and target in cloud.peerings:
        return bool(cloud.peerings[target].get("Status", {}).get("Code") == "active")
    for known, begins in ((cloud.gateways, "igw-"), (cloud.vpn_gateways, "vgw-")):
        if target.startswith(begins) and target in known:
            attached = known[target].get("Attachments") or known[target].get("VpcAttachments") or ()
            return any(one.get("VpcId") == vpc and one.get("State") in ("attached", "available") for one in attached)
    return True


def _of_peer(cloud: CloudNetwork, peering: str, vpc: str, family: int) -> Spans:
    """The other VPC's networks; all where they were not read."""
    known = cloud.peerings.get(peering)
    if known is None:
        return EVERYTHING[family]
    found = NONE
    for side in ("RequesterVpcInfo", "AccepterVpcInfo"):
        told = known.get(side, {})
        if told.get("VpcId") == vpc:
            continue
        rows = [one["CidrBlock"] for one in told.get("CidrBlockSet", ())] or [told.get("CidrBlock", "")]
        rows += [one["Ipv6CidrBlock"] for one in told.get("Ipv6CidrBlockSet", ())]
        for text in filter(None, rows):
            kind, span = network(text)
            found = either(found, (span,)) if kind == family else found
    return found


def _is_public(card: Record, text: str) -> bool:
    """Whether the internet gateway translates an address of the internet's to this one."""
    rows = [one for one in card.get("PrivateIpAddresses", ()) if one.get("PrivateIpAddress") == text]
    told = next((one["Association"] for one in rows if one.get("Association")), None)
    if told is None and card.get("PrivateIpAddress") == text:
        told = card.get("Association")
    return bool(told and told.get("PublicIp"))


def _named(cloud: CloudNetwork, card: Record, kind: _Kind, leg: Leg) -> Pairs:
    found = list(_place(cloud, card))
    if kind.type == "Internet":
        found.append(("IGW", leg.target))
    if kind.type == "PeeredVpc":
        sides = (cloud.peerings.get(leg.target, {}).get(side, {}) for side in ("RequesterVpcInfo", "AccepterVpcInfo"))
        other = next((one["VpcId"] for one in sides if one.get("VpcId") not in (None, card.get("VpcId"))), "")
        found += [("PCX", leg.target), ("PCX_VPC", other)]
    if kind.type == "VGW":
        found.append(("VGW", leg.target))
    return tuple((name, str(value)) for name, value in found if value)


def _place(cloud: CloudNetwork, card: Record) -> Pairs:
    """What every way to an interface has in common."""
    acl = acl_of(cloud, card.get("SubnetId", ""), card.get("VpcId", ""))
    found = [("VPC", card.get("VpcId")), ("ENI", card.get("NetworkInterfaceId"))]
    found.append(("ACL", (acl or {}).get("NetworkAclId")))
    return tuple((name, str(value)) for name, value in found if value)


def _doors(
    cloud: CloudNetwork, card: Record, protocol: str, family: int, sources: Spans, named: Pairs
) -> Iterator[Door]:
    rules = list(admitted(cloud, [one["GroupId"] for one in card.get("Groups", ())], protocol, family))
    acl = Acl(acl_of(cloud, card.get("SubnetId", ""), card.get("VpcId", "")), protocol, family)
    back_may, back_must = acl.goes_back()
    for piece in cut([*(one.ports for one in rules), *acl.edges]):
        mine = [one for one in rules if one.ports[0] <= piece[0] and piece[1] <= one.ports[1]]
        in_may, in_must = acl.comes_in(piece)
        for group in dict.fromkeys(one.group for one in mine):  # a way by each: all have to be closed
            own = [one for one in mine if one.group == group]
            reasons = {one.opaque for one in own if one.opaque}
            if back_may != back_must:
                reasons.add("the network ACL lets answers go back to some ports only")
            surely = _union(one for one in own if not one.opaque)
            may = both(both(sources, _union(own)), both(in_may, back_may))
            must = both(both(sources, surely), both(in_must, back_must))
            if may:
                lines = tuple(dict.fromkeys(one.line for one in own if both(one.sources, may)))
                yield Door(piece, may, must, lines, frozenset(reasons), attributes=(*named, ("SECURITY_GROUP", group)))


def _union(rules: Iterator[Admitted] | Sequence[Admitted]) -> Spans:
    found = NONE
    for one in rules:
        found = either(found, one.sources)
    return found


def _through_balancers(
    cloud: CloudNetwork, instance: str, cards: Sequence[Record], doors: dict[Key, list[Door]],
    reached: dict[tuple[str, int], Spans],
) -> None:  # fmt: skip
    """What load balancers that face the internet lead to the instance; they come under addresses of their subnets."""
    world = next(one.sources.get(4, NONE) for one in defaults().zones if one.type == "Internet")
    for one in cloud.balancers:
        for card in cards:
            texts = addresses(card, 4)
            if one.instance not in (instance, *texts) or not texts:
                continue
            sources = both(world, _union(_rules_for(cloud, one))) if one.groups else world
            line = f"load balancer {one.name} ({one.dns}) leads its port {one.listens} here"
            key = ("internet", 4, network(texts[0])[1][0], one.protocol)
            for group, via in _via(cloud, one, card) if sources else ():
                reached["internet", 4] = either(reached.get(("internet", 4), NONE), world)
                named = (*_place(cloud, card), ("ELB2", one.dns), ("SECURITY_GROUP", group))
                door = Door((one.port, one.port), sources, sources, (line,), frozenset(), via, named)
                doors.setdefault(key, []).append(door)


def _rules_for(cloud: CloudNetwork, one: Balancer) -> list[Admitted]:
    rules = admitted(cloud, one.groups, one.protocol, 4)
    return [rule for rule in rules if rule.ports[0] <= one.listens <= rule.ports[1] and not rule.opaque]


def _via(cloud: CloudNetwork, one: Balancer, card: Record) -> Iterator[tuple[str, Spans]]:
    """The instance's groups that admit its port from a balancer, each with the addresses of the balancer's subnets from
    which it does.
    """
    subnets = NONE
    for id_ in one.subnets:
        text = cloud.subnets.get(id_, {}).get("CidrBlock")
        subnets = either(subnets, (network(text)[1],)) if text else subnets
    for id_ in (row["GroupId"] for row in card.get("Groups", ())):
        found = NONE
        for rule in cloud.groups.get(id_, {}).get("IpPermissions", ()):
            if any(pair.get("GroupId") in one.groups for pair in rule.get("UserIdGroupPairs", ())):
                own = {**rule, "UserIdGroupPairs": [], "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                groups = {id_: {"IpPermissions": [own]}}
                rules = admitted(cloud._replace(groups=groups), [id_], one.protocol, 4)
                if any(rule.ports[0] <= one.port <= rule.ports[1] for rule in rules):
                    found = subnets
        for rule in admitted(cloud, [id_], one.protocol, 4):
            if rule.ports[0] <= one.port <= rule.ports[1] and not rule.opaque:
                found = either(found, both(subnets, rule.sources))
        if found:
            yield id_, found


def _network(cards: Sequence[Record]) -> Network:
    """The addresses of an instance, for one that tells nothing itself."""
    found = []
    for card in cards:
        for family in (4, 6):
            for text in addresses(card, family):
                number = network(text)[1][0]
                found.append(Address(family, number, text, card.get("NetworkInterfaceId", ""), "physical", False))
    own = {family: frozenset(one.number for one in found if one.family == family) for family in (4, 6)}
    return Network(found, own, ())
