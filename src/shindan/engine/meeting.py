"""Hosts of a real AWS account become hosts here: what EC2 says of an instance is put beside what its agent says.

EC2 is where an instance's tags are kept, so its tags replace those that are known here. What the agent says (facts,
health, hostname once it reported) is never touched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from shindan.cloud import ec2
from shindan.cloud.instance import CloudError, Instance
from shindan.engine import leaving
from shindan.engine.clock import milliseconds
from shindan.engine.work import Work
from shindan.model.host import Host
from shindan.store import accounts, host_tags, hosts, settings_table
from shindan.store import networks as networks_of

MEET = "meet"
"""The job."""

Read = Callable[[str, str, str, str | None], Iterator[Instance]]
_AT_ONCE = 200
_log = logging.getLogger("shindan.engine")


@dataclass(slots=True)
class Met:
    """What reading an account brought: hosts that are new, changed, gone; ids that belong to another account here."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    taken: int = 0


def meet(work: Work, args: Mapping[str, Any]) -> None:
    """The job: reads every account that registered a role (or only `args["account"]`). Failures are kept and logged."""
    with work.database.read() as connection:
        every = accounts.every(connection)
    for one in every:
        if one.role_arn is None or args.get("account") not in (None, one.id):
            continue
        outcome: dict[str, Any] = {"role": one.role_arn, "at": milliseconds(), "error": ""}
        try:
            met = meet_account(work, one.id, one.role_arn)
            _log.info("account read: %s, %d new, %d changed, %d gone", one.id, met.new, met.changed, met.gone)
        except CloudError as error:
            outcome["error"] = f"{error}{f'; {error.remedy}' if error.remedy else ''}"
            _log.warning("account not read: %s: %s", one.id, outcome["error"])
        with work.database.write() as connection:
            settings_table.put(connection, _key(one.id), outcome)


def last_outcome(connection: Connection, account: str, role: str) -> tuple[int, str] | None:
    """(When, why not or "") an account was last read through a role; None where it never was."""
    kept = settings_table.get(connection, _key(account))
    return (int(kept["at"]), str(kept["error"])) if kept and kept.get("role") == role else None


def meet_account(work: Work, account: str, role: str, read: Read = ec2.read) -> Met:
    """Reads the instances of an account and notes them. Raises CloudError; what was read before stays noted."""
    met = Met()
    found = iter(read(role, account, work.region, work.aws_endpoint))
    while batch := list(islice(found, _AT_ONCE)):
        with work.database.write() as connection:
            gone = met.gone
            _note(connection, account, batch, met)
            if met.gone > gone:
                leaving.close_tickets(connection, work.jobs, account)
    return met


def _note(connection: Connection, account: str, batch: Iterable[Instance], met: Met) -> None:
    instances = {one.id: one for one in batch}
    known = {host.id: host for host in hosts.named(connection, account, list(instances))}
    networks = networks_of.of_hosts(connection, list(known))
    for one in instances.values():
        host = known.get(one.id)
        if host is None:
            _add(connection, account, one, met)
        elif one.gone:
            if not host.archived:
                hosts.change(connection, one.id, archived=True)
                met.gone += 1
        else:
            changed = _columns(host, one, networks.get(one.id, ()))
            if changed:
                hosts.change(connection, one.id, **changed)
            if host.tags != one.tags:
                host_tags.remove_tags(connection, host.id, None)
                host_tags.set_tags(connection, host.id, one.tags)
            met.changed += bool(changed or host.tags != one.tags)


def _add(connection: Connection, account: str, one: Instance, met: Met) -> None:
    if one.idle or one.gone:
        return  # it becomes a host when it runs
    if hosts.taken(connection, one.id):
        met.taken += 1
        return
    host = Host(
        one.id,
        account,
        one.private_name,
        milliseconds(),
        addresses=one.addresses,
        scaling_group=one.scaling_group,
        image=one.image,
    )
    hosts.add(connection, host)
    hosts.change(connection, one.id, network=list(one.network))
    host_tags.set_tags(connection, one.id, one.tags)
    met.new += 1


def _columns(host: Host, one: Instance, network: Iterable[object]) -> dict[str, Any]:
    """What of a host's row is other than EC2 says."""
    said: dict[str, Any] = {"image": one.image, "scaling_group": one.scaling_group}
    if host.last_seen is None:  # no agent that would know better
        said |= {"hostname": one.private_name, "addresses": one.addresses}
    changed = {name: value for name, value in said.items() if value and getattr(host, name) != value}
    if "addresses" in changed:
        changed["addresses"] = list(changed["addresses"])
    if list(network) != list(one.network):
        changed["network"] = list(one.network)
    return changed


def _key(account: str) -> str:
    return f"cloud {account}"
