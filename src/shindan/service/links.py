"""Addresses under which somebody may download one report for a while, without an access key.

The address carries what it is for and until when, sealed with a key of the service; nothing is kept about it. Whoever
has it can read the report, as with the presigned addresses of the original.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import NamedTuple

from shindan.model.errors import ShindanError
from shindan.service.service import Service
from shindan.store import reports
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


class Opened(NamedTuple):
    """What an address leads to; `filename` is what to call it when it is kept."""

    content: bytes
    type: str
    filename: str


def link(service: Service, which: Which, now: int) -> str:
    """An address of a report, good for `LASTS` seconds from `now` (milliseconds since the epoch)."""
    body = json.dumps([which.run, which.type, which.format, now // 1000 + LASTS], separators=(",", ":")).encode()
    token = base64.urlsafe_b64encode(_seal(service, body) + body).decode().rstrip("=")
    return f"{service.public_url.rstrip('/')}{PATH}{token}"


def open_link(service: Service, token: str, now: int) -> Opened:
    """What the last part of an address leads to. Raises LinkExpired, LinkRefused, StoreError for lost content."""
    run, type_, format_, until = _read(service, token)
    if now // 1000 >= until:
        raise LinkExpired
    which = Which(run, type_, format_)
    with service.database.read() as connection:
        found = reports.get(connection, which)
    if found is None or found.blob is None:
        raise LinkRefused("the run that this report was about is gone, and the report with it")
    name = f"assessment-report-{run}-{type_.lower()}.{format_.lower()}"
    return Opened(service.blobs.get(found.blob), _TYPES[format_], name)


def _read(service: Service, token: str) -> tuple[str, str, str, int]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        seal, body = raw[:_SEAL], raw[_SEAL:]
        if hmac.compare_digest(seal, _seal(service, body)):
            run, type_, format_, until = json.loads(body)
            return run, type_, format_, until
    except ValueError:
        pass
    raise LinkRefused("the address is not one that this service gave out")


def _seal(service: Service, body: bytes) -> bytes:
    return hmac.digest(service.keys["links"], b"report " + body, "sha256")[:_SEAL]
