"""Whose request it is: signed with an agent's key, over its number in a rising sequence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from shindan.service.agent_keys import AgentKey
from shindan.service.agent_refused import AgentRefused
from shindan.service.signature_error import SignatureError
from shindan.service.sigv4 import SKEW, verify

SERVICE = "shindan-agent"
"""The name of the service in signatures."""

SEQUENCE = "x-shindan-sequence"
BATCH = "x-shindan-batch"

_NUMBER = re.compile(r"[1-9][0-9]{0,15}")
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_FIELDS = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
_SIGNED = re.compile(r"SignedHeaders=([^,\s]+)")
_CODES = {
    "MissingAuthenticationTokenException": "NotSigned",
    "IncompleteSignatureException": "NotSigned",
    "UnrecognizedClientException": "KeyRefused",
    "ExpiredTokenException": "KeyRefused",
}


class Asked(NamedTuple):
    """One request as it came: path and query raw, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str


def identified(asked: Asked, find_key: Callable[[str], AgentKey | None], *, region: str, now: float) -> tuple[str, int]:
    """(id of the key, sequence number) of a request; `now` in seconds.

    Raises AgentRefused: ClockSkew with the moment here, NotSigned, KeyRefused, SignatureRefused, Malformed.
    """
    _check_clock(asked.headers.get("x-amz-date", ""), now)
    try:
        key = verify(
            asked.method,
            asked.path,
            asked.query,
            asked.headers,
            asked.body,
            find_key,
            services=frozenset({SERVICE}),
            region=region,
            now=now,
        )
    except SignatureError as error:
        raise AgentRefused(_CODES.get(error.code, "SignatureRefused"), str(error)) from None
    number = asked.headers.get(SEQUENCE, "")
    if not _NUMBER.fullmatch(number):
        raise AgentRefused("Malformed", f"{SEQUENCE} is a positive number of at most 16 digits")
    signed = _SIGNED.search(asked.headers["authorization"])
    names = signed[1].split(";") if signed else []
    for name in (SEQUENCE, BATCH):
        if name in asked.headers and name not in names:
            raise AgentRefused("SignatureRefused", f"the header {name} must be signed")
    return key.id, int(number)


def _check_clock(stamp: str, now: float) -> None:
    """Tells an agent whose clock is off by how much, before its signature is looked at: the time is no secret."""
    if not _STAMP.fullmatch(stamp):
        return
    try:
        year, month, day, hour, minute, second = (int(stamp[start:end]) for start, end in _FIELDS)
        then = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return
    if abs(now - then) > SKEW:
        message = f"the clock is off by {abs(now - then):.0f} s; up to {SKEW} s are taken"
        raise AgentRefused("ClockSkew", message, now=round(now * 1000))
