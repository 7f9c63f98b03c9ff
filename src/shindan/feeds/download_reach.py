"""Whether a server can be reached at all, found out soon: a host without a way out must not wait for every address.

A resolver that never answers and a firewall that drops packets would otherwise cost minutes: the system's resolver
has its own long patience, and a name with eight addresses is tried eight times.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from shindan.model.errors import Unreachable

REMEDY = "check HTTPS_PROXY and SHINDAN_CA_FILE, point the feed at a mirror, or import it from a file"
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_IMPATIENT_SECONDS = 1.5
_PENDING = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR})

Proxies = Mapping[str, str]
"""Scheme, or `scheme://host`, to the proxy's address; "" for a direct connection."""


class Ways:
    """What is known of the ways to servers; each is tried once, and a host where two failed is not waited for long."""

    def __init__(self, seconds: float, proxies: Proxies) -> None:
        self._seconds = seconds
        self._proxies = proxies
        self._known: dict[tuple[str, int], str] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Returns if the server of `url`, or the proxy in front of it, takes connections. Raises Unreachable."""
        place = _place(proxy_of(url, self._proxies) or url)
        if place is None:
            return
        with self._lock:
            if place not in self._known:
                self._known[place] = reach(*place, self._seconds)
                if self._known[place].startswith("no answer"):
                    self._seconds = min(self._seconds, _IMPATIENT_SECONDS)
            reason = self._known[place]
        if reason:
            raise Unreachable(f"{place[0]} cannot be reached: {reason}", remedy=REMEDY)


def proxy_of(url: str, proxies: Proxies) -> str:
    """The proxy for `url`: what `proxies` say, else the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY)."""
    parts = urlsplit(url)
    for name in (f"{parts.scheme}://{parts.hostname}", parts.scheme):
        if name in proxies:
            return proxies[name]
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    said = urllib.request.getproxies()
    proxy = said.get(parts.scheme) or said.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def reach(host: str, port: int, seconds: float) -> str:
    """Why nothing at `host` takes connections within `seconds`; "" where something does."""
    end = time.monotonic() + seconds
    found: list[tuple[int, tuple[object, ...]]] = []
    why = [f"no answer to the question for its address within {seconds:g} s"]

    def look_up() -> None:
        try:
            found.extend((one[0], one[4]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            why[0] = f"its name has no address ({getattr(error, 'strerror', None) or error})"

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    return _first_to_answer(list(dict.fromkeys(found)), end, seconds) if found else why[0]


def _first_to_answer(addresses: list[tuple[int, tuple[object, ...]]], end: float, seconds: float) -> str:
    """Dials all addresses at once; "" as soon as one takes the connection."""
    why = f"no answer within {seconds:g} s"
    with selectors.DefaultSelector() as waiting:
        try:
            for family, address in addresses:
                dialled = socket.socket(family, socket.SOCK_STREAM)
                dialled.setblocking(False)
                waiting.register(dialled, selectors.EVENT_WRITE)
                code = dialled.connect_ex(address)
                if code == 0:
                    return ""
                if code not in _PENDING:
                    waiting.unregister(dialled)
                    dialled.close()
                    why = os.strerror(code).lower()
            while waiting.get_map():
                ready = waiting.select(max(0.0, end - time.monotonic()))
                if not ready:
                    return f"no answer within {seconds:g} s"
                for key, _ in ready:
                    code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # type: ignore[union-attr]
                    if code == 0:
                        return ""
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
                    why = os.strerror(code).lower()
        except OSError as error:
            return (error.strerror or str(error)).lower()
        finally:
            for left in list(waiting.get_map().values()):
                left.fileobj.close()  # type: ignore[union-attr]
    return why


def _place(url: str) -> tuple[str, int] | None:
    """Host and port of an address; None where it names none, which the client then says better."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
