"""The door of the API: a request in, an answer out, whatever happens in between.

One thread of the pool takes a request through its chain (`steps`), since the lookup of the key and the verb wait for
the database, and the rest takes some 30 us.
"""

from __future__ import annotations

import traceback

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shindan.api import errors
from shindan.api.errors import FrontError, Told
from shindan.api.exchange import Exchange, Reply, joined
from shindan.api.steps import Ports, chain_of

LARGEST_BODY = 1_000_000
"""Bytes. The largest good request, 100 names of findings, has 20 kB."""


class Gateway:
    """Answers requests through its ports."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def routes(self) -> list[Route]:
        """POST /: both protocols share it."""
        return [Route("/", self._endpoint, methods=["POST"])]

    def reply(self, exchange: Exchange) -> Reply:
        """Takes a request through its chain. Never raises: an error is an answer, too."""
        chain = chain_of(exchange)
        try:
            for step in chain.steps:
                step(self.ports, exchange)
            reply, error = chain.write(exchange), ""
        except Exception as raised:  # noqa: BLE001 - whatever it was, the client gets an answer and the log the trace
            told = errors.tell(raised) or self._unmeant(exchange)
            reply, error = chain.write_error(exchange, told), told.type
        self.ports.log(exchange.event(reply.status, error))
        return reply

    def too_large(self, exchange: Exchange) -> Reply:
        """The answer to a request whose body was not read to its end."""
        told = errors.told(FrontError("RequestEntityTooLarge", f"a request has at most {LARGEST_BODY:,} bytes"))
        self.ports.log(exchange.event(told.status, told.type))
        return chain_of(exchange).write_error(exchange, told)

    def _unmeant(self, exchange: Exchange) -> Told:
        event = {"event": "api.error", "request_id": exchange.request_id, "action": exchange.action}
        self.ports.log({**event, "trace": traceback.format_exc()})
        return errors.internal(exchange.request_id)

    async def _endpoint(self, request: Request) -> Response:
        body = await _body(request)
        scope = request.scope
        exchange = Exchange(
            method=request.method,
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=joined(scope["headers"]),
            body=body or b"",
            peer=request.client.host if request.client else "",
        )
        reply = self.too_large(exchange) if body is None else await run_in_threadpool(self.reply, exchange)
        return Response(reply.body, status_code=reply.status, headers=dict(reply.headers))


async def _body(request: Request) -> bytes | None:
    """The body; None for one that is too large, of which no more is read."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST_BODY:
            return None
    return bytes(read)
