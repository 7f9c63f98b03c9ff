"""The keys that agents sign with, at hand: a fleet of 10,000 signs 170 requests a second.

A key's secret never changes, so what was read once is good for ever; whether the key is still in force is looked at
with every request, in the transaction that takes note of it (`agent_contacts`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from shindan.model.errors import StoreError
from shindan.service import vault
from shindan.service.service import Service
from shindan.store import agents

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A key as `sigv4.verify` wants it; agents have no session tokens, and their keys end when they are revoked."""

    id: str
    secret: str
    session_token: str | None = None
    expires_at: int | None = None


class AgentKeys:
    """Finds keys by their ids."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[str, AgentKey] = OrderedDict()
        self._lock = threading.Lock()

    def at_hand(self, key_id: str) -> AgentKey | None:
        """A key without waiting; None where the database has to be asked, and to be waited for.

        On SQLite one that is new here is read on the spot, which takes less time than a thread to wake up.
        """
        known = self._kept.get(key_id)
        database = self._service.database
        if known is not None or not database.is_sqlite:
            return known
        try:
            with database.hurried():
                return self.find(key_id)
        except StoreError:
            return None  # whoever may wait is told why

    def find(self, key_id: str) -> AgentKey | None:
        """The key of an id; None for one that is unknown or revoked. Raises StoreError where it cannot be unsealed."""
        known = self._kept.get(key_id)
        if known is not None:
            return known
        with self._service.database.read() as connection:
            sealed = agents.secret(connection, key_id)
        if sealed is None:
            return None
        return self.keep(AgentKey(key_id, vault.unseal(self._service.keys["secrets"], sealed, key_id)))

    def keep(self, key: AgentKey) -> AgentKey:
        """Has a key at hand that somebody will soon sign with."""
        with self._lock:
            self._kept[key.id] = key
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return key
