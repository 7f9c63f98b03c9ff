"""The door of the API: a request in, an answer out, whatever happens in between.

What needs no waiting is done where the request came in: who signs much has a key at hand, and the rest of the chain
takes some 100 us. What is left, mostly the operation itself, is done by a thread of the pool, for it waits for the
database.
"""

from __future__ import annotations

import traceback

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shindan.api import errors
from shindan.api.errors import FrontError, Told
from shindan.api.exchange import Exchange, Reply, joined
from shindan.api.spec import TARGET_PREFIX, spec
from shindan.api.steps import MustWait, Ports, chain_of
from shindan.model.errors import StoreUnavailable

LARGEST_BODY = 1_000_000
"""Bytes. The largest good request, 100 names of findings, has 20 kB."""

LARGEST_HURRIED = 50_000
"""Bytes of a body that is hashed and read at once: larger ones would hold all other requests up."""

BEGUN = "shindan.exchange"
"""The key of a scope with an exchange that has been through `at_once`, in vain."""


class Gateway:
    """Answers requests through its ports: an ASGI application for POST /."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def routes(self) -> list[Route]:
        """POST /: both protocols share it."""
        return [Route("/", self, methods=["POST"])]

    def reply(self, exchange: Exchange) -> Reply:
        """Takes a request through its chain, or what is left of it, and waits where need be.

        Never raises: an error is an answer, too.
        """
        exchange.hurried = False
        reply = self._through(exchange)
        assert reply is not None
        return reply

    def at_once(self, exchange: Exchange) -> Reply | None:
        """The answer, if none of its steps has to wait; None: `reply` goes on where this has stopped."""
        exchange.hurried = True
        return self._through(exchange)

    def too_large(self, exchange: Exchange) -> Reply:
        """The answer to a request whose body was not read to its end."""
        told = errors.told(FrontError("RequestEntityTooLarge", f"a request has at most {LARGEST_BODY:,} bytes"))
        self.ports.log(exchange.event(told.status, told.type))
        return chain_of(exchange).write_error(exchange, told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0."""
        try:
            body = await _body(receive)
        except _GoneError:
            return  # nobody is there to be answered
        begun = scope.get(BEGUN)
        exchange = begun or _exchange(scope, body or b"")
        reply = None
        if body is None:
            reply = self.too_large(exchange)
        elif not begun and len(body) <= LARGEST_HURRIED:
            reply = self.at_once(exchange)
        if reply is None:
            reply = await run_in_threadpool(self.reply, exchange)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
        headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _through(self, exchange: Exchange) -> Reply | None:
        chain = chain_of(exchange)
        try:
            for step in chain.steps[exchange.done :]:
                step(self.ports, exchange)
                exchange.done += 1
            reply, error = chain.write(exchange), ""
        except MustWait:
            return None
        except Exception as raised:  # noqa: BLE001 - whatever it was, the client gets an answer and the log the trace
            told = errors.tell(raised) or self._unmeant(exchange, raised)
            reply, error = chain.write_error(exchange, told), told.type
        self.ports.log(exchange.event(reply.status, error))
        return reply

    def _unmeant(self, exchange: Exchange, raised: Exception) -> Told:
        about = {"request_id": exchange.request_id, "action": exchange.action}
        if isinstance(raised, StoreUnavailable):
            self.ports.log({"event": "api.unavailable", **about, "why": str(raised)})
            return errors.unavailable(exchange.request_id, _errors_of(exchange))
        self.ports.log({"event": "api.error", **about, "trace": traceback.format_exc()})
        return errors.internal(exchange.request_id)


def _errors_of(exchange: Exchange) -> tuple[str, ...]:
    """The errors that the wanted operation may answer with, also where the request never got so far."""
    name = exchange.headers.get("x-amz-target", "").removeprefix(TARGET_PREFIX)
    operation = exchange.operation or spec().operations.get(name)
    return operation.errors if operation else ()


def _exchange(scope: Scope, body: bytes) -> Exchange:
    client = scope.get("client")
    return Exchange(
        method=scope["method"],
        path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=joined(scope["headers"]),
        body=body,
        peer=client[0] if client else "",
    )


class _GoneError(Exception):
    """The client went away before its request was complete."""


async def _body(receive: Receive) -> bytes | None:
    """The body; None for one that is too large, of which no more is read. Raises _GoneError."""
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        read += message.get("body", b"")
        if len(read) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(read)
