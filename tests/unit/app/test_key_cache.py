"""Keys at hand: kept without waiting, and gone the moment that somebody changes what they are put together from."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service_world import World, worlds
from shindan.app.key_cache import KeyCache
from shindan.service import access_keys, policies, users
from shindan.service.access_keys import NewKey
from shindan.store import access_keys as stored
from shindan.store.database import Database
from shindan.store.freshness import LONGEST
from stores import BACKENDS

DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.fixture
def key(world: World) -> NewKey:
    users.create(world.service, world.caller, "mia", policy_names=["ReadOnly"])
    policies.put(world.service, world.caller, "mine", DENY)
    return access_keys.create(world.service, world.caller, "mia")


def _cache(world: World) -> KeyCache:
    return KeyCache(world.service, lambda _: False)


def _at_hand(cache: KeyCache, key_id: str) -> bool:
    """Whether a key that was just found is at hand; on PostgreSQL the clock may strike in between, but not twice."""
    for _ in range(2):
        assert cache.find(key_id) is not None
        if cache.at_hand(key_id) is not None:
            return True
    return False


def test_a_key_is_at_hand_once_it_was_found(world: World, key: NewKey) -> None:
    cache = _cache(world)
    assert (cache.at_hand(key.id) is not None) == world.database.is_sqlite  # a file is read on the spot
    assert _at_hand(cache, key.id)
    found = cache.find(key.id)
    assert found is not None and found.secret == key.secret
    assert cache.find("AKIAIOSFODNN7EXAMPLE") is None and cache.at_hand("AKIAIOSFODNN7EXAMPLE") is None


def test_a_lock_of_the_database_is_not_waited_for(world: World, key: NewKey) -> None:
    if not world.database.is_sqlite:
        pytest.skip("PostgreSQL is never asked by who must not wait")
    cache = _cache(world)
    with sqlite3.connect(world.database.engine.url.database or "", isolation_level=None) as other:
        world.database.close()  # the last of the others: a lock of the whole file can be had
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        assert cache.at_hand(key.id) is None
        assert time.monotonic() - began < 10
        other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda world, key: access_keys.set_active(world.service, world.caller, key.id, False),
        lambda world, key: access_keys.delete(world.service, world.caller, key.id),
        lambda world, key: access_keys.rotate(world.service, world.caller, key.id),
        lambda world, key: users.set_disabled(world.service, world.caller, "mia", True),
        lambda world, key: users.remove(world.service, world.caller, "mia"),
    ],
    ids=["switched off", "deleted", "rotated", "user disabled", "user removed"],
)
def test_what_this_process_takes_away_is_off_at_once(
    world: World, key: NewKey, change: Callable[[World, NewKey], object]
) -> None:
    cache = _cache(world)
    assert _at_hand(cache, key.id)
    change(world, key)
    assert cache.at_hand(key.id) is None
    assert cache.find(key.id) is None


def test_another_policy_counts_at_once(world: World, key: NewKey) -> None:
    cache = _cache(world)
    assert _at_hand(cache, key.id)
    users.set_policies(world.service, world.caller, "mia", ["mine"])
    for found in (cache.at_hand(key.id), cache.find(key.id), cache.at_hand(key.id)):
        assert found is None or found.caller.policies == (DENY,)
    assert cache.find(key.id) is not None


def test_what_was_rolled_back_changes_nothing(world: World, key: NewKey) -> None:
    cache = _cache(world)
    with pytest.raises(ZeroDivisionError), world.database.write() as connection:
        stored.set_active(connection, key.id, False)
        raise ZeroDivisionError
    assert _at_hand(cache, key.id)


def test_what_another_process_takes_away_is_seen(world: World, key: NewKey) -> None:
    """Connections of another engine: nothing of this process sees them go by."""
    cache = _cache(world)
    assert _at_hand(cache, key.id)
    beside = Database(world.database.url)
    with beside.write() as connection:
        stored.set_active(connection, key.id, False)
    beside.close()
    deadline = time.monotonic() + (0 if world.database.is_sqlite else LONGEST)
    while time.monotonic() < deadline:
        cache.at_hand(key.id)
    assert cache.at_hand(key.id) is None
    assert cache.find(key.id) is None


def test_a_key_whose_use_is_to_be_noted_is_not_at_hand(world: World, key: NewKey) -> None:
    due = [True]
    cache = KeyCache(world.service, lambda _: due[0])
    assert cache.find(key.id) is not None
    assert cache.at_hand(key.id) is None
    due[0] = False
    assert _at_hand(cache, key.id)
