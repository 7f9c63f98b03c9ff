"""The HTTP protocol of the server, with a shorter way for small requests of the API that nobody has to wait for.

Between uvicorn's parser and an ASGI application lie a task, two events, a copy of the body and three messages, which
cost as much as checking a signature. A POST / that is there in full, and whose answer the gateway has at once, is
answered where its last byte was read. Everything else, and whatever is unusual about a request, goes uvicorn's own way.
"""

from __future__ import annotations

import http
from typing import Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shindan.api.exchange import Exchange, Reply, joined
from shindan.api.gateway import BEGUN, LARGEST_HURRIED

_BEGINNINGS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus}


class Door(Protocol):
    """What the gateway is here for."""

    def at_once(self, exchange: Exchange) -> Reply | None: ...


def shortcut(door: Door) -> type[HttpToolsProtocol]:
    """The protocol of a server whose API is behind `door`; it is given to `uvicorn.Config(http=…)`."""

    class Shortcut(_Shortcut):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._door = door

    return Shortcut


class _Shortcut(HttpToolsProtocol):
    """One connection. `_body` is that of a request that may take the shorter way; None: it takes the longer."""

    _door: Door
    _body: bytearray | None = None
    _first = True

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._first = True  # of several requests in one go the others wait their turn, as those of other clients do
        super().data_received(data)

    def on_message_begin(self) -> None:
        """See httptools, like all that follow."""
        self._body = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._may_be_short():
            self._first, self._body = False, bytearray()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._body is None:
            super().on_body(body)
            return
        self._body += body
        if len(self._body) > LARGEST_HURRIED:
            self._go_the_longer_way()

    def on_message_complete(self) -> None:
        if self._body is not None:
            headers = joined(self.headers)
            if "x-forwarded-for" not in headers:  # else uvicorn finds out who asks
                exchange = Exchange("POST", "/", "", headers, bytes(self._body), self.client[0] if self.client else "")
                reply = self._door.at_once(exchange)
                if reply is not None:
                    self._answer(reply)
                    return
                cast("dict[str, Any]", self.scope)[BEGUN] = exchange
            self._go_the_longer_way()
        super().on_message_complete()

    def _may_be_short(self) -> bool:
        return (
            self.url == b"/"
            and self._first
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and not self.expect_100_continue
            and not self.flow.write_paused
            and self.limit_concurrency is None
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not self.transport.is_closing()
        )

    def _go_the_longer_way(self) -> None:
        body, self._body = bytes(self._body or b""), None
        super().on_headers_complete()
        if body:
            super().on_body(body)

    def _answer(self, reply: Reply) -> None:
        self._body = None
        lines = [f"{name}: {value}\r\n" for name, value in reply.headers.items()]
        self.transport.write(
            b"%b%b%bcontent-length: %d\r\n\r\n%b"
            % (
                _BEGINNINGS[reply.status],
                b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers),
                "".join(lines).encode("latin-1"),
                len(reply.body),
                reply.body,
            )
        )
        self.on_response_complete()
