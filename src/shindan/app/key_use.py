"""When an access key was last used: noted after a good request, at most once a minute for each key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shindan.model.errors import ShindanError
from shindan.service.access_keys import find_key, note_use
from shindan.service.service import Service

_EACH = 60.0
_EARLY = 0.2
"""Seconds by which a request is sent to a thread before it is due to note: it must not become due on its way."""


class KeyUse:
    """Remembers what it noted, so that a busy key costs one look-up a minute."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._noted: dict[str, float] = {}

    def due(self, key_id: str) -> bool:
        """Whether the use of a key is, or is about to be, to be noted: `saw` may then wait for the database."""
        noted = self._noted.get(key_id)
        return noted is None or time.monotonic() - noted >= _EACH - _EARLY

    def saw(self, event: Mapping[str, Any]) -> None:
        """Takes note of an event of the API's door; only a key that signed well has a user in it."""
        key_id = str(event.get("access_key") or "")
        at = time.monotonic()
        noted = self._noted.get(key_id)
        if not key_id or (noted is not None and at - noted < _EACH):
            return
        self._noted[key_id] = at
        try:
            key = find_key(self._service, key_id)
            if key is not None:
                note_use(self._service, key)
        except ShindanError:
            # The request was answered: that its time could not be noted is told by the next one that fails.
            del self._noted[key_id]
