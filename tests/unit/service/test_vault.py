"""The master key: made once, kept from others, and missed with a clear word when secrets rest on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from service_world import World, worlds
from shindan.model.errors import StoreError
from shindan.service import access_keys, users, vault
from shindan.store.database import Database
from stores import BACKENDS, databases


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from databases(request.param, tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds("sqlite", tmp_path)


def test_the_keys_are_the_same_each_time_and_differ_by_purpose(database: Database, tmp_path: Path) -> None:
    keys = vault.open_keys(database, tmp_path)
    assert vault.open_keys(database, tmp_path) == keys
    assert {len(key) for key in keys.values()} == {32}
    assert len(set(keys.values())) == len(vault.PURPOSES)
    master = tmp_path / "keys" / "master"
    assert master.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["master"]
    assert all(key.hex() not in master.read_text() for key in keys.values())


def test_processes_that_begin_at_once_agree(database: Database, tmp_path: Path) -> None:
    found = []
    threads = [Thread(target=lambda: found.append(vault.open_keys(database, tmp_path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(keys == found[0] for keys in found)


def test_a_key_that_is_missing_is_not_made_anew(database: Database, tmp_path: Path) -> None:
    vault.open_keys(database, tmp_path)
    shutil.rmtree(tmp_path / "keys")
    with pytest.raises(StoreError, match="is missing, and the secrets in the database rest on it") as caught:
        vault.open_keys(database, tmp_path)
    assert "backup" in caught.value.remedy
    assert not (tmp_path / "keys").exists()


def test_another_key_is_told_from_the_right_one(database: Database, tmp_path: Path) -> None:
    vault.open_keys(database, tmp_path)
    (tmp_path / "keys" / "master").write_text(os.urandom(32).hex())
    with pytest.raises(StoreError, match="is not the key"):
        vault.open_keys(database, tmp_path)


@pytest.mark.parametrize("content", ["", "abcd", "x" * 64, "ff" * 33], ids=["empty", "short", "no digits", "long"])
def test_a_torn_key(database: Database, tmp_path: Path, content: str) -> None:
    vault.open_keys(database, tmp_path)
    (tmp_path / "keys" / "master").write_text(content)
    with pytest.raises(StoreError, match="is torn"):
        vault.open_keys(database, tmp_path)


def test_a_key_that_everybody_may_read(database: Database, tmp_path: Path) -> None:
    vault.open_keys(database, tmp_path)
    (tmp_path / "keys" / "master").chmod(0o644)
    with pytest.raises(StoreError, match="every user of this machine") as caught:
        vault.open_keys(database, tmp_path)
    assert "chmod 600" in caught.value.remedy


def test_sealed_twice_is_never_the_same_and_opens_only_for_its_owner() -> None:
    key = bytes(range(32))
    one, two = (vault.seal(key, "geheim ✓", "AKIA1") for _ in range(2))
    assert one != two
    assert vault.unseal(key, one, "AKIA1") == "geheim ✓"
    for wrong_key, sealed, about in [
        (bytes(32), one, "AKIA1"),
        (key, one, "AKIA2"),
        (key, one[:-1], "AKIA1"),
        (key, one[:5], "AKIA1"),
        (key, one[:-1] + bytes([one[-1] ^ 1]), "AKIA1"),
    ]:
        with pytest.raises(StoreError, match="another master key"):
            vault.unseal(wrong_key, sealed, about)
    with pytest.raises(StoreError, match="a form that is unknown"):
        vault.unseal(key, b"\x02" + one[1:], "AKIA1")


def test_a_lost_key_is_renewed_at_the_price_of_every_access_key(world: World, tmp_path: Path) -> None:
    users.create(world.service, world.caller, "mia")
    made = access_keys.create(world.service, world.caller, "mia")
    (tmp_path / "keys" / "master").unlink()
    keys = vault.renew(world.database, tmp_path)
    assert keys == vault.open_keys(world.database, tmp_path) != world.service.keys
    assert access_keys.find_key(world.service, made.id) is None
    assert [user.name for user in users.list_(world.service, world.caller)] == ["mia"]
