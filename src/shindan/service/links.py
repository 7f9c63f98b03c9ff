"""Addresses under which somebody may download one report or export for a while, without an access key.

The address carries what it is for and until when, sealed with a key of the service; nothing is kept about it. Whoever
has it can read the report, as with the presigned addresses of the original.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from shindan.model.errors import ShindanError, StoreError
from shindan.render.fleet import FLEET_FORMS
from shindan.service.service import Service
from shindan.store import exports, reports
from shindan.store.reports import Which

PATH = "/reports/"
LASTS = 3600
"""Seconds for which an address is good."""

_SEAL = 20
_TYPES = {"HTML": "text/html; charset=utf-8", "PDF": "application/pdf"}

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The Content-Security-Policy to serve a report with: it comes from our own origin, and must be able to do nothing."""


class LinkRefused(ShindanError):
    """The address is none of ours, or what it led to is gone."""


class LinkExpired(LinkRefused):
    """The address was good for a while, and is not any more; ask for the report again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an address leads to; `filename` is what to call it when it is kept. `pieces` reads it piece by piece."""

    pieces: Callable[[], Iterator[bytes]]
    type: str
    filename: str

    @property
    def content(self) -> bytes:
        """All of it. Raises StoreError for lost content."""
        return b"".join(self.pieces())


def link(service: Service, which: Which, now: int) -> str:
    """An address of a report, good for `LASTS` seconds from `now` (milliseconds since the epoch)."""
    return _address(service, [*which, now // 1000 + LASTS])


def export_link(service: Service, id_: str, now: int) -> str:
    """An address of an export, good for as long."""
    return _address(service, [id_, now // 1000 + LASTS])


def open_link(service: Service, token: str, now: int) -> Opened:
    """What the last part of an address leads to. Raises LinkExpired, LinkRefused, StoreError for lost content."""
    *what, until = _read(service, token)
    if now // 1000 >= until:
        raise LinkExpired
    return _export(service, *what) if len(what) == 1 else _report(service, Which(*what))


def _report(service: Service, which: Which) -> Opened:
    with service.database.read() as connection:
        found = reports.get(connection, which)
    if found is None or found.blob is None:
        raise LinkRefused("the run that this report was about is gone, and the report with it")
    form = FLEET_FORMS.get(which.format)
    language = f"-{which.language}" if which.language != "en" else ""
    ending = form.ending if form else which.format.lower()
    name = f"assessment-report-{which.run}-{which.type.lower()}{language}.{ending}"
    return _opened(service, found.blob, form.media_type if form else _TYPES[which.format], name)


def _export(service: Service, id_: str) -> Opened:
    with service.database.read() as connection:
        found = exports.get(connection, id_)
    if found is None or found.blob is None:
        raise LinkRefused("this export is gone: ask for another")
    form = FLEET_FORMS[found.about.form]
    return _opened(service, found.blob, form.media_type, f"findings-{id_}.{form.ending}")


def _opened(service: Service, blob: str, type_: str, name: str) -> Opened:
    if not service.blobs.path(blob).exists():
        raise StoreError(f"blob {blob[:12]} is missing")
    return Opened(partial(service.blobs.pieces, blob), type_, name)


def _address(service: Service, words: list[str | int]) -> str:
    body = json.dumps(words, separators=(",", ":")).encode()
    token = base64.urlsafe_b64encode(_seal(service, body) + body).decode().rstrip("=")
    return f"{service.public_url.rstrip('/')}{PATH}{token}"


def _read(service: Service, token: str) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        seal, body = raw[:_SEAL], raw[_SEAL:]
        if hmac.compare_digest(seal, _seal(service, body)):
            words: list[Any] = json.loads(body)
            return words
    except ValueError:
        pass
    raise LinkRefused("the address is not one that this service gave out")


def _seal(service: Service, body: bytes) -> bytes:
    return hmac.digest(service.keys["links"], b"report " + body, "sha256")[:_SEAL]
