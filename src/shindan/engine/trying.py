"""How often what fails to be sent is tried again, and when."""

from __future__ import annotations

import random
from collections.abc import Mapping

from shindan.model.event import PublishStatus

TAKEN = 60_000
"""Milliseconds for which a message is taken, and a topic held; longer than any channel takes to send."""

TRIES: Mapping[PublishStatus, int] = {"ACCESS_DENIED": 4, "TOPIC_DOES_NOT_EXIST": 4, "INTERNAL_ERROR": 10}
"""How often a message is sent before it is given up, by how it went last: together some half an hour at most. So many
turns in a row in which nothing arrives end what waits for a topic, too."""

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0


def pause_before(attempt: int) -> float:
    """Seconds to wait before an attempt (from the second on): longer each time, and never the same for all."""
    longest = min(_FIRST_PAUSE * 2.0 ** (attempt - 2), _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
