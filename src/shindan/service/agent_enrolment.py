"""Enrolment: a token in, a host and a key of its own out.

A host is known by its instance id on EC2, else by a digest of its machine id. A machine that was cloned has its
model's machine id: it is told apart by a digest of its hardware, and its identity is then made of both.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from shindan.engine import leaving
from shindan.engine.clock import milliseconds
from shindan.engine.fetching import ask
from shindan.facts.platform import platform_of
from shindan.model.agent import Agent, AgentToken
from shindan.model.arn import new_agent_id
from shindan.model.host import Host
from shindan.model.refusals import InvalidInput
from shindan.service import agent_tokens, tags_of_hosts, vault
from shindan.service.agent_refused import AgentRefused
from shindan.service.service import Service
from shindan.service.users import id_of
from shindan.store import accounts, agents, audit, host_tags, hosts
from shindan.store import agent_tokens as stored_tokens

ALIVE = 900_000
"""Milliseconds since its last contact for which an agent counts as alive beside one that claims to be the same."""

_DIGEST = re.compile(r"[0-9a-f]{32}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to enrol; `machine`, `boot` and `hardware` are digests (32 hex digits), `instance` EC2's id or "".

    `anew`: it knows that it is a clone, and wants an identity of its own.
    """

    machine: str
    version: str = ""
    boot: str = ""
    hardware: str = ""
    hostname: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    instance: str = ""
    image: str = ""
    anew: bool = False
    platform: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an agent works with from now on; the secret is told now and never again."""

    host: str
    key: str
    secret: str


def enrol(service: Service, token_text: str, who: Applicant) -> Enrolled:
    """Enrols an agent. A host that is known gets a new key, and its old one ends.

    Raises AgentRefused: TokenRefused, Malformed, HostTaken where the instance's id belongs to another account.
    """
    _check(who)
    at = milliseconds()
    with service.database.read() as connection:
        token = agent_tokens.recognised(connection, token_text)
    made = Enrolled("", id_of("SAGT"), secrets.token_urlsafe(30))
    sealed = vault.seal(service.keys["secrets"], made.secret, made.key)
    with service.database.write() as connection:
        accounts.lock(connection, token.account)
        host, identity = _host(connection, token, who, at)
        old = agents.of_hosts(connection, [host.id]).get(host.id) if host else None
        _use(connection, token, old, who, at)
        host = host or _new(connection, service, token, who, identity, at)
        _describe(connection, host, token, who, at)
        if host.archived:
            leaving.note_back(connection, service.jobs, token.account, [host.id])
        agent = Agent(
            host.id, token.account, made.key, at, token.id, _text(who.version, 64), boot=who.boot,
            hardware=who.hardware,
        )  # fmt: skip
        agents.enrol(connection, agent, sealed)
        audit.note(
            connection, account=token.account, caller=f"token:{token.id}", action="EnrolHost", resource=host.id,
            outcome="done", at=at, detail={"key": made.key, "hostname": _text(who.hostname, 253), "anew": who.anew},
        )  # fmt: skip
    return Enrolled(host.id, made.key, made.secret)


def _check(who: Applicant) -> None:
    for name in ("machine", "boot", "hardware"):
        text = getattr(who, name)
        if not _DIGEST.fullmatch(text) and (text or name == "machine"):
            raise AgentRefused("Malformed", f"{name} is 32 hexadecimal digits, not {text[:64]!r}")
    if who.instance and not _INSTANCE.fullmatch(who.instance):
        raise AgentRefused("Malformed", f"an instance's id is i- and 8 or 17 hex digits, not {who.instance[:64]!r}")
    try:
        tags_of_hosts.checked(who.tags)
    except InvalidInput as error:
        raise AgentRefused("Malformed", str(error)) from None


def _host(connection: Connection, token: AgentToken, who: Applicant, at: int) -> tuple[Host | None, str]:
    """The host that it is, if it is known; and the identity of a new one."""
    account, plain = token.account, f"machine:{who.machine}"
    salted = f"{plain}:{who.hardware}"
    if who.instance:
        if not (known := hosts.get(connection, account, who.instance)) and hosts.taken(connection, who.instance):
            raise AgentRefused("HostTaken", f"{who.instance} belongs to another account; use a token of that one")
        return known, plain
    if who.anew:
        known = hosts.by_identity(connection, account, salted) if who.hardware else None
        return None, salted if who.hardware and known is None else f"{salted}:{secrets.token_hex(8)}"
    own = hosts.by_identity(connection, account, salted) if who.hardware else None
    known = own or hosts.by_identity(connection, account, plain)
    if known is not None and own is None and _is_another(connection, known, who, at):
        return None, salted
    return known, plain


def _is_another(connection: Connection, known: Host, who: Applicant, at: int) -> bool:
    """Whether the machine that is known lives beside this one."""
    agent = agents.of_hosts(connection, [known.id]).get(known.id)
    if agent is None or agent.revoked_at is not None or not agent.hardware or not who.hardware:
        return False
    return agent.hardware != who.hardware and at - (agent.seen_at or agent.enrolled_at) <= ALIVE


def _use(connection: Connection, token: AgentToken, old: Agent | None, who: Applicant, at: int) -> None:
    """Counts a use. Whose first answer was lost, and who asks again, is not counted twice."""
    again = old is not None and old.seen_at is None and old.token == token.id and old.hardware == who.hardware
    if not stored_tokens.use(connection, token.id, at, counted=not again):
        found = stored_tokens.find(connection, token.id)
        raise agent_tokens.why_refused(found[0] if found else token, at)


def _new(connection: Connection, service: Service, token: AgentToken, who: Applicant, identity: str, at: int) -> Host:
    host = Host(who.instance or new_agent_id(), token.account, "", at)
    if not who.platform.get("id") or not hosts.platform_known(connection, platform_of(who.platform).key):
        ask(service.jobs, connection)  # the first of its release: no run need wait for advisories
    hosts.add(connection, host, identity)
    return host


def _describe(connection: Connection, host: Host, token: AgentToken, who: Applicant, at: int) -> None:
    """What the host's row and tags say from now on; the operator's tags come before those of the agent."""
    said = {"hostname": who.hostname, "image": who.image, "agent_version": who.version}
    columns: dict[str, Any] = {name: _text(text, 253) for name, text in said.items() if text}
    if who.platform.get("id") and not host.platform:
        platform = platform_of(who.platform)
        columns |= {"platform": _text(platform.key, 128), "arch": _text(platform.arch, 32)}
        columns["system"] = _text(platform.name or f"{platform.id} {platform.version}".strip(), 256)
    columns |= {"health": "HEALTHY", "health_code": "IDLE", "health_details": "", "last_seen": at, "archived": False}
    hosts.change(connection, host.id, **columns)
    host_tags.set_tags(connection, host.id, [*who.tags, *token.tags])
    if len(host_tags.tags(connection, [host.id]).get(host.id, ())) > tags_of_hosts.MOST:
        raise AgentRefused("Malformed", f"a host has at most {tags_of_hosts.MOST} tags")


def _text(text: str, longest: int) -> str:
    return _NOT_TEXT.sub("?", text)[:longest]
