"""Agents that are not heard from: their hosts become unhealthy, and so do they in the runs that they take part in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.engine.happening import note_silent
from shindan.engine.work import Work
from shindan.model.agent import Agent
from shindan.store import agent_batches, agents, hosts, run_hosts

KEPT = 7 * 86_400_000
"""Milliseconds for which it is remembered what hosts were answered for their batches."""

_LATE = 150
"""Seconds that the longest pause between two polls (60 s) never takes, lost requests included."""


def sweep(work: Work, _: Mapping[str, Any]) -> None:
    """The job: marks hosts whose agents have been silent for too long, and forgets old batches."""
    now = milliseconds()
    with work.database.write() as connection:
        silent = mark(connection, now - work.timing.unseen_until_unhealthy * 1000)
        note_silent(connection, work.jobs, silent)
        agent_batches.forget(connection, now - KEPT)


def mark(connection: Connection, before: int) -> list[str]:
    """Marks hosts whose agents were last heard before a moment, and their part in runs that collect; these hosts."""
    silent = agents.silent(connection, before)
    details = {host: no_contact(seen) for host, seen in silent}
    for host, text in details.items():
        hosts.change(connection, host, health="UNHEALTHY", health_code="UNHEALTHY", health_details=text)
    rows = [
        {"in_run": one.run, "of": one.host, "new_health": "UNHEALTHY", "new_code": "UNHEALTHY",
         "new_details": details[one.host]}
        for one in run_hosts.collecting(connection, list(details))
    ]  # fmt: skip
    run_hosts.tell_health(connection, rows)
    return list(details)


def no_contact(seen_at: int | None) -> str:
    """What is said of an agent that is silent."""
    return f"no contact since {iso(seen_at)}" if seen_at is not None else "no contact since it enrolled"


def why_nothing_came(agent: Agent, now: int) -> str:
    """Why a host with an agent has delivered nothing, as far as that is known here."""
    if agent.revoked_at is not None:
        return f"its agent was revoked at {iso(agent.revoked_at)}"
    said = f"; it last said: {agent.state}{f', {agent.detail}' if agent.detail else ''}" if agent.state else ""
    if agent.seen_at is None or now - agent.seen_at > _LATE * 1000:
        return no_contact(agent.seen_at) + said
    return f"its agent was heard at {iso(agent.seen_at)} and delivered nothing{said}"
