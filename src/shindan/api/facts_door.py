"""Facts handed in by a person or a program with an access key: POST /facts, signed as every request of the API.

The body is NDJSON, as `shindan collect` prints it, plain or gzip. In the query, which is signed, too: `host` (an id),
`hostname`, `machine_id`, and `tag` (`key=value`), which may be repeated. Policies speak of it as `shindan:SubmitFacts`.
"""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shindan.api import errors
from shindan.api.errors import FrontError, Told, forbidden
from shindan.api.exchange import Exchange, joined
from shindan.api.steps import Ports, authenticate, throttle
from shindan.model.errors import InventoryUnreadable
from shindan.model.host import Host
from shindan.service.caller import allowed
from shindan.service.submissions import MOST_BYTES, About, submit

PATH = "/facts"
ACTION = "shindan:SubmitFacts"


class FactsDoor:
    """Takes facts in through the API's own ports."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> list[Route]:
        """POST /facts."""
        return [Route(PATH, self._endpoint, methods=["POST"])]

    async def _endpoint(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                break
        scope = request.scope
        exchange = Exchange(
            method=request.method,
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=joined(scope["headers"]),
            body=bytes(body),
            peer=request.client.host if request.client else "",
            action=ACTION,
        )
        return await run_in_threadpool(self._answer, exchange)

    def _answer(self, exchange: Exchange) -> Response:
        try:
            status, error, document = 200, "", _shown(self._take(exchange))
        except Exception as raised:  # noqa: BLE001 - as at the API's own door, every error is an answer, too
            told = _told(raised, exchange)
            status, error, document = told.status, told.type, told.document()
            if told.status >= 500:
                self._ports.log({"event": "api.error", "request_id": exchange.request_id, "error": repr(raised)})
        self._ports.log(exchange.event(status, error))
        headers = {"x-amzn-RequestId": exchange.request_id}
        return Response(msgspec.json.encode(document), status, headers, media_type="application/json")

    def _take(self, exchange: Exchange) -> Host:
        if len(exchange.body) > MOST_BYTES:
            raise FrontError("RequestEntityTooLarge", f"facts have at most {MOST_BYTES:,} bytes")
        authenticate(self._ports, exchange)
        throttle(self._ports, exchange)
        if not allowed(exchange.caller, ACTION):
            raise forbidden(exchange.caller.principal, ACTION, [])
        said = parse_qsl(exchange.query, keep_blank_values=True)
        one = dict(said)
        tags = [(key, value) for name, tag in said if name == "tag" for key, _, value in [tag.partition("=")]]
        return submit(
            self._ports.service,
            exchange.caller.account,
            _opened(exchange.body),
            host_id=one.get("host") or None,
            tags=tags,
            about=About(one.get("hostname", ""), one.get("machine_id", ""), otherwise=one.get("otherwise", "")),
            by=exchange.caller.principal,
        )


def _opened(body: bytes) -> IO[bytes]:
    """The facts, unpacked as they are read: what a small gzip unpacks to is bounded by whoever reads."""
    return cast("IO[bytes]", gzip.open(io.BytesIO(body))) if body[:2] == b"\x1f\x8b" else io.BytesIO(body)


def _told(raised: Exception, exchange: Exchange) -> Told:
    if isinstance(raised, InventoryUnreadable | EOFError | zlib.error | gzip.BadGzipFile):
        return errors.told(FrontError("ValidationException", f"the facts cannot be read: {raised}"))
    return errors.tell(raised) or errors.internal(exchange.request_id)


def _shown(host: Host) -> dict[str, object]:
    return {
        "id": host.id,
        "hostname": host.hostname,
        "platform": host.platform,
        "system": host.system,
        "tags": dict(host.tags),
    }
