"""The shorter way through the HTTP server: who may go it, and that a client cannot tell which one it went."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable

from shindan.api.exchange import Exchange, Reply
from shindan.api.gateway import BEGUN, LARGEST_HURRIED
from shindan.app.shortcut import shortcut

KEPT_ALIVE = 1


@dataclass
class Door:
    """Answers with the body, in capitals, unless the body says that somebody must be waited for."""

    seen: list[Exchange] = field(default_factory=list)

    def at_once(self, exchange: Exchange) -> Reply | None:
        self.seen.append(exchange)
        return None if exchange.body.startswith(b"wait") else Reply(200, {"x-way": "short"}, exchange.body.upper())


@dataclass
class Site:
    """A server on loopback whose application answers with the body, turned round."""

    port: int
    door: Door
    scopes: list[Any]
    go_on: threading.Event

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def answers(self, *pieces: bytes, number: int = 1) -> list[tuple[int, str, bytes]]:
        """(status, way, body) of each answer to what is sent, piece by piece, over one connection."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
                if len(pieces) > 1:
                    time.sleep(0.05)  # the server is to read them one by one; it must not matter if it does not
            with connection.makefile("rb") as file:
                return [read(file) for _ in range(number)]


def read(file: Any) -> tuple[int, str, bytes]:
    """One answer, a provisional one left out."""
    status = int(file.readline().split()[1])
    headers = {}
    while (line := file.readline().strip()) != b"":
        name, _, value = line.decode().partition(": ")
        assert name.lower() not in headers
        headers[name.lower()] = value
    if status == 100:
        return read(file)
    assert "date" in headers
    return status, headers.get("x-way", ""), file.read(int(headers["content-length"]))


@pytest.fixture
def site() -> Iterator[Site]:
    door, scopes, go_on = Door(), [], threading.Event()
    go_on.set()

    async def application(scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        scopes.append(scope)
        body, more = b"", True
        while more:
            message: Any = await receive()
            body, more = body + message["body"], message["more_body"]
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        headers = [(b"x-way", b"long"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": body[::-1], "more_body": False})

    config = uvicorn.Config(
        application, http=shortcut(door), log_config=None, lifespan="off", timeout_keep_alive=KEPT_ALIVE
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: server.run([listening]))
        thread.start()
        yield Site(listening.getsockname()[1], door, scopes, go_on)
        go_on.set()
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


def post(body: bytes, *headers: str, line: str = "POST / HTTP/1.1") -> bytes:
    """A request."""
    named = "".join(f"{header}\r\n" for header in ("Host: here", f"Content-Length: {len(body)}", *headers))
    return f"{line}\r\n{named}\r\n".encode() + body


@pytest.mark.parametrize(
    "pieces",
    [
        (post(b"abc"),),
        (post(b"abc")[:25], post(b"abc")[25:]),
        (post(b"abc")[:-1], b"c"),
        (b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",),
    ],
    ids=["in one piece", "torn in its headers", "torn in its body", "in chunks"],
)
def test_what_the_door_has_at_once_is_answered_at_once(site: Site, pieces: tuple[bytes, ...]) -> None:
    assert site.answers(*pieces) == [(200, "short", b"ABC")]
    assert site.scopes == []
    assert [(one.method, one.path, one.query, one.peer) for one in site.door.seen] == [("POST", "/", "", "127.0.0.1")]
    assert site.door.seen[0].headers["host"] == "here"


@pytest.mark.parametrize(
    "request_",
    [
        post(b"abc", line="POST /other HTTP/1.1"),
        post(b"abc", line="POST /?a=b HTTP/1.1"),
        post(b"abc", line="PUT / HTTP/1.1"),
        post(b"abc", line="POST / HTTP/1.0"),
        post(b"abc", "Connection: close"),
        post(b"abc", "Expect: 100-continue"),
        post(b"abc", "X-Forwarded-For: 192.0.2.1"),
    ],
    ids=["path", "query", "method", "old protocol", "last one", "asks first", "through a proxy"],
)
def test_what_is_unusual_goes_the_longer_way(site: Site, request_: bytes) -> None:
    assert site.answers(request_) == [(200, "long", b"cba")]
    assert site.door.seen == [] and BEGUN not in site.scopes[0]


def test_what_has_to_wait_goes_on_where_the_door_stopped(site: Site) -> None:
    assert site.answers(post(b"wait")) == [(200, "long", b"tiaw")]
    assert [site.scopes[0][BEGUN]] == site.door.seen


def test_a_large_body_is_not_read_at_once(site: Site) -> None:
    body = b"a" * LARGEST_HURRIED
    assert site.answers(post(body)) == [(200, "short", body.upper())]
    assert site.answers(post(body + b"b")) == [(200, "long", b"b" + body)]
    assert len(site.door.seen) == 1


def test_requests_in_one_go_are_answered_in_their_order(site: Site) -> None:
    answers = site.answers(b"".join(post(b"a%d" % n) for n in range(5)), number=5)
    assert [body.lower() if way == "short" else body[::-1] for _, way, body in answers] == [
        b"a0", b"a1", b"a2", b"a3", b"a4",
    ]  # fmt: skip


def test_nobody_overtakes_who_waits(site: Site) -> None:
    site.go_on.clear()
    with site.connect() as connection, connection.makefile("rb") as file:
        connection.sendall(post(b"wait"))
        while not site.scopes:
            time.sleep(0.01)
        connection.sendall(post(b"abc"))
        assert site.answers(post(b"other")) == [(200, "short", b"OTHER")]  # of another connection
        site.go_on.set()
        assert [read(file)[2] for _ in range(2)] == [b"tiaw", b"cba"]
        connection.sendall(post(b"abc"))
        assert read(file) == (200, "short", b"ABC")


def test_a_connection_is_kept_and_closed_when_it_is_idle(site: Site) -> None:
    with site.connect() as connection, connection.makefile("rb") as file:
        for _ in range(3):
            connection.sendall(post(b"abc"))
            assert read(file) == (200, "short", b"ABC")
        assert file.read() == b""


def test_what_is_no_request_is_refused(site: Site) -> None:
    with site.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        with connection.makefile("rb") as file:
            assert file.read().startswith(b"HTTP/1.1 400 ")
    assert site.answers(post(b"abc")) == [(200, "short", b"ABC")]
