"""Why a request of an agent is refused: the errors of the agents' protocol (docs/agent-protocol.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATUSES: Mapping[str, int] = {
    "Malformed": 400,
    "WrongDigest": 400,
    "NotSigned": 401,
    "KeyRefused": 401,
    "TokenRefused": 401,
    "ClockSkew": 403,
    "SignatureRefused": 403,
    "NotFound": 404,
    "UnknownRun": 404,
    "CloneSeen": 409,
    "HostTaken": 409,
    "SequenceSeen": 409,
    "Unknown": 409,
    "WrongOffset": 409,
    "WrongSum": 409,
    "TooLarge": 413,
    "ProtocolUnknown": 426,
    "TooMany": 429,
    "Unavailable": 503,
    "NoSpace": 507,
}
"""HTTP's status for each."""


class AgentRefused(Exception):
    """The request is refused; `members` stand in the answer beside code and message, `wait` in Retry-After (s)."""

    def __init__(self, code: str, message: str, *, wait: int | None = None, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait
        self.members = members

    @property
    def status(self) -> int:
        """HTTP's status."""
        return STATUSES[self.code]
