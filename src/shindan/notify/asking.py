"""Requests over TLS to checked addresses, by connections that are kept."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import RemoteDisconnected

from shindan.notify.base import CONNECT_SECONDS, Outside
from shindan.notify.line import Answer
from shindan.notify.lines import Lines
from shindan.notify.reach import Place

_ENDED = (RemoteDisconnected, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a connection ends that the receiver closed while it was kept."""


class Asker:
    """Sends requests, and trusts whom this installation trusts."""

    def __init__(self, outside: Outside) -> None:
        self._ca = outside.ca
        self._context: ssl.SSLContext | None = None
        self._lines = Lines(self._trusted, CONNECT_SECONDS)

    def ask(self, place: Place, method: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """The answer to a request. A connection that was kept may have ended meanwhile: then a new one is tried.

        Raises OSError and http.client.HTTPException. Redirects are answers.
        """
        for fresh in (False, True):
            line = self._lines.take(place, fresh=fresh)
            kept = line.used
            try:
                answer = line.ask(method, place.target, headers, body, seconds)
            except BaseException as error:
                line.close()
                if kept and isinstance(error, _ENDED):
                    continue
                raise
            self._lines.give(line)
            return answer
        raise AssertionError("a new connection was not kept")

    def tidy(self) -> None:
        """Closes connections that nobody has used for a while."""
        self._lines.tidy()

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            context = ssl.create_default_context(cafile=str(self._ca) if self._ca else None)
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
        return self._context
