"""Instances on which no agent is known: what can be said of them from outside, and why of others it cannot.

Network Reachability needs no agent where the cloud tells how an instance is connected (specification, sections 4.7 and
5.6). Where an agent is known, it has to deliver: whoever has one that does not is not looked at from outside instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.engine.terms import Terms
from shindan.model.cloud_network import INTERFACES, CloudNetwork
from shindan.model.exclusion import Exclusion
from shindan.model.packages import PackageName
from shindan.store import networks

OUTSIDE: PackageName = "network"
"""The package that can do without an agent."""

NOT_READ = "NETWORK_NOT_READ"
"""Code of the exclusion where the cloud cannot tell."""

_NO_ROLE = "No role is registered through which its cloud could be asked."
_NO_INSTANCE = "The registered role has not shown it as an instance."
_NO_CARD = "EC2 shows no network interface of it."


class Unheard(NamedTuple):
    """Hosts without an agent: those that can be looked at from outside, and exclusions of the others."""

    seen: Sequence[str] = ()
    left_out: Sequence[Exclusion] = ()


def unheard(
    connection: Connection, terms: Terms, hosts: Sequence[str], packages: Iterable[PackageName], arn: str
) -> Unheard:
    """What becomes of hosts without an agent in a run of some packages; `arn` is how it names the one that can do so.

    Where other packages are in the run, it has been said of each that there is no agent.
    """
    instances = networks.of_hosts(connection, hosts)
    shown = terms.cloud.instances if terms.cloud is not None else frozenset()
    why = {host: _why_not(terms.cloud, host in instances, host in shown) for host in hosts}
    alone = set(packages) == {OUTSIDE}
    left_out = []
    for host, told in why.items():
        if told is None or (told[0] != NOT_READ and not alone):
            continue
        code, detail = told
        package = (("RULES_PACKAGE_ARN", arn),) if code == NOT_READ else ()
        left_out.append(Exclusion(code, (("INSTANCE_ID", host), *package), detail))
    return Unheard([host for host, told in why.items() if told is None], left_out)


def _why_not(cloud: CloudNetwork | None, is_instance: bool, is_shown: bool) -> tuple[str, str] | None:
    if cloud is None:
        return "AGENT_NOT_FOUND", _NO_ROLE
    if not is_instance:
        return "AGENT_NOT_FOUND", _NO_INSTANCE
    if cloud.refused and cloud.refused[0][0] == INTERFACES:
        return NOT_READ, f"AWS could not be asked: {cloud.refused[0][1]}"
    return None if is_shown else (NOT_READ, _NO_CARD)
