"""The agents' door served by a real web server on loopback, and agents that speak to it as the protocol says.

Requests are signed by botocore's own signer: another hand than that of the agent and of the server.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection
from starlette.applications import Starlette

from service_world import ACCOUNT, REGION, World, world
from shindan.gate.door import KEPT, GateDoor
from shindan.service import agent_tokens
from shindan.store.database import Database
from signing import FakeKey, signed

MACHINE, HARDWARE, BOOT = "a" * 32, "b" * 32, "c" * 32
KINDS = ("platform", "host", "kernel", "package")


class Enqueued:
    """Jobs that nobody does: their names and arguments."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, Mapping[str, Any]]] = []

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        self.jobs.append((name, args))

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """See `Jobs.cancel`."""

    def cron(self, name: str, spec: str) -> None:
        """See `Jobs.cron`."""


@dataclass
class Told:
    """An answer."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> tuple[int, str]:
        """Status and code."""
        return self.status, str(self.body.get("error", ""))


@dataclass
class Gate:
    """A world with its agents' door on a port of loopback."""

    world: World
    port: int
    jobs: Enqueued
    events: list[Mapping[str, Any]]

    def token(self, **wanted: Any) -> str:
        """The text of a new token."""
        return agent_tokens.create(self.world.service, self.world.caller, **wanted).text

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, peer: str = ""
    ) -> Told:
        """One request as it is, from an address of loopback."""
        source = (peer, 0) if peer else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=source)
        with contextlib.closing(connection):
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Told(answer.status, json.loads(answer.read() or b"{}"), dict(answer.headers))

    def enrol(self, token: str, *, peer: str = "", **said: Any) -> Told:
        """Enrolment, with what an agent says by default."""
        body = {
            "protocol": 1, "version": "0.1.0", "token": token, "machine": MACHINE, "boot": BOOT, "hardware": HARDWARE,
            "hostname": "web-1", "tags": {}, "instance": None, "anew": False,
            "platform": {"id": "debian", "version_id": "12", "arch": "amd64", "name": "Debian GNU/Linux 12"}, **said,
        }  # fmt: skip
        return self.send("POST", "/agent/v1/enrol", json.dumps(body).encode(), peer=peer)

    def agent(self, **said: Any) -> Agent:
        """An agent that has enrolled."""
        told = self.enrol(said.pop("token", None) or self.token(), **said)
        assert told.status == 200, told
        return Agent(self, told.body["host"], FakeKey(told.body["key"]["id"], told.body["key"]["secret"]))


@dataclass
class Agent:
    """An agent with its key and its sequence."""

    gate: Gate
    host: str
    key: FakeKey
    sequence: int = 0

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        at: float | None = None,
        unsigned: Mapping[str, str] | None = None,
        **signing: Any,
    ) -> Told:
        """A signed request with the next number."""
        self.sequence += 1
        named = {"x-shindan-sequence": str(self.sequence), **(headers or {})}
        url = f"http://127.0.0.1:{self.gate.port}{path}"
        sent = signed(
            body, named, key=signing.pop("key", self.key), service=signing.pop("service", "shindan-agent"),
            method=method, url=url, at=time.time() if at is None else at, **signing,
        )  # fmt: skip
        return self.gate.send(method, path, body, {**sent, **(unsigned or {})})

    def poll(self, **said: Any) -> Told:
        """A poll, with what an idle agent says."""
        body = {"protocol": 1, "version": "0.1.0", "boot": BOOT, "state": "IDLE", "detail": "", "inventory": "", **said}
        return self.ask("POST", "/agent/v1/poll", json.dumps(body).encode())

    def upload(self, batch: Batch, id_: str | None = None, *, step: int = 1024 * 1024) -> Told:
        """A whole batch, part by part."""
        id_ = id_ or secrets.token_hex(16)
        told = Told(0, {})
        for number, start in enumerate(range(0, max(1, len(batch.packed)), step)):
            told = self.part(batch, id_, start, batch.packed[start : start + step], part=number)
            if told.status != 200:
                break
        return told

    def part(self, batch: Batch, id_: str, offset: int, content: bytes, **said: Any) -> Told:
        """One part of a batch."""
        headers = {"x-shindan-batch": json.dumps({**batch.header, **said}), "content-encoding": "gzip"}
        return self.ask("POST", f"/agent/v1/batches/{id_}?offset={offset}", content, headers)

    def have(self, id_: str) -> Told:
        """What the server has of a batch."""
        return self.ask("GET", f"/agent/v1/batches/{id_}")


@dataclass(frozen=True)
class Batch:
    """A batch as it travels, and its header."""

    packed: bytes
    header: dict[str, Any]

    def saying(self, **said: Any) -> Batch:
        """The same with another header."""
        return replace(self, header={**self.header, **said})


def batch(lines: Sequence[bytes], *, kinds: Sequence[str] = KINDS, packed: bytes | None = None, **said: Any) -> Batch:
    """Lines as a batch of gzip."""
    content = b"".join(line + b"\n" for line in lines)
    packed = gzip.compress(content, 6, mtime=0) if packed is None else packed
    header = {
        "run": "", "what": "inventory", "kinds": list(kinds), "size": len(packed),
        "sha256": hashlib.sha256(packed).hexdigest(), "digest": hashlib.sha256(content).hexdigest(),
        "count": len(lines), "taken": round(time.time() * 1000), "complete": True, "last": False, **said,
    }  # fmt: skip
    return Batch(packed, header)


def unchanged(before: Batch) -> Batch:
    """ "The same as before": a header alone."""
    return Batch(b"", {**before.header, "size": 0, "sha256": ""})


def fact(kind: str, subject: str, **data: Any) -> bytes:
    """One line."""
    return json.dumps({"kind": kind, "subject": subject, "data": data}, separators=(",", ":")).encode()


def package(name: str, version: str = "1.0-1") -> bytes:
    """A package's line."""
    return fact("package", name, type="deb", version=version, arch="amd64", source=name, source_version=version)


PLATFORM = fact("platform", "os", id="debian", version_id="12", name="Debian GNU/Linux 12 (bookworm)", arch="amd64")
HOST = fact("host", "self", hostname="web-1", machine=MACHINE, addresses=["192.0.2.1"])
KERNEL = fact("kernel", "running", release="6.1.0-37-amd64")
LINES = (PLATFORM, HOST, KERNEL, package("openssl", "3.0.16-1~deb12u1"), package("bash", "5.2.15-2"))


@contextlib.contextmanager
def gate(database: Database, folder: Path) -> Iterator[Gate]:
    """A world whose agents' door is served; nothing else is."""
    jobs, events = Enqueued(), []  # type: ignore[var-annotated]
    made = world(database, folder, jobs=jobs)
    with served(made, events) as port:
        yield Gate(made, port, jobs, events)


@contextlib.contextmanager
def served(made: World, events: list[Mapping[str, Any]], kept: int = KEPT) -> Iterator[int]:
    """The door of a world on a free port."""
    door = GateDoor(made.service, events.append, pause=0.001, kept=kept)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=door.routes()), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


__all__ = ["ACCOUNT", "REGION", "Agent", "Batch", "Gate", "batch", "fact", "gate", "package", "served", "unchanged"]
