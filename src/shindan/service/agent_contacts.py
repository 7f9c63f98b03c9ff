"""Requests of agents, taken note of: many in one transaction, which is what lets one process serve a fleet.

Each is held against its agent's row: the key must be in force, and its sequence number higher than the last one. A poll
also says how the agent is, and is told what is wanted of its host.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine import leaving
from shindan.engine.clock import milliseconds
from shindan.engine.wants import INTERVAL, united
from shindan.model.agent import Agent, Contact, Heard, Order, Poll
from shindan.model.arn import parse
from shindan.model.packages import SCAP, package_of
from shindan.model.scap import named as scap_named
from shindan.service.agent_refused import AgentRefused
from shindan.service.service import Service
from shindan.store import agents, hosts, run_hosts
from shindan.store.run_hosts import Waiting

STATES: dict[str, tuple[str, str]] = {
    "IDLE": ("HEALTHY", "IDLE"),
    "RUNNING": ("HEALTHY", "RUNNING"),
    "THROTTLED": ("HEALTHY", "THROTTLED"),
    "SHUTDOWN": ("UNHEALTHY", "SHUTDOWN"),
    "FAULT": ("UNHEALTHY", "UNHEALTHY"),
}
"""What an agent says of itself → health and health code (specification, section 4.6)."""

_COUNTED_FOR = 30.0
_ALIVE = 900_000
_SPREAD = 0.2

Outcome = Heard | AgentRefused


class Contacts:
    """Takes note of requests; remembers for half a minute how many agents there are."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._fleet = 0
        self._counted = float("-inf")

    def take(self, contacts: Sequence[Contact]) -> list[Outcome]:
        """What comes of each, in order. One that was seen before, or whose key has ended, changes nothing."""
        with self._service.database.write() as connection:
            now = milliseconds()
            known = agents.locked(connection, {one.key for one in contacts})
            outcomes: list[Outcome] = []
            polls: dict[str, tuple[Agent, Poll, str | None]] = {}
            others: dict[str, dict[str, Any]] = {}
            numbers = {key: agent.sequence for key, (agent, _) in known.items()}
            for one in contacts:
                refusal = _refusal(one, known.get(one.key), numbers)
                if refusal is not None:
                    outcomes.append(refusal)
                    continue
                agent, facts = known[one.key]
                numbers[one.key] = one.sequence
                outcomes.append(Heard(agent.host, agent.account))
                if one.poll is not None:
                    polls[one.key] = (agent, one.poll, facts)
                others[one.key] = {"of": agent.host, "new_sequence": one.sequence, "new_seen_at": now}
            heard = [row for key, row in sorted(others.items()) if key not in polls]
            agents.heard(connection, heard)
            answers = self._polled(connection, polls, numbers, now)
        return [
            answers[one.key] if isinstance(outcome, Heard) and one.poll is not None else outcome
            for one, outcome in zip(contacts, outcomes, strict=True)
        ]

    def _polled(
        self,
        connection: Connection,
        polls: dict[str, tuple[Agent, Poll, str | None]],
        numbers: dict[str, int],
        now: int,
    ) -> dict[str, Heard]:
        if not polls:
            return {}
        agents.polled(connection, [_row(agent, poll, numbers[key], now) for key, (agent, poll, _) in polls.items()])
        back = hosts.tell_health(connection, [_host_row(agent, poll, now) for agent, poll, _ in polls.values()])
        if back:
            accounts = {agent.host: agent.account for agent, _, _ in polls.values()}
            for account in sorted({accounts[host] for host in back}):
                mine = [host for host in back if accounts[host] == account]
                leaving.note_back(connection, self._service.jobs, account, mine)
        waiting = _first(run_hosts.collecting(connection, sorted(agent.host for agent, _, _ in polls.values())))
        run_hosts.tell_health(connection, list(_changed(waiting, (pair[:2] for pair in polls.values()))))
        fleet = self._count(connection, now)
        every = self._service.timing.inventory_every * 1000
        return {
            key: Heard(
                agent.host,
                agent.account,
                self._order(waiting.get(agent.host), now),
                _wanted(agent, poll, facts, every, now),
                fleet,
            )
            for key, (agent, poll, facts) in polls.items()
        }

    def _order(self, one: Waiting | None, now: int) -> Order | None:
        """What a run wants of a host that has not delivered. One that was stopped wants what there is, at once."""
        if one is None or one.delivered_at is not None or one.state == "CREATED":
            return None
        packages = [name for arn in one.packages if (name := package_of(parse(arn))) is not None]
        wants = united(packages)
        begun = one.started_at or now
        duration = self._service.timing.duration
        end = begun + round((one.duration if duration is None else duration) * 1000)
        until = min(end, begun + wants.seconds * 1000) if wants.sampled and wants.seconds is not None else end
        if one.state == "STOP_DATA_COLLECTION_PENDING":
            until = min(until, one.state_changed_at)
        scap = scap_named(one.attributes) if SCAP.name in packages else None
        return Order(one.run, wants.kinds, until, INTERVAL, wants.sampled, scap)

    def _count(self, connection: Connection, now: int) -> int:
        at = time.monotonic()
        if at - self._counted > _COUNTED_FOR:
            self._fleet, self._counted = agents.count_heard(connection, now - _ALIVE), at
        return self._fleet


def _refusal(one: Contact, found: tuple[Agent, str | None] | None, numbers: dict[str, int]) -> AgentRefused | None:
    if found is None or found[0].revoked_at is not None:
        return AgentRefused("KeyRefused", "this key is not in force any more; enrol again with a token")
    last = numbers[one.key]
    if one.sequence <= last:
        return AgentRefused("SequenceSeen", f"the sequence goes on behind {last}", sequence=last)
    agent = found[0]
    if one.poll is not None and one.poll.boot and one.poll.boot != agent.boot and one.poll.boot == agent.boot_before:
        # A machine does not go back to a boot that it has left: two machines are at work with one key.
        return AgentRefused("CloneSeen", "another machine works with this key; enrol anew")
    return None


def _row(agent: Agent, poll: Poll, sequence: int, now: int) -> dict[str, Any]:
    boots = (agent.boot, agent.boot_before)
    if poll.boot and poll.boot != agent.boot:
        boots = (poll.boot, agent.boot)
    return {
        "of": agent.host,
        "new_sequence": sequence,
        "new_seen_at": now,
        "new_version": poll.version,
        "new_boot": boots[0],
        "new_boot_before": boots[1],
        "new_state": poll.state,
        "new_detail": poll.detail,
        "new_told": dict(poll.told),
    }


def _host_row(agent: Agent, poll: Poll, now: int) -> dict[str, Any]:
    health, code = STATES[poll.state]
    return {
        "of": agent.host, "new_health": health, "new_code": code, "new_details": poll.detail, "new_last_seen": now,
        "new_version": poll.version,
    }  # fmt: skip


def _first(waiting: Iterable[Waiting]) -> dict[str, Waiting]:
    """By host; one is in one run at a time."""
    found: dict[str, Waiting] = {}
    for one in waiting:
        found.setdefault(one.host, one)
    return found


def _changed(waiting: dict[str, Waiting], polls: Iterable[tuple[Agent, Poll]]) -> Iterable[dict[str, Any]]:
    """Rows of hosts in runs whose health is another one than is known there."""
    for agent, poll in sorted(polls, key=lambda pair: pair[0].host):
        one = waiting.get(agent.host)
        health, code = STATES[poll.state]
        if one is not None and one.health != (health, code, poll.detail):
            yield {
                "in_run": one.run, "of": one.host, "new_health": health, "new_code": code, "new_details": poll.detail,
            }  # fmt: skip


def _wanted(agent: Agent, poll: Poll, facts: str | None, every: int, now: int) -> bool:
    """Whether a fresh inventory is wanted: the one that the agent means is not held here, or is old.

    The hosts of a fleet are not asked in the same minute: each has a moment of its own in the last fifth of the time.
    """
    if not agent.inventory or agent.inventory != poll.inventory or facts is None or agent.facts != facts:
        return True
    share = zlib.crc32(agent.host.encode()) / 2**32
    return now - (agent.inventory_at or 0) >= every * (1 - _SPREAD * share)
