"""The agents' door: POST /agent/v1/enrol, POST /agent/v1/poll, POST and GET /agent/v1/batches/ID.

A request is known by its signature, then its number is held against the last one of its agent, together with those of
other agents; only then is anything done. Every error is an answer.
"""

from __future__ import annotations

import errno
import random
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shindan.gate import messages, polls
from shindan.gate.identity import BATCH, Asked, identified
from shindan.gate.ingest import BATCH_ID, Ingest
from shindan.gate.limits import Failures, Meter
from shindan.gate.polls import LARGEST_PART
from shindan.gate.together import PAUSE, Together
from shindan.gate.updates import Updates
from shindan.model.agent import PROTOCOL, Contact, Heard
from shindan.model.errors import StoreError, StoreUnavailable
from shindan.service.agent_contacts import Contacts
from shindan.service.agent_enrolment import enrol
from shindan.service.agent_keys import AgentKey, AgentKeys
from shindan.service.agent_parts import Parts
from shindan.service.agent_refused import AgentRefused
from shindan.service.service import Service

PATH = "/agent/"
POLL = "/agent/v1/poll"
LARGEST_POLL, LARGEST_APPLICATION = 4096, 16_384

KEPT = 10_000
"""TLS connections of agents that are kept open between polls: each has some 40 kB of memory; opening one, 2 ms."""

_BATCHES = "/agent/v1/batches/"
_HURRIED = 65_536
"""Bytes of a body that is hashed where it came in; a larger one would hold all other requests up."""

_QUIET = frozenset({"SequenceSeen", "WrongOffset", "Unknown", "NotFound"})
"""Refusals that belong to how agents work, and need no line in the log."""


class _MustWaitError(Exception):
    """The key is not at hand."""


class GateDoor:
    """Answers agents: an ASGI application for all that is below /agent/.

    `now` gives seconds since the epoch, `log` takes one event, `manifest` gives what `Updates` reads; `pause` as in
    `Together`. Of a fleet larger than `kept` about so many keep their TLS connections open from one poll to the next.
    """

    def __init__(
        self,
        service: Service,
        log: Callable[[Mapping[str, Any]], None],
        *,
        manifest: Callable[[], bytes | None] = lambda: None,
        now: Callable[[], float] = time.time,
        pause: float = PAUSE,
        kept: int = KEPT,
    ) -> None:
        self._service = service
        self._log = log
        self._now = now
        self._keys = AgentKeys(service)
        self._together = Together(Contacts(service).take, pause)
        self._ingest = Ingest(service, Parts(service.data))
        self._updates = Updates(manifest)
        self._kept, self._fleet = kept, 0
        self._failures = Failures()
        self._requests = Meter(10, 1000, "requests")
        self._bytes = Meter(1024 * 1024, 256 * 1024 * 1024, "bytes")

    def routes(self) -> list[Route]:
        """All that is below /agent/."""
        return [Route("/agent/{rest:path}", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0."""
        headers: dict[str, str] = {}
        try:
            work, most = self._work(scope["method"], scope["path"])
            body = await _body(receive, most)
            if body is None:
                return  # nobody is there to be answered
            status, answer = 200, await work(_asked(scope, body))
        except Exception as raised:  # noqa: BLE001 - as at the other doors, every error is an answer
            status, answer, wait = self._told(raised, scope)
            headers = {} if wait is None else {"retry-after": str(wait)}
        if self._crowded(scope):
            headers["connection"] = "close"
        content = msgspec.json.encode(answer)
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        named += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": content})

    def _work(self, method: str, path: str) -> tuple[Callable[[Asked], Awaitable[Mapping[str, Any]]], int]:
        if (method, path) == ("POST", POLL):
            return self._poll, LARGEST_POLL
        if (method, path) == ("POST", "/agent/v1/enrol"):
            return self._enrol, LARGEST_APPLICATION
        if path.startswith(_BATCHES) and method in ("POST", "GET"):
            return self._batch, LARGEST_PART if method == "POST" else 0
        if re.match(r"/agent/v(?!1/)[0-9]+/", path):
            raise AgentRefused("ProtocolUnknown", f"protocol {PROTOCOL} is spoken here", spoken=[PROTOCOL])
        raise AgentRefused("NotFound", "there is nothing here for agents")

    async def _enrol(self, asked: Asked) -> Mapping[str, Any]:
        self._failures.check(asked.peer, self._now())
        token, who = messages.application(asked.body)
        try:
            made = await run_in_threadpool(enrol, self._service, token, who)
        except AgentRefused:
            self._failures.count(asked.peer, self._now())
            raise
        self._keys.keep(AgentKey(made.key, made.secret))
        self._log({"event": "agent.enrolled", "host": made.host, "peer": asked.peer})
        key = {"id": made.key, "secret": made.secret}
        first = {"host": made.host, "region": self._service.region, "key": key, "sequence": 0}
        return {"protocol": PROTOCOL, **first, "now": round(self._now() * 1000), "next": polls.SHORTEST}

    async def _poll(self, asked: Asked) -> Mapping[str, Any]:
        key, sequence = await self._identified(asked)
        said = messages.poll(asked.body)
        self._requests.take(key, 1, self._now())
        heard = await self._together.heard(Contact(key, sequence, said))
        self._fleet = heard.fleet
        return polls.answer(heard, said, self._updates, round(self._now() * 1000))

    async def _batch(self, asked: Asked) -> Mapping[str, Any]:
        key, sequence = await self._identified(asked)
        batch = asked.path.removeprefix(_BATCHES)
        if not BATCH_ID.fullmatch(batch):
            raise AgentRefused("Malformed", "the id of a batch is 32 hexadecimal digits")
        self._requests.take(key, 1, self._now())
        self._bytes.take(key, len(asked.body), self._now())
        if asked.method == "GET":
            heard = await self._together.heard(Contact(key, sequence))
            return {"protocol": PROTOCOL, **await run_in_threadpool(self._ingest.have, heard.host, batch)}
        header = messages.header(asked.headers.get(BATCH, ""))
        offset = _offset(asked.query)
        heard = await self._together.heard(Contact(key, sequence))
        return await run_in_threadpool(self._part, heard, batch, header, offset, asked.body)

    def _part(self, heard: Heard, batch: str, header: Any, offset: int, content: bytes) -> Mapping[str, Any]:
        return {"protocol": PROTOCOL, **self._ingest.part(heard.host, batch, header, offset, content)}

    async def _identified(self, asked: Asked) -> tuple[str, int]:
        """Where the key is at hand and the body is small, without waiting."""
        if len(asked.body) <= _HURRIED:
            try:
                return self._verified(asked, self._at_hand)
            except _MustWaitError:
                pass
        return await run_in_threadpool(self._verified, asked, self._keys.find)

    def _verified(self, asked: Asked, find: Callable[[str], AgentKey | None]) -> tuple[str, int]:
        return identified(asked, find, region=self._service.region, now=self._now())

    def _at_hand(self, key_id: str) -> AgentKey:
        key = self._keys.at_hand(key_id)
        if key is None:
            raise _MustWaitError
        return key

    def _crowded(self, scope: Scope) -> bool:
        """Whether the connection is one too many to be kept open for a minute in which nothing is said.

        Nobody is counted: of each poll's answers so many are the last of their connection that `kept` stay open.
        """
        if self._fleet <= self._kept or scope["path"] != POLL or scope.get("scheme") != "https":
            return False
        return random.random() * self._fleet >= self._kept  # noqa: S311 - nothing secret

    def _told(self, raised: Exception, scope: Scope) -> tuple[int, dict[str, Any], int | None]:
        """(status, body, seconds to wait) of an error."""
        refused = _refused(raised)
        event: dict[str, Any] = {"event": "agent.refused", "path": scope["path"][:200], "peer": _peer(scope)}
        if refused is None:
            self._log({**event, "event": "agent.error", "trace": traceback.format_exception(raised)[-3:]})
            refused = AgentRefused("Unavailable", "something went wrong here; try again later", wait=60)
            return 500, _document(refused, "Internal"), 60
        if refused.code not in _QUIET:
            self._log({**event, "error": refused.code, "message": str(refused)[:300]})
        return refused.status, _document(refused, refused.code), refused.wait


def _refused(raised: Exception) -> AgentRefused | None:
    if isinstance(raised, AgentRefused):
        return raised
    if isinstance(raised, StoreUnavailable):
        return AgentRefused("Unavailable", "the server cannot use its database just now", wait=30)
    cause = raised.__cause__
    if isinstance(raised, StoreError) and isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return AgentRefused("NoSpace", "the server's disk is full; keep the batch", wait=300)
    return None


def _document(refused: AgentRefused, code: str) -> dict[str, Any]:
    return {"protocol": PROTOCOL, "error": code, "message": str(refused), **refused.members}


def _offset(query: str) -> int:
    said = dict(parse_qsl(query, keep_blank_values=True))
    text = said.get("offset", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise AgentRefused("Malformed", f"offset is a number, not {text[:40]!r}")
    return int(text)


def _asked(scope: Scope, body: bytes) -> Asked:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return Asked(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body, _peer(scope))


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


async def _body(receive: Receive, most: int) -> bytes | None:
    """The body; None where the client went away before it was complete. Raises AgentRefused (TooLarge)."""
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        read += message.get("body", b"")
        if len(read) > most:
            raise AgentRefused("TooLarge", f"a request of this kind has at most {most:,} bytes")
        if not message.get("more_body", False):
            return bytes(read)
