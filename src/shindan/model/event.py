"""What leaves the house: one message to one address, and how sending it went.

Moments are milliseconds since the epoch, in UTC.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

PublishStatus = Literal["SUCCESS", "TOPIC_DOES_NOT_EXIST", "ACCESS_DENIED", "INTERNAL_ERROR"]
"""The API's words for how a publication went (`snsPublishStatusCode`)."""

_SPACE = uuid.UUID("6d9a3a1c-90a4-4d0e-8a1d-4c2c5b7f0e11")


class Sent(NamedTuple):
    """How sending went. `detail` says why not; `lasting`: trying again soon would change nothing."""

    status: PublishStatus
    detail: str = ""
    lasting: bool = False

    @property
    def arrived(self) -> bool:
        """Whether it did."""
        return self.status == "SUCCESS"


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way. `payload` is what specification section 9.3 shows, in its order.

    `id` (a UUID) is the same however often it is sent, so that a receiver can tell a repetition. `group` are the
    messages that are kept in order: a run's id, or "" for those of no run. `at` is when it happened.
    """

    id: str
    account: str
    group: str
    payload: Mapping[str, Any]
    at: int

    @property
    def text(self) -> str:
        """The payload as JSON, as it travels."""
        return json.dumps(self.payload, separators=(",", ":"), ensure_ascii=False)


def message_id(account: str, number: int, at: int) -> str:
    """The id of the message that waits under a number."""
    return str(uuid.uuid5(_SPACE, f"{account} {number} {at}"))
