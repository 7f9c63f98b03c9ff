"""Batches that are whole: an inventory becomes the host's newest, samples are kept for their run.

Whatever is asked twice is answered alike: a batch that was taken in has its answer kept for a week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from sqlalchemy import Connection

from shindan.engine import leaving
from shindan.engine.arriving import delivered, sampled
from shindan.engine.clock import milliseconds
from shindan.engine.fetching import ask
from shindan.facts.wire import loads
from shindan.model.agent import Agent, BatchHeader
from shindan.model.errors import StoreError
from shindan.model.host import Host
from shindan.service.agent_reading import Read, read_batch
from shindan.service.agent_refused import AgentRefused
from shindan.service.service import Service
from shindan.service.submissions import About, Facts, columns_of, completed
from shindan.store import agent_batches, agents, hosts, run_hosts

MOST_SAMPLES = 500
"""Batches of samples of one host in one run."""

Answer = Mapping[str, Any]


def answered(service: Service, host_id: str, batch: str) -> Answer | None:
    """What a host was told of a batch that was taken in; None for another one."""
    with service.database.read() as connection:
        return agent_batches.answer(connection, host_id, batch)


def unchanged(service: Service, host_id: str, batch: str, header: BatchHeader) -> Answer:
    """Takes note that a host's inventory is what it delivered before.

    Raises AgentRefused (Unknown) where that is not held here.
    """
    at = milliseconds()
    with service.database.write() as connection:
        agent, host = _lock(connection, host_id)
        if (known := agent_batches.answer(connection, host_id, batch)) is not None:
            return known
        held = agent.inventory == header.digest and set(header.kinds) <= set(agent.kinds)
        if not held or host.facts is None or host.facts != agent.facts or not service.blobs.path(host.facts).exists():
            raise AgentRefused("Unknown", "that inventory is not held here; send it whole")
        hosts.change(connection, host_id, facts_at=at, last_seen=at)
        agents.change(connection, host_id, inventory_at=at)
        delivered(connection, service.jobs, host_id, host.facts, at)
        told = {"kept": 0, "refused": 0, "why": [], "inventory": agent.inventory}
        agent_batches.done(connection, host_id, batch, told, at)
    return told


def take(service: Service, host_id: str, batch: str, header: BatchHeader, stream: IO[bytes]) -> Answer:
    """Takes a whole batch in. Raises AgentRefused as `read_batch` does, UnknownRun for samples of a run that waits for
    none of this host, TooMany for too many of them.
    """
    read = read_batch(stream, header)
    if header.what == "sampled":
        return _samples(service, host_id, batch, header, read)
    return _inventory(service, host_id, batch, header, read)


def _inventory(service: Service, host_id: str, batch: str, header: BatchHeader, read: Read) -> Answer:
    while True:
        with service.database.read() as connection:
            before = _find(connection, host_id)
        content = b"".join(line + b"\n" for line in _merged(service, *before, header, read))
        # First the blob, then the row that names it: a row never names what is not there.
        digest = service.blobs.put(content) if content else None
        with service.database.write() as connection:
            agent, host = _lock(connection, host_id)
            if (known := agent_batches.answer(connection, host_id, batch)) is not None:
                return known
            if host.facts != before[1].facts:
                continue  # somebody handed facts in meanwhile: merge with those
            told = _kept(connection, service, (agent, host), header, read, digest)
            agent_batches.done(connection, host_id, batch, told, milliseconds())
        if digest is not None and not service.blobs.path(digest).exists():
            service.blobs.put(content)  # whoever had it, too, was removed with it between our blob and our row
        return told


def _kept(
    connection: Connection,
    service: Service,
    known: tuple[Agent, Host],
    header: BatchHeader,
    read: Read,
    digest: str | None,
) -> Answer:
    agent, host = known
    at = milliseconds()
    whole = bool(read.lines) or not header.kinds
    if digest is not None and whole:
        columns = columns_of(*_described(read), "", digest, at)
        hosts.change(connection, host.id, **columns)
        if columns.get("platform", host.platform) != host.platform or host.archived:
            ask(service.jobs, connection)
        if host.archived:
            leaving.note_back(connection, service.jobs, host.account, [host.id])
        held: dict[str, Any] = {"facts": digest}
        if header.kinds:
            held |= {"inventory": header.digest, "kinds": sorted(header.kinds), "inventory_at": at}
        agents.change(connection, host.id, **held)
        delivered(connection, service.jobs, host.id, digest, at)
    inventory = header.digest if header.kinds and read.lines else agent.inventory
    return {"kept": len(read.lines), "refused": read.refused, "why": read.why, "inventory": inventory}


def _described(read: Read) -> tuple[Facts, About]:
    facts = Facts(b"", len(read.lines), read.platform, read.kernel, read.host)
    return facts, completed(About(), read.host)


def _merged(service: Service, agent: Agent, host: Host, header: BatchHeader, read: Read) -> Iterable[bytes]:
    """The host's facts of other kinds, then the new ones."""
    replaced = frozenset(header.kinds)
    yields_all = host.facts == agent.facts and set(agent.kinds) <= replaced
    if host.facts is not None and not yields_all and (read.lines or not replaced):
        try:
            old = service.blobs.get(host.facts)
        except StoreError:
            old = b""  # it is lost; what comes now is all that there is
        named = {fact.subject for line in read.lines if line.startswith(b'{"kind":"gap"') and (fact := loads(line))}
        yield from (line for line in old.split(b"\n") if line and _stays(line, replaced, named))
    yield from read.lines


def _stays(line: bytes, replaced: frozenset[str], named: set[str]) -> bool:
    """Whether an old fact stays: of another kind; of gaps, those about other kinds and from other collectors."""
    try:
        fact = loads(line)
    except ValueError:
        return False
    if fact.kind != "gap":
        return fact.kind not in replaced
    about = fact.data.get("kinds")
    return fact.subject not in named and isinstance(about, list) and not replaced & set(map(str, about))


def _samples(service: Service, host_id: str, batch: str, header: BatchHeader, read: Read) -> Answer:
    digests = [service.blobs.put(b"".join(line + b"\n" for line in read.lines))] if read.lines else []
    with service.database.write() as connection:
        agent, _ = _lock(connection, host_id)
        if (known := agent_batches.answer(connection, host_id, batch)) is not None:
            return known
        found = [one for one in run_hosts.collecting(connection, [host_id]) if one.run == header.run]
        if not found:
            raise AgentRefused("UnknownRun", "no run of this id waits for samples of this host; drop the batch")
        if found[0].samples >= MOST_SAMPLES:
            raise AgentRefused("TooMany", f"a host sends at most {MOST_SAMPLES} batches of samples in a run", wait=600)
        at = milliseconds()
        sampled(connection, service.jobs, found[0], digests, at, last=header.last)
        told = {"kept": len(read.lines), "refused": read.refused, "why": read.why, "inventory": agent.inventory}
        agent_batches.done(connection, host_id, batch, told, at)
    return told


def _find(connection: Connection, host_id: str) -> tuple[Agent, Host]:
    agent = agents.of_hosts(connection, [host_id]).get(host_id)
    return _known(connection, agent)


def _lock(connection: Connection, host_id: str) -> tuple[Agent, Host]:
    return _known(connection, agents.lock(connection, host_id))


def _known(connection: Connection, agent: Agent | None) -> tuple[Agent, Host]:
    host = hosts.get(connection, agent.account, agent.host) if agent is not None else None
    if agent is None or host is None or agent.revoked_at is not None:
        raise AgentRefused("KeyRefused", "this host is not known any more; enrol again with a token")
    return agent, host
