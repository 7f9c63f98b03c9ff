"""Networks of a real AWS account, read through its registered role: what lies between anybody and an instance.

API references of EC2 (version 2016-11-15), Elastic Load Balancing (2012-06-01 and 2015-12-01). All calls only describe,
page by page. What the role may not read is noted and left unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from shindan.cloud.ec2 import client, lent, told
from shindan.model.cloud_network import INTERFACES, Balancer, CloudNetwork, Record

_REFUSED = frozenset(("UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired"))
_FACING = "internet-facing"


def read_network(role: str, account: str, region: str, endpoint: str | None = None) -> CloudNetwork:
    """Everything of a region's networks that a role may see. Raises as `ec2.read` where the role cannot be used."""
    with told(role):
        return _Reading(lent(role, account, region, endpoint), endpoint).network()


class _Reading:
    """One look at an account; refusals are collected."""

    def __init__(self, session: Any, endpoint: str | None) -> None:
        self._session, self._endpoint = session, endpoint
        self._refused: list[tuple[str, str]] = []
        self._ec2 = client(session, "ec2", endpoint)

    def network(self) -> CloudNetwork:
        """See `read_network`."""
        cards = self._all(INTERFACES, "NetworkInterfaces")
        groups = self._all("describe_security_groups", "SecurityGroups")
        return CloudNetwork(
            tuple(cards),
            _by("GroupId", groups),
            tuple(self._all("describe_network_acls", "NetworkAcls")),
            tuple(self._all("describe_route_tables", "RouteTables")),
            _by("SubnetId", self._all("describe_subnets", "Subnets")),
            _by("VpcPeeringConnectionId", self._all("describe_vpc_peering_connections", "VpcPeeringConnections")),
            _by("InternetGatewayId", self._all("describe_internet_gateways", "InternetGateways")),
            _by("VpnGatewayId", self._plain("describe_vpn_gateways", "VpnGateways")),
            self._prefixes(groups),
            tuple(self._balancers()),
            tuple(self._refused),
        )

    def _fenced(self, operation: str, look: Callable[[], list[Any]]) -> list[Any]:
        """What a look brings; where the role may not look, a note."""
        from botocore.exceptions import ClientError

        try:
            return look()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code not in _REFUSED:
                raise
            self._refused.append((operation, f"{error.operation_name}: {code}"))
            return []

    def _all(self, operation: str, member: str, of: Any = None, **asked: Any) -> list[Record]:
        pages = (of or self._ec2).get_paginator(operation)
        return self._fenced(operation, lambda: [one for page in pages.paginate(**asked) for one in page[member]])

    def _plain(self, operation: str, member: str, of: Any = None, **asked: Any) -> list[Record]:
        call = getattr(of or self._ec2, operation)
        return self._fenced(operation, lambda: list(call(**asked)[member]))

    def _prefixes(self, groups: list[Record]) -> dict[str, tuple[str, ...]]:
        """The networks of every prefix list that some group names."""
        wanted = {
            one["PrefixListId"]
            for group in groups
            for rule in group.get("IpPermissions", ())
            for one in rule.get("PrefixListIds", ())
        }
        found = {}
        for id_ in sorted(wanted):
            entries = self._all("get_managed_prefix_list_entries", "Entries", PrefixListId=id_)
            if entries:
                found[id_] = tuple(one["Cidr"] for one in entries)
        return found

    def _balancers(self) -> Iterator[Balancer]:
        """Every way through a load balancer of either kind that faces the internet."""
        new = client(self._session, "elbv2", self._endpoint)
        for one in self._all("describe_load_balancers", "LoadBalancers", new):
            if one.get("Scheme") == _FACING:
                yield from self._ways(new, one)
        for one in self._all(
            "describe_load_balancers", "LoadBalancerDescriptions", client(self._session, "elb", self._endpoint)
        ):
            if one.get("Scheme") != _FACING:
                continue
            for row in one.get("ListenerDescriptions", ()):
                listener = row["Listener"]
                for instance in one.get("Instances", ()):
                    yield Balancer(
                        one["LoadBalancerName"], one.get("DNSName", ""), "tcp", int(listener["LoadBalancerPort"]),
                        instance["InstanceId"], int(listener["InstancePort"]), tuple(one.get("SecurityGroups", ())),
                        tuple(one.get("Subnets", ())),
                    )  # fmt: skip

    def _ways(self, elb: Any, one: Record) -> Iterator[Balancer]:
        arn = one["LoadBalancerArn"]
        subnets = tuple(zone["SubnetId"] for zone in one.get("AvailabilityZones", ()) if zone.get("SubnetId"))
        for listener in self._all("describe_listeners", "Listeners", elb, LoadBalancerArn=arn):
            rules = self._all("describe_rules", "Rules", elb, ListenerArn=listener["ListenerArn"])
            actions = [*listener.get("DefaultActions", ()), *(act for rule in rules for act in rule.get("Actions", ()))]
            for group in dict.fromkeys(_groups(actions)):
                for row in self._plain("describe_target_health", "TargetHealthDescriptions", elb, TargetGroupArn=group):
                    target = row["Target"]
                    word = "udp" if "UDP" in str(listener.get("Protocol", "")) else "tcp"
                    yield Balancer(
                        one["LoadBalancerName"], one.get("DNSName", ""), word, int(listener["Port"]), target["Id"],
                        int(target.get("Port", 0)), tuple(one.get("SecurityGroups", ())), subnets,
                    )  # fmt: skip


def _groups(actions: list[Record]) -> Iterator[str]:
    """The target groups that actions forward to."""
    for one in actions:
        if one.get("TargetGroupArn"):
            yield one["TargetGroupArn"]
        yield from (to["TargetGroupArn"] for to in one.get("ForwardConfig", {}).get("TargetGroups", ()))


def _by(name: str, records: list[Record]) -> dict[str, Record]:
    return {str(one[name]): one for one in records}
