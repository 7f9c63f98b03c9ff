"""Whoever counts holds the account; rows that only name it do not wait for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from service_world import ACCOUNT, World, worlds
from shindan.model.assessment import ResourceGroup
from shindan.store import accounts, groups
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_two_who_count_take_turns(world: World) -> None:
    begun, order = Event(), []

    def second() -> None:
        begun.set()
        with world.database.write() as connection:
            accounts.lock(connection, ACCOUNT)
            order.append(("second", groups.count(connection, ACCOUNT)))

    thread = Thread(target=second)
    with world.database.write() as connection:
        assert accounts.lock(connection, ACCOUNT)
        thread.start()
        assert begun.wait(10)
        groups.add(connection, ResourceGroup("0-00000001", ACCOUNT, (("a", None),), 1))
        order.append(("first", groups.count(connection, ACCOUNT)))
    thread.join(30)
    assert order == [("first", 1), ("second", 1)]


def test_an_account_that_does_not_exist_cannot_be_held(world: World) -> None:
    with world.database.write() as connection:
        assert not accounts.lock(connection, "000000000000")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_row_that_names_the_account_does_not_wait(world: World) -> None:
    done = Event()

    def add() -> None:
        with world.database.write() as connection:
            groups.add(connection, ResourceGroup("0-00000002", ACCOUNT, (("a", None),), 1))
        done.set()

    thread = Thread(target=add)
    with world.database.write() as connection:
        accounts.lock(connection, ACCOUNT)
        thread.start()
        assert done.wait(10)
    thread.join(30)
