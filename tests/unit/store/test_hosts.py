"""Many hosts with many tags are read in few statements, and selected by any of several pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from service_world import ACCOUNT, World, worlds
from shindan.store import host_tags, hosts
from shindan.store.tables import host, host_tag
from stores import BACKENDS

MANY = 2500


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.fixture
def fleet(world: World) -> World:
    """Hosts whose ids end in their number; each third is a web server."""
    made = [
        {"id": f"i-{n:017x}", "account": ACCOUNT, "addresses": [], "network": [], "created_at": n} for n in range(MANY)
    ]
    tags = [{"host": row["id"], "key": "role", "value": "web" if n % 3 == 0 else "db"} for n, row in enumerate(made)]
    more = [{"host": row["id"], "key": "number", "value": str(n)} for n, row in enumerate(made)]
    with world.database.write() as connection:
        connection.execute(insert(host), made)
        connection.execute(insert(host_tag), tags + more)
    return world


def test_a_fleet_is_read_in_few_statements(fleet: World) -> None:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(fleet.database.engine, "before_cursor_execute", note)
    try:
        with fleet.database.read() as connection:
            found = hosts.selected(connection, ACCOUNT, (("role", "web"), ("number", "1")))
    finally:
        event.remove(fleet.database.engine, "before_cursor_execute", note)
    assert [int(one.id[2:], 16) for one in found] == [n for n in range(MANY) if n % 3 == 0 or n == 1]
    assert all(dict(one.tags)["number"] == str(int(one.id[2:], 16)) for one in found)
    assert len([statement for statement in seen if "SELECT" in statement]) <= 3


def test_parts_go_on_where_the_last_one_ended(fleet: World) -> None:
    with fleet.database.read() as connection:
        first = hosts.selected(connection, ACCOUNT, None, limit=1000)
        rest = hosts.selected(connection, ACCOUNT, None, after=first[-1].id)
    assert len({one.id for one in first + rest}) == MANY


def test_tags_are_set_and_removed_by_key_and_by_pair(fleet: World) -> None:
    id_ = f"i-{7:017x}"
    with fleet.database.write() as connection:
        host_tags.set_tags(connection, id_, [("role", "app"), ("new", None)])
        assert host_tags.tags(connection, [id_]) == {id_: (("new", ""), ("number", "7"), ("role", "app"))}
        host_tags.remove_tags(connection, id_, [("role", "web"), ("number", None)])
        assert host_tags.tags(connection, [id_]) == {id_: (("new", ""), ("role", "app"))}
        host_tags.remove_tags(connection, id_, [])
        host_tags.set_tags(connection, id_, [])
        assert len(host_tags.tags(connection, [id_])[id_]) == 2
        host_tags.remove_tags(connection, id_, None)
        assert host_tags.tags(connection, [id_]) == {}


def test_a_host_of_another_account_is_not_found(fleet: World) -> None:
    id_ = f"i-{7:017x}"
    with fleet.database.read() as connection:
        assert hosts.get(connection, fleet.other.account, id_) is None
        assert hosts.named(connection, fleet.other.account, [id_]) == []
        assert hosts.taken(connection, id_)
        assert hosts.by_identity(connection, ACCOUNT, "nothing") is None
