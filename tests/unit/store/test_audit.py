"""The audit is read from the newest entry on, by account, and pruned by age."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shindan.store import audit
from shindan.store.database import Database
from stores import BACKENDS, databases


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from databases(request.param, tmp_path)


def test_entries_come_newest_first_part_by_part_and_are_pruned(database: Database) -> None:
    with database.write() as connection:
        for number in range(5):
            for account in ("1", "2"):
                audit.note(
                    connection,
                    account=account,
                    caller="mia",
                    action=f"Do{number}",
                    resource="r",
                    outcome="done",
                    at=number,
                )
    with database.read() as connection:
        first = audit.entries(connection, "1", limit=3)
        rest = audit.entries(connection, "1", before=first[-1].number, limit=3)
    assert [entry.action for entry in first + rest] == ["Do4", "Do3", "Do2", "Do1", "Do0"]
    assert (first[0].caller, first[0].resource, first[0].outcome, first[0].detail) == ("mia", "r", "done", {})
    with database.write() as connection:
        assert audit.prune(connection, before=3) == 6
        assert [entry.at for entry in audit.entries(connection, "2")] == [4, 3]
