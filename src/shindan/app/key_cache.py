"""Access keys at hand, so that a request need not wait for the database to know who signed it.

A key is taken from memory only while `store.freshness` vouches that nobody has changed keys, users or policies since it
was read: on SQLite not a moment longer, on PostgreSQL at most half a second after another process did. SQLite only
knows that somebody has written something, as agents do all the time; there the key is read again on the spot, which
takes less time than a thread to wake up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from shindan.model.errors import ShindanError
from shindan.service.access_keys import KeyInForce, find_key
from shindan.service.service import Service
from shindan.store.freshness import Stamp, watch

TABLES = ("access_key", "user_account", "policy", "account")
"""What a key in force is put together from."""

_MOST = 1000


class KeyCache:
    """Finds keys; `due` says of a key's id whether its use is to be noted, which only a thread that may wait can do."""

    def __init__(self, service: Service, due: Callable[[str], bool], stamp: Stamp | None = None) -> None:
        self._service = service
        self._due = due
        self._stamp = stamp or watch(service.database, TABLES)
        self._kept: dict[str, tuple[Hashable, KeyInForce]] = {}

    def at_hand(self, key_id: str) -> KeyInForce | None:
        """A key without waiting; None where the database has to be asked, and to be waited for."""
        if self._due(key_id):
            return None
        kept = self._kept.get(key_id)
        if kept is not None and kept[0] == self._stamp():
            return kept[1]
        if not self._service.database.is_sqlite:
            return None
        try:
            with self._service.database.hurried():
                return self.find(key_id)
        except ShindanError:
            return None  # whoever may wait is told why

    def find(self, key_id: str) -> KeyInForce | None:
        """The key, from the database if need be; see `service.access_keys.find_key`."""
        stamp = self._stamp()  # before reading: what is written meanwhile makes it stale
        kept = self._kept.get(key_id)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        key = find_key(self._service, key_id)
        if key is None:
            self._kept.pop(key_id, None)
            return None
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key_id] = (stamp, key)
        return key
