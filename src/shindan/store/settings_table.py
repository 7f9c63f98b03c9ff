"""Values that belong to the whole installation, by name: JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select

from shindan.store.database import inserted, upsert
from shindan.store.tables import setting


def get(connection: Connection, key: str) -> Any:
    """The value of a name; None where there is none."""
    return connection.execute(select(setting.c.value).where(setting.c.key == key)).scalar_one_or_none()


def put(connection: Connection, key: str, value: Any) -> None:
    """Keeps a value, in place of an older one."""
    upsert(connection, setting, [{"key": key, "value": value}], key=("key",), update=("value",))


def put_first(connection: Connection, key: str, value: Any) -> bool:
    """Keeps a value unless there is one already; whether it was the first."""
    return inserted(connection, setting, {"key": key, "value": value}, unless=("key",))


def remove(connection: Connection, key: str) -> None:
    """Lets go of a value."""
    connection.execute(delete(setting).where(setting.c.key == key))
