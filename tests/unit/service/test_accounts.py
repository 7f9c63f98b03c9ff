"""Accounts have numbers of twelve digits, settings of their own, and administrators who change them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service_world import ACCOUNT, OTHER, World, worlds
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import accounts
from shindan.store import audit
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_accounts_are_listed_oldest_first(world: World) -> None:
    made = accounts.create(world.service, name="third")
    assert len(made.id) == 12
    assert made.id.isdigit()
    found = accounts.list_(world.service)
    assert {one.id for one in found} == {ACCOUNT, OTHER, made.id}
    assert found == sorted(found, key=lambda one: (one.created_at, one.id))
    assert accounts.get(world.service, made.id) == made


@pytest.mark.parametrize(
    ("number", "code"),
    [("12", "INVALID_ACCOUNT"), ("12345678901x", "INVALID_ACCOUNT"), (ACCOUNT, "ACCOUNT_ALREADY_EXISTS")],
)
def test_numbers_that_are_refused(world: World, number: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        accounts.create(world.service, number=number)
    assert caught.value.code == code


def test_an_unknown_account(world: World) -> None:
    with pytest.raises(NoSuchEntity):
        accounts.get(world.service, "000000000000")


def test_settings_are_changed_one_by_one(world: World) -> None:
    accounts.change_settings(world.service, world.caller, {"continuous": False, "a": 1})
    merged = accounts.change_settings(world.service, world.caller, {"a": None, "b": [2]})
    assert merged == {"continuous": False, "b": [2]} == accounts.get(world.service, ACCOUNT).settings
    assert accounts.get(world.service, OTHER).settings == {}


def test_only_administrators_change_settings_and_others_are_written_down(world: World) -> None:
    with pytest.raises(AccessDenied):
        accounts.change_settings(world.service, replace(world.caller, user="mia", administrator=False), {"a": 1})
    assert accounts.get(world.service, ACCOUNT).settings == {}
    with world.database.read() as connection:
        newest = audit.entries(connection, ACCOUNT)[0]
    assert (newest.action, newest.outcome) == ("ChangeSettings", "ACCESS_DENIED")
    assert newest.caller.endswith(":user/mia")
