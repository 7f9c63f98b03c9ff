"""One TLS connection to one checked address, which takes one request at a time, and whose every wait has an end.

The standard library's HTTP client reads for as long as a byte comes now and then; here all reads of an answer share one
deadline, so that a receiver that drips cannot hold whoever sends.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from shindan.notify.reach import Place

_MOST_READ = 65_536
_READ_SECONDS = 1.0
"""Of an answer's body, read to keep the connection: it is closed where the body is longer, or takes longer."""


class Answer(NamedTuple):
    """What a receiver answered: its status, and what came of the body in a second, up to 64 KiB."""

    status: int
    body: bytes


class ConnectError(OSError):
    """No connection came about; what was to be sent was not."""


class Line:
    """A connection. `host` and `address` are what it was made for; it is for nobody else."""

    def __init__(self, place: Place, context: ssl.SSLContext, seconds: float) -> None:
        self.host, self.port, self.address = place.host, place.port, place.addresses[0]
        self.used = False
        self._stream = _Stream(_dialled(self.address, self.port, self.host, context, seconds))
        self._http = http.client.HTTPConnection(self.host, self.port)
        self._http.auto_open = 0
        self._http.sock = self._stream

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Sends a request, and returns the answer. Raises OSError and http.client.HTTPException."""
        self._stream.deadline = time.monotonic() + seconds
        self._http.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            self._http.putheader(name, value)
        self._http.putheader("content-length", str(len(body)))
        self._http.endheaders(body)
        answer = self._http.getresponse()
        self.used = True
        read = b""
        self._stream.deadline = min(self._stream.deadline, time.monotonic() + _READ_SECONDS)
        with suppress(OSError, http.client.HTTPException):
            read = answer.read(_MOST_READ)
        if not answer.isclosed():
            self.close()
        return Answer(answer.status, read)

    @property
    def open(self) -> bool:
        """Whether it can be used again, as far as this side knows."""
        return self._http.sock is not None

    @property
    def quiet(self) -> bool:
        """Whether nothing came meanwhile: what comes unasked is the end of the connection, or nonsense."""
        return self.open and not select.select([self._stream.fileno()], [], [], 0)[0]

    def close(self) -> None:
        """Closes it."""
        with suppress(OSError):
            self._http.close()
        self._stream.end()


class _Stream(io.RawIOBase):
    """A socket as the HTTP client wants one."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock = sock
        self._readers = 0
        self.deadline = 0.0

    def makefile(self, _: str) -> io.BufferedReader:
        """What answers are read from; the connection outlives it."""
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def sendall(self, data: Any) -> None:
        """Sends everything."""
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def receive(self, buffer: Any) -> int:
        """Waits for bytes until the deadline."""
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)

    def fileno(self) -> int:
        """See `io.IOBase.fileno`."""
        return self._sock.fileno()

    def close(self) -> None:
        """See `io.IOBase.close`. An answer that ends with the connection is still to be read."""
        super().close()
        if not self._readers:
            self.end()

    def let_go(self) -> None:
        """Notes that an answer was read."""
        self._readers -= 1
        if self.closed and not self._readers:
            self.end()

    def end(self) -> None:
        """Ends the connection."""
        with suppress(OSError):
            self._sock.close()

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the receiver took too long")
        return left


class _Reader(io.RawIOBase):
    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._stream.let_go()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.receive(buffer)


def _dialled(address: str, port: int, host: str, context: ssl.SSLContext, seconds: float) -> ssl.SSLSocket:
    deadline = time.monotonic() + seconds
    # No name is looked up here: it could lead elsewhere than where it was found to lead.
    raw = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        raw.settimeout(seconds)
        raw.connect((address, port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(max(0.01, deadline - time.monotonic()))
        return context.wrap_socket(raw, server_hostname=host)  # the library's timeout is that of the whole handshake
    except (OSError, ValueError) as error:
        raw.close()
        raise ConnectError(f"{type(error).__name__}: {error}") from error
