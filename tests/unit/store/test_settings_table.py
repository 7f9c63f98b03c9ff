"""Values of the installation, by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shindan.store import settings_table
from shindan.store.database import Database
from stores import BACKENDS, databases


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from databases(request.param, tmp_path)


def test_a_value_is_kept_replaced_and_let_go(database: Database) -> None:
    with database.write() as connection:
        assert settings_table.get(connection, "a") is None
        settings_table.put(connection, "a", {"b": [1, None, "é"]})
        assert settings_table.get(connection, "a") == {"b": [1, None, "é"]}
        settings_table.put(connection, "a", False)
        assert settings_table.get(connection, "a") is False
        assert not settings_table.put_first(connection, "a", 1)
        assert settings_table.put_first(connection, "b", 2)
        settings_table.remove(connection, "a")
        assert settings_table.get(connection, "a") is None
        assert settings_table.get(connection, "b") == 2
