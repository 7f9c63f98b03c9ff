"""When an access key was last used: noted after a good request, at most once a minute for each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.model.errors import ShindanError
from shindan.service.access_keys import find_key, note_use
from shindan.service.service import Service

_EACH = 60_000


class KeyUse:
    """Remembers what it noted, so that a busy key costs one look-up a minute."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._noted: dict[str, int] = {}

    def saw(self, event: Mapping[str, Any]) -> None:
        """Takes note of an event of the API's door; only a key that signed well has a user in it."""
        key_id = str(event.get("access_key") or "")
        at = milliseconds()
        if not key_id or at - self._noted.get(key_id, -_EACH) < _EACH:
            return
        self._noted[key_id] = at
        try:
            key = find_key(self._service, key_id)
            if key is not None:
                note_use(self._service, key)
        except ShindanError:
            # The request was answered: that its time could not be noted is told by the next one that fails.
            del self._noted[key_id]
