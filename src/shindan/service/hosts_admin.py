"""Hosts as people look after them: found, tagged, archived, merged and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine import leaving
from shindan.engine.clock import milliseconds
from shindan.model.host import Host
from shindan.model.refusals import InvalidInput, RunInProgress
from shindan.service import checks, paging, tags_of_hosts
from shindan.service.accounts import operator
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.service.tags_of_hosts import UnknownHost
from shindan.store import agents, host_tags, hosts


def list_(
    service: Service,
    caller: Caller,
    *,
    text: str = "",
    tags: Sequence[tuple[str, str | None]] = (),
    archived: bool | None = False,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[Host]:
    """The account's hosts, by id: with `text` in id, name, platform or address, and all of `tags`.

    `archived`: the archived ones instead, or both (None).
    """
    length = paging.size(max_results, default=100, cap=paging.MAXIMUM)
    checks.text(text, "INVALID_SEARCH", "a text to search for", 256, shortest=0)
    wanted = hosts.HostFilter(text, tuple(tags), archived)
    pager = paging.Pager(service.keys["paging"], paging.query("hosts", caller.account, text, list(tags), archived))
    after = pager.after(token)
    with service.database.read() as connection:
        found = hosts.search(connection, caller.account, wanted, after=after, limit=length + 1)
    return paging.page(found, length, pager, lambda host: host.id)


def show(service: Service, caller: Caller, host_id: str) -> Host:
    """One host, archived or not. Raises UnknownHost."""
    with service.database.read() as connection:
        return _must_find(connection, caller, host_id)


def tag(service: Service, caller: Caller, host_id: str, tags: Sequence[tuple[str, str | None]]) -> None:
    """Adds tags or replaces their values. Raises UnknownHost, TooManyTags, InvalidInput."""
    tags_of_hosts.add(service, caller, [host_id], tags)


def untag(service: Service, caller: Caller, host_id: str, keys: Sequence[str]) -> None:
    """Removes tags by key. Raises UnknownHost."""
    if keys:
        tags_of_hosts.remove(service, caller, [host_id], [(key, None) for key in keys])


def archive(service: Service, caller: Caller, host_id: str, archived: bool = True) -> None:
    """Takes a host out of lists and totals, or back in; its history stays. Raises UnknownHost.

    Tickets of what it alone had are closed, and opened anew when it is back.
    """
    with audited(service, caller, "ArchiveHost", host_id[:64]) as change, service.database.write() as connection:
        host = _must_find(connection, caller, host_id)
        hosts.change(connection, host.id, archived=archived)
        if archived:
            leaving.close_tickets(connection, service.jobs, caller.account)
        elif host.archived:
            leaving.note_back(connection, service.jobs, caller.account, [host.id])
        change.done(connection, archived=archived)


def archive_unseen(service: Service, account: str) -> list[str]:
    """Archives the account's hosts that nobody has heard of for longer than the service's setting says; their ids."""
    before = milliseconds() - 1000 * service.timing.archive_after
    with (
        audited(service, operator(service, account), "ArchiveUnseenHosts") as change,
        service.database.write() as connection,
    ):
        ids = hosts.archive_unseen(connection, account, before)
        if ids:
            leaving.close_tickets(connection, service.jobs, account)
            change.done(connection, hosts=ids)
    return ids


def merge(service: Service, caller: Caller, host_id: str, into_id: str) -> Host:
    """Two hosts that are one: the first goes; the second takes what it lacks of tags, and the newer facts.

    Runs keep what they found under either id. The second's issues take over when they were first observed.
    Raises UnknownHost, InvalidInput where both are the same, RunInProgress while a run looks at the first.
    """
    with audited(service, caller, "MergeHosts", host_id[:64]) as change:
        if host_id == into_id:
            raise InvalidInput("INVALID_AGENT_ID", "a host cannot be merged into itself")
        with service.database.write() as connection:
            gone, kept = _must_find(connection, caller, host_id), _must_find(connection, caller, into_id)
            _refuse_running(connection, caller, gone.id)
            missing = dict(gone.tags).keys() - dict(kept.tags).keys()
            host_tags.set_tags(connection, kept.id, [pair for pair in gone.tags if pair[0] in missing])
            hosts.change(connection, kept.id, **_better(gone, kept))
            _close_tickets(connection, service, gone)
            hosts.take_issues(connection, gone.id, kept.id)
            agents.move(connection, gone.id, kept.id)
            hosts.remove(connection, gone.id)
            change.done(connection, into=kept.id)
            return _must_find(connection, caller, into_id)


def remove(service: Service, caller: Caller, host_id: str) -> None:
    """Forgets a host with its tags and issues; runs keep what they found. It comes back should it report again.

    Raises UnknownHost, RunInProgress while a run looks at it.
    """
    with audited(service, caller, "RemoveHost", host_id[:64]) as change, service.database.write() as connection:
        host = _must_find(connection, caller, host_id)
        _refuse_running(connection, caller, host.id)
        _close_tickets(connection, service, host)
        hosts.remove(connection, host.id)
        change.done(connection, hostname=host.hostname)


def _close_tickets(connection: Connection, service: Service, host: Host) -> None:
    """Closes the tickets of what a host alone had, while it is still known what that was."""
    hosts.change(connection, host.id, archived=True)
    leaving.close_tickets(connection, service.jobs, host.account)


def _better(gone: Host, kept: Host) -> dict[str, Any]:
    """Columns that the kept host takes over: the older birth, and the newer facts with what was read from them."""
    columns: dict[str, Any] = {"created_at": min(gone.created_at, kept.created_at)}
    if gone.facts_at is not None and (kept.facts_at is None or gone.facts_at > kept.facts_at):
        for name in ("facts", "facts_at", "platform", "system", "kernel", "arch"):
            columns[name] = getattr(gone, name)
        columns["last_seen"] = max(gone.last_seen or 0, kept.last_seen or 0)
    return columns


def _must_find(connection: Connection, caller: Caller, host_id: str) -> Host:
    found = hosts.get(connection, caller.account, host_id)
    if found is None:
        raise UnknownHost(host_id)
    return found


def _refuse_running(connection: Connection, caller: Caller, host_id: str) -> None:
    running = hosts.in_runs(connection, [host_id])
    if running:
        raise RunInProgress([str(caller.arn("run", *ids)) for ids in running])
