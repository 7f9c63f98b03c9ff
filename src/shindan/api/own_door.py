"""Our own verbs over HTTP: POST /shindan/<Verb> with a JSON object, signed as every request of the API."""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shindan.api import errors
from shindan.api.errors import FrontError
from shindan.api.exchange import Exchange, joined
from shindan.api.own_calls import own_calls
from shindan.api.steps import Ports, authenticate, parse, throttle

PATH = "/shindan/{verb}"
LARGEST_BODY = 4_000_000
"""Bytes. A file that describes 500 templates and as many schedules has 300 kB."""


class OwnDoor:
    """Answers through the API's own ports."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> list[Route]:
        """POST /shindan/<Verb>."""
        return [Route(PATH, self._endpoint, methods=["POST"])]

    async def _endpoint(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                break
        scope, verb = request.scope, str(request.path_params["verb"])
        exchange = Exchange(
            method=request.method,
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=joined(scope["headers"]),
            body=bytes(body),
            peer=request.client.host if request.client else "",
        )
        return await run_in_threadpool(self._answer, exchange, verb)

    def _answer(self, exchange: Exchange, verb: str) -> Response:
        # Asked for here, in a thread of its own: the first time they are loaded.
        if verb in own_calls():
            exchange.action = f"shindan:{verb}"
        try:
            status, error, document = 200, "", self._done(exchange, verb)
        except Exception as raised:  # noqa: BLE001 - as at the API's own door, every error is an answer, too
            told = errors.tell(raised) or errors.internal(exchange.request_id)
            status, error, document = told.status, told.type, dict(told.document())
            if told.status >= 500:
                self._ports.log({"event": "api.error", "request_id": exchange.request_id, "error": repr(raised)})
        self._ports.log(exchange.event(status, error))
        headers = {"x-amzn-RequestId": exchange.request_id}
        return Response(msgspec.json.encode(document), status, headers, media_type="application/json")

    def _done(self, exchange: Exchange, verb: str) -> dict[str, object]:
        if len(exchange.body) > LARGEST_BODY:
            raise FrontError("RequestEntityTooLarge", f"a request has at most {LARGEST_BODY:,} bytes")
        authenticate(self._ports, exchange)
        throttle(self._ports, exchange)
        if verb not in own_calls():
            raise FrontError("UnknownOperationException", f"there is no verb {verb[:100]!r}")
        parse(self._ports, exchange)
        return own_calls()[verb](self._ports.service, exchange.caller, exchange.request)
