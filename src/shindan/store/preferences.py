"""What users chose for how the console looks to them."""

from __future__ import annotations

from sqlalchemy import Connection

from shindan.store.database import upsert
from shindan.store.tables import preference


def put(connection: Connection, user_id: str, **chosen: str) -> None:
    """Keeps a choice: `language`, `theme`; the other one stays as it is."""
    row = {"user": user_id, "language": "", "theme": "", **chosen}
    upsert(connection, preference, [row], key=("user",), update=tuple(chosen))
