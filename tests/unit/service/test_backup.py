"""Backup and restore: a round trip on both databases, and everything that is refused."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service_world import World, world
from shindan.service import access_keys, hosts_admin, users, vault
from shindan.service.backup import BackupError, backup, restore
from shindan.service.integrity import faults
from shindan.store.blobs import Blobs
from shindan.store.database import Database, open_database
from stores import BACKENDS, databases, empty_database
from support import need_tool


@pytest.fixture(params=BACKENDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "data"
    folder.mkdir()
    if request.param == "postgresql":
        need_tool("pg_dump", "postgresql")
    for database in databases(request.param, folder):
        found = world(database, folder)
        found.host("web1", tags={"env": "test"})
        users.create(found.service, found.caller, "ada", administrator=True)
        (folder / "shindan.toml").write_text('region = "us-west-2"\n')
        yield found


def test_a_round_trip(made: World, tmp_path: Path) -> None:
    key = access_keys.create(made.service, made.caller, "ada")
    file = tmp_path / "shindan.backup"
    manifest = backup(made.database, tmp_path / "data", file)
    assert (manifest.blobs, file.stat().st_mode & 0o777) == (1, 0o600)
    made.host("later")
    new = tmp_path / "new"
    target = open_database(None, new) if made.database.is_sqlite else Database(empty_database())
    try:
        restore(target, new, file)
        assert list(faults(target, new)) == []
        service = replace(made.service, database=target, blobs=Blobs(new / "blobs"), keys=vault.open_keys(target, new))
        (host,) = hosts_admin.list_(service, made.caller).items
        assert (host.hostname, host.tags) == ("web1", (("env", "test"),))
        assert service.blobs.get(host.facts or "")
        found = access_keys.find_key(service, key.id)
        assert found is not None and found.secret == key.secret
        assert (new / "shindan.toml").read_text() == 'region = "us-west-2"\n'
        assert not list(new.glob(".restore-*"))
        with pytest.raises(BackupError, match="holds a service already"):
            restore(target, new, file)
    finally:
        target.close()


def test_a_backup_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for database in databases("sqlite", folder):
        found = world(database, folder)
        with database.write() as connection:
            connection.execute(text("UPDATE account SET name = 'half-way'"))
            backup(database, folder, tmp_path / "file")
        new = open_database(None, tmp_path / "new")
        restore(new, tmp_path / "new", tmp_path / "file")
        with new.read() as connection:
            assert "half-way" not in connection.execute(text("SELECT name FROM account")).scalars().all()
        new.close()
        assert found


def _older(fields: dict[str, Any]) -> None:
    fields["schema"] = "9999"


def _other(fields: dict[str, Any]) -> None:
    fields["database"] = "postgresql"


def _digest(fields: dict[str, Any]) -> None:
    fields["sha256"] = "0" * 64


def _form(fields: dict[str, Any]) -> None:
    fields["form"] = 99


@pytest.mark.parametrize(
    ("change", "why"),
    [(_older, "newer Shindan"), (_form, "newer Shindan"), (_other, "of postgresql"), (_digest, "torn")],
    ids=["newer schema", "newer form", "other database", "other content"],
)
def test_a_manifest_that_does_not_fit_is_refused(
    change: Callable[[dict[str, Any]], None], why: str, tmp_path: Path
) -> None:
    file = _altered(_file(tmp_path), change)
    _refused(file, tmp_path, why)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "keys/../../evil",
        "blobs/aa/../../evil",
        "keys/master/x",
        "blobs/zz/" + "0" * 64 + ".zst",
    ],
)
def test_a_member_that_is_none_of_ours_is_refused(name: str, tmp_path: Path) -> None:
    file = _file(tmp_path)
    with tarfile.open(file, "a") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    _refused(file, tmp_path, "no backup of Shindan")
    assert not (tmp_path / "evil").exists()


def test_a_link_and_a_torn_file_are_refused(tmp_path: Path) -> None:
    file = _file(tmp_path)
    whole = file.read_bytes()
    link = tarfile.TarInfo("keys/master")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(file, "a") as archive:
        archive.addfile(link)
    _refused(file, tmp_path, "no backup of Shindan")
    for length in (0, 100, 5_000, len(whole) // 2):
        file.write_bytes(whole[:length])
        _refused(file, tmp_path, "")
    file.write_bytes(b"\x00" * 10_000)
    _refused(file, tmp_path, "")


def test_check_finds_what_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for database in databases("sqlite", folder):
        found = world(database, folder)
        host = found.host("web1")
        assert list(faults(database, folder)) == []
        blob = found.service.blobs.path(host.facts or "")
        blob.write_bytes(blob.read_bytes()[:-9])
        assert [said[:5] for said in faults(database, folder)] == ["blob "]
        blob.unlink()
        (folder / "keys/master").unlink()
        said = list(faults(database, folder))
        assert len(said) == 2 and "is missing" in said[0] and "is missing" in said[1]


def _file(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for database in databases("sqlite", folder):
        world(database, folder).host("web1")
        backup(database, folder, tmp_path / "file")
    return tmp_path / "file"


def _altered(file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    other = file.with_name("altered")
    with tarfile.open(file) as source, tarfile.open(other, "w") as target:
        for member in source:
            stream = source.extractfile(member)
            content = stream.read() if stream else b""
            if member.name == "manifest.json":
                fields = json.loads(content)
                change(fields)
                content = json.dumps(fields).encode()
                member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return other


def _refused(file: Path, tmp_path: Path, why: str) -> None:
    new = tmp_path / "new"
    target = open_database(None, new)
    with pytest.raises(BackupError) as told:
        restore(target, new, file)
    assert why in str(told.value)
    target.close()
    left = [path for path in new.rglob("*") if path.is_file()] if new.exists() else []
    assert left == [], "a refused restore leaves nothing behind"


def test_a_dump_is_a_whole_database_by_itself(tmp_path: Path) -> None:
    file = _file(tmp_path)
    with tarfile.open(file) as archive:
        member = archive.extractfile("service.sqlite")
        assert member is not None
        (tmp_path / "alone.sqlite").write_bytes(member.read())
    connection = sqlite3.connect(tmp_path / "alone.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM host").fetchone() == (1,)
    connection.close()
