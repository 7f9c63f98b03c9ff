"""One connection to the server, kept open between requests: HTTP/1.1 over TLS. Python 3.6 grammar."""

import http.client
import select
import socket
import ssl
from typing import Callable, Dict, Mapping, NamedTuple, Optional

from shindan.agent.deadline import Deadline, TimeUp
from shindan.agent.proxy import Proxy
from shindan.agent.tls import Trust, Untrusted

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer; a longer one is refused."""

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
REQUEST_SECONDS = 120.0
_BLOCK = 64 * 1024


class Unreachable(Exception):
    """The server did not answer, or not as it should; the text says why. Try again later."""


class Stale(Unreachable):
    """A connection that was kept open had been closed by the other side: try again at once."""


class Answer(NamedTuple):
    """Status, headers with lower-case names, and body."""

    status: int
    headers: Dict[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """As http.client's own for HTTPS, but with our trust, and through the proxy that we chose."""

    def __init__(self, host: str, port: int, trust: Trust, proxy: Optional[Proxy], seconds: float) -> None:
        self._server = host
        self._trust = trust
        if proxy is None:
            super().__init__(host, port, timeout=seconds)
        else:
            super().__init__(proxy.host, proxy.port, timeout=seconds)
            headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
            self.set_tunnel(host, port, headers)

    def connect(self) -> None:
        """See `http.client.HTTPConnection.connect`."""
        super().connect()
        self.sock: socket.socket = self._trust.wrap(self.sock, self._server)
        self.sock.settimeout(SILENCE_SECONDS)


class Link:
    """Requests to one server, one after the other."""

    def __init__(self, host: str, port: int, trust: Trust, proxy: Optional[Proxy] = None) -> None:
        self._host = host.strip("[]")
        self._port = port
        self._trust = trust
        self._proxy = proxy
        self._open: Optional[_Connection] = None
        self.authority = host if port == 443 else "{}:{}".format(host, port)

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        sink: Optional[Callable[[bytes], object]] = None,
        most: int = MAX_ANSWER,
        seconds: float = REQUEST_SECONDS,
    ) -> Answer:
        """The answer; with a `sink`, the body of a 200 goes there block by block. Raises Unreachable, Stale.

        What a `sink` raises comes through.
        """
        kept = self._usable()
        try:
            with Deadline(seconds):
                return self._exchange(method, target, headers, body, sink, most, seconds)
        except TimeUp:
            raise self._failed("no whole answer within {:g} s".format(seconds)) from None
        except Untrusted as error:
            raise self._failed(str(error)) from error
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            if kept:
                self.close()
                raise Stale("the connection was closed: {}".format(error)) from error
            raise self._failed(str(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._failed(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _usable(self) -> bool:
        """Whether a connection is open that the other side has not closed meanwhile."""
        if self._open is None or self._open.sock is None:
            return False
        secure = self._open.sock
        # Between requests nothing is due: what can be read is the end, or the session tickets of TLS 1.3.
        if isinstance(secure, ssl.SSLSocket) and select.select([secure], [], [], 0)[0] and _is_over(secure):
            self.close()
            return False
        return True

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        sink: Optional[Callable[[bytes], object]],
        most: int,
        seconds: float,
    ) -> Answer:
        fresh = self._open is None
        if self._open is None:
            self._open = _Connection(self._host, self._port, self._trust, self._proxy, min(CONNECT_SECONDS, seconds))
        self._open.request(method, target, body or None, _complete(headers, method, body))
        response = self._open.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        if sink is not None and response.status == 200:
            _pour(response, sink, most)
            content = b""
        else:
            content = response.read(min(most, MAX_ANSWER) + 1)
            if len(content) > min(most, MAX_ANSWER):
                raise ValueError("the answer is longer than {} bytes".format(min(most, MAX_ANSWER)))
        if self._open.sock is None or response.will_close:
            self.close()
        elif fresh and isinstance(self._open.sock, ssl.SSLSocket):
            self._trust.keep(self._open.sock)
        return Answer(response.status, found, content)

    def _failed(self, reason: str) -> Unreachable:
        self.close()
        way = " through the proxy {}:{}".format(self._proxy.host, self._proxy.port) if self._proxy else ""
        return Unreachable("https://{}{}: {}".format(self.authority, way, reason))


def _complete(headers: Mapping[str, str], method: str, body: bytes) -> Dict[str, str]:
    sent = dict(headers)
    if method == "POST" and not body:
        sent["content-length"] = "0"
    return sent


def _pour(response: http.client.HTTPResponse, sink: Callable[[bytes], object], most: int) -> None:
    left = most
    while True:
        block = response.read(_BLOCK)
        if not block:
            return
        left -= len(block)
        if left < 0:
            raise ValueError("the answer is longer than {} bytes".format(most))
        sink(block)


def _is_over(secure: ssl.SSLSocket) -> bool:
    secure.settimeout(0)
    try:
        # Nothing but the end, or data that nobody asked for, makes this return.
        secure.recv(1)
        return True
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True
    finally:
        secure.settimeout(SILENCE_SECONDS)
