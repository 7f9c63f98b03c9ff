"""What a cloud says of the networks around its instances, in the cloud's own words (EC2, version 2016-11-15)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Record = Mapping[str, Any]
_NONE: Mapping[str, Any] = MappingProxyType({})


INTERFACES = "describe_network_interfaces"
"""The operation without which nothing is known of any instance; first among what was refused."""


class Balancer(NamedTuple):
    """A way through a load balancer that faces the internet: `listens` is its port, `port` the instance's.

    `groups` and `subnets` are its own; without groups whoever wants to may come.
    """

    name: str
    dns: str
    protocol: str
    listens: int
    instance: str
    port: int
    groups: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


class CloudNetwork(NamedTuple):
    """Records as `describe_*` gives them, those with ids by id. `prefixes` are the networks of prefix lists.

    `refused` has what could not be read and why, by the operation's name: nothing is known of it, not even that there
    is none.
    """

    interfaces: tuple[Record, ...] = ()
    groups: Mapping[str, Record] = _NONE
    acls: tuple[Record, ...] = ()
    route_tables: tuple[Record, ...] = ()
    subnets: Mapping[str, Record] = _NONE
    peerings: Mapping[str, Record] = _NONE
    gateways: Mapping[str, Record] = _NONE
    vpn_gateways: Mapping[str, Record] = _NONE
    prefixes: Mapping[str, tuple[str, ...]] = _NONE
    balancers: tuple[Balancer, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def instances(self) -> frozenset[str]:
        """Ids of the instances that an interface is attached to."""
        found = (one.get("Attachment", {}).get("InstanceId", "") for one in self.interfaces)
        return frozenset(filter(None, found))
