"""What every answer has: a request id, headers that keep browsers from guessing, and a line in the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shindan.api import facts_door
from shindan.api.exchange import request_id
from shindan.api.gateway import Gateway
from shindan.gate import door
from shindan.service import links

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)

_PROBES = frozenset({"/healthz", "/readyz", "/metrics", door.POLL})
"""Asked again and again, by probes and by every agent: logged only where they go wrong."""

_OWN_LINES = frozenset({facts_door.PATH})


class HttpLog:
    """Around the whole application but the API's doors, which write lines of their own, with their own ids.

    POST / goes to `api`, and what is below /agent/ to `gate`, straight on: finding their routes would take as long as
    checking their signatures.
    """

    def __init__(self, app: ASGIApp, api: Gateway, gate: ASGIApp, log: Callable[[Mapping[str, Any]], None]) -> None:
        self._app = app
        self.api = api
        self._gate = gate
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3.0."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "POST":
            await self.api(scope, receive, send)
            return
        if scope["type"] != "http" or (scope["method"] == "POST" and scope["path"] in _OWN_LINES):
            await self._app(scope, receive, send)
            return
        begun, id_, status = time.perf_counter(), request_id(), 500
        app = self._gate if scope["path"].startswith(door.PATH) else self._app

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {name.lower() for name, _ in message["headers"]}
                ours = [header for header in _HEADERS if header[0] not in own]
                message["headers"] = [*message["headers"], (b"x-request-id", id_.encode()), *ours]
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            if status >= 400 or scope["path"] not in _PROBES:
                self._log(_event(scope, id_, status, time.perf_counter() - begun))


def _event(scope: Scope, id_: str, status: int, seconds: float) -> dict[str, Any]:
    return {
        "event": "http.request",
        "request_id": id_,
        "method": scope["method"],
        # Whoever has a report's address may read the report: it is no matter for logs.
        "path": f"{links.PATH}…" if scope["path"].startswith(links.PATH) else scope["path"][:300],
        "peer": scope["client"][0] if scope.get("client") else "",
        "status": status,
        "milliseconds": round(seconds * 1000, 3),
    }
