"""One request on its way through the gateway, and what is known of it so far."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from shindan.api.spec import Operation
from shindan.service.caller import Caller
from shindan.service.sigv4 import Key

FORM = "application/x-www-form-urlencoded"


class CallersKey(Key, Protocol):
    """An access key in force, and whose it is."""

    @property
    def id(self) -> str: ...

    @property
    def caller(self) -> Caller: ...


class Reply(NamedTuple):
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """What came, as it came, and what the steps of the chain found out about it.

    `path` and `query` are raw. `headers` have lower-case names; repeated ones are joined by commas, and the signature
    is checked over the very values that are used. `action` names what is asked for: `inspector:ListFindings`. `done` is
    how many steps of its chain lie behind it; while it is `hurried`, no step may wait.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""
    request_id: str = field(default_factory=lambda: request_id())
    begun: float = field(default_factory=time.perf_counter)
    hurried: bool = False
    done: int = 0
    key: CallersKey | None = None
    operation: Operation | None = None
    action: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    answer: Any = None

    @property
    def is_query(self) -> bool:
        """Whether it speaks EC2's query protocol: a form, and no target in the header."""
        return "x-amz-target" not in self.headers and self.headers.get("content-type", "").startswith(FORM)

    @property
    def caller(self) -> Caller:
        """Who calls; only after authentication."""
        assert self.key is not None
        return self.key.caller

    def event(self, status: int, error: str) -> dict[str, Any]:
        """The line of the log about it: no secret, no signature, no body."""
        known = self.key.caller if self.key else None
        return {
            "event": "api.request",
            "request_id": self.request_id,
            "action": self.action,
            "account": known.account if known else "",
            "user": known.user if known else "",
            "access_key": self.key.id if self.key else "",
            "peer": self.peer,
            "status": status,
            "error": error,
            "milliseconds": round((time.perf_counter() - self.begun) * 1000, 3),
        }


def request_id() -> str:
    """A random UUID (RFC 9562, section 5.4); `uuid.uuid4` takes four times as long."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as the ASGI server hands them over, by name; values of a repeated one in order, joined by commas."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found
