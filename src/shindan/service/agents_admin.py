"""Agents as people look after them: listed, looked at, and revoked."""

from __future__ import annotations

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.agent import Agent
from shindan.model.refusals import NoSuchEntity
from shindan.service import paging
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import agents, hosts


def list_(
    service: Service, caller: Caller, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[Agent]:
    """The account's agents, by host, revoked ones included."""
    length = paging.size(max_results, default=100, cap=paging.MAXIMUM)
    pager = paging.Pager(service.keys["paging"], paging.query("enrolled agents", caller.account))
    after = pager.after(token)
    with service.database.read() as connection:
        found = agents.listed(connection, caller.account, after=after, limit=length + 1)
    return paging.page(found, length, pager, lambda agent: agent.host)


def of_host(service: Service, caller: Caller, host_id: str) -> Agent | None:
    """The agent of a host of the account, revoked or not."""
    with service.database.read() as connection:
        found = agents.of_hosts(connection, [host_id]).get(host_id)
    return found if found is not None and found.account == caller.account else None


def show(service: Service, caller: Caller, host_id: str) -> Agent:
    """The agent of a host. Raises NoSuchEntity where the account has no agent there."""
    found = of_host(service, caller, host_id)
    if found is None:
        raise NoSuchEntity("AGENT_DOES_NOT_EXIST", f"there is no agent on host {host_id[:64]!r}")
    return found


def revoke(service: Service, caller: Caller, host_id: str) -> None:
    """Listens to a host's agent no more; its host stays, and may enrol again with a token.

    Raises AccessDenied, NoSuchEntity.
    """
    with audited(service, caller, "RevokeAgent", host_id[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            _must_find(connection, caller, host_id)
            agents.revoke(connection, host_id, milliseconds())
            hosts.change(
                connection, host_id, health="UNKNOWN", health_code="UNKNOWN", health_details="its agent was revoked"
            )
            change.done(connection)


def _must_find(connection: Connection, caller: Caller, host_id: str) -> None:
    found = agents.of_hosts(connection, [host_id]).get(host_id)
    if found is None or found.account != caller.account:
        raise NoSuchEntity("AGENT_DOES_NOT_EXIST", f"there is no agent on host {host_id[:64]!r}")
