"""Everything of an installation in one file, made while it runs: database, inventories and reports, keys, settings.

A tar with `manifest.json` first. The database of SQLite comes by its own backup interface, that of PostgreSQL by
`pg_dump`; both are consistent states of one moment. Blobs are named by the state, and a blob is on disk before a row
names it. Advisories are left out: they are public, large, and fetched again. The file holds the master key: whoever
has it has every secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shindan.engine.clock import now, stamp
from shindan.model.errors import ShindanError, StoreError
from shindan.store import retention, schema_version
from shindan.store.blobs import Blobs
from shindan.store.database import FILE, Database

FORM = 1
_MANIFEST = "manifest.json"
_DATABASES = {"sqlite": FILE, "postgresql": "service.pgdump"}
_BESIDE = ("keys/master", "shindan.toml", "tls/ca.pem", "tls/ca.key", "tls/server.pem", "tls/server.key")
_LARGEST_MANIFEST = 1 << 16


class BackupError(ShindanError):
    """The backup cannot be made or used."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `database` is sqlite or postgresql, `schema` its migration, `sha256` of its member."""

    form: int
    version: str
    schema: str
    database: str
    sha256: str
    created: str
    blobs: int


def backup(database: Database, data: Path, out: Path) -> Manifest:
    """Writes a backup; the file appears whole or not at all, and readable by its owner alone.

    Raises BackupError where the file or a part cannot be written, StoreError for a schema that is another one.
    """
    schema_version.check(database)
    kind = "sqlite" if database.is_sqlite else "postgresql"
    with _told(out), tempfile.TemporaryDirectory(prefix=".backup-", dir=out.absolute().parent) as room:
        dump = Path(room) / _DATABASES[kind]
        (_dump_sqlite if kind == "sqlite" else _dump_postgresql)(database, dump)
        blobs = Blobs(data / "blobs")
        with database.read() as connection:
            named = sorted(retention.named_blobs(connection))
        there = [digest for digest in named if blobs.path(digest).exists()]
        created = stamp(now())
        manifest = Manifest(FORM, version("shindan"), schema_version.HEAD, kind, _digest(dump), created, len(there))
        beside = Path(room) / out.name
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                _add_bytes(archive, _MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
                archive.add(dump, dump.name, filter=_anonymous)
                for name in _BESIDE:
                    if (data / name).exists():
                        archive.add(data / name, name, filter=_anonymous)
                for digest in there:
                    archive.add(blobs.path(digest), f"blobs/{digest[:2]}/{digest}.zst", filter=_anonymous)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    return manifest


def restore(database: Database, data: Path, source: Path) -> Manifest:
    """Puts a backup into a folder (and, on PostgreSQL, a database) that holds nothing yet.

    Raises BackupError where something is there, the backup is torn or of a newer Shindan, or of the other database.
    """
    with _told(source), tarfile.open(source, "r:") as archive:
        manifest = _manifest(archive, source)
        _refuse(manifest, database, data, source)
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as room:
            _unpack(archive, Path(room), source)
            dump = Path(room) / _DATABASES[manifest.database]
            if not dump.exists() or _digest(dump) != manifest.sha256:
                raise BackupError(f"{source} is torn: its database is not what was written", remedy="take another one")
            if not database.is_sqlite:
                _load_postgresql(database, dump)
            _move(Path(room), data, last=dump.name if database.is_sqlite else "")
    return manifest


def _refuse(manifest: Manifest, database: Database, data: Path, source: Path) -> None:
    kind = "sqlite" if database.is_sqlite else "postgresql"
    if manifest.form > FORM or manifest.schema > schema_version.HEAD:
        raise BackupError(
            f"{source} was written by a newer Shindan ({manifest.version}, schema {manifest.schema})",
            remedy="upgrade shindan",
        )
    if manifest.database != kind:
        remedy = "set SHINDAN_DATABASE_URL" if manifest.database == "postgresql" else "unset SHINDAN_DATABASE_URL"
        raise BackupError(f"{source} is of {manifest.database}, and the settings say {kind}", remedy=remedy)
    there = (data / FILE).exists() if database.is_sqlite else schema_version.current(database) is not None
    if there or (data / "keys" / "master").exists():
        where = str(data) if database.is_sqlite else "the database"
        raise BackupError(f"{where} holds a service already; nothing was changed", remedy="name an empty --data DIR")


def _manifest(archive: tarfile.TarFile, source: Path) -> Manifest:
    member = archive.next()
    if member is None or member.name != _MANIFEST or member.size > _LARGEST_MANIFEST:
        raise BackupError(f"{source} is no backup of Shindan")
    stream = archive.extractfile(member)
    fields: Any = json.loads(stream.read()) if stream else {}
    try:
        return Manifest(**{name: fields[name] for name in Manifest.__slots__})
    except (KeyError, TypeError) as error:
        raise BackupError(f"{source} is no backup of Shindan") from error


def _unpack(archive: tarfile.TarFile, room: Path, source: Path) -> None:
    """Plain files with the names that `backup` gives, and nothing else: a tar may name any place of the disk."""
    for member in archive:
        if member.name == _MANIFEST:
            continue
        if not member.isreg() or not _is_ours(member.name):
            raise BackupError(f"{source} is no backup of Shindan: it holds {member.name[:200]!r}")
        path = room / member.name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = archive.extractfile(member)
        assert stream is not None, "a regular file has content"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)


def _is_ours(name: str) -> bool:
    if name in _BESIDE or name in _DATABASES.values():
        return True
    folder, _, rest = name.partition("/")
    first, _, file = rest.partition("/")
    digest = file.removesuffix(".zst")
    digits = set("0123456789abcdef")
    return folder == "blobs" and len(digest) == 64 and set(digest) <= digits and first == digest[:2] and "/" not in file


def _move(room: Path, data: Path, last: str) -> None:
    """The database comes last: before it is there, nothing counts as set up, and the restore can be repeated."""
    files = [path for path in sorted(room.rglob("*")) if path.is_file() and path.suffix != ".pgdump"]
    for path in sorted(files, key=lambda path: path.name == last):
        target = data / path.relative_to(room)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)


def _dump_sqlite(database: Database, out: Path) -> None:
    name = database.engine.url.database or ""
    address = f"file:{Path(name).absolute()}?mode=ro"
    with _closing(sqlite3.connect(address, uri=True)) as source, _closing(sqlite3.connect(out)) as target:
        source.backup(target, pages=2000)
        target.execute("PRAGMA journal_mode = DELETE")


def _dump_postgresql(database: Database, out: Path) -> None:
    _tool(["pg_dump", "--format=custom", "--no-owner", f"--file={out}", _address(database)])


def _load_postgresql(database: Database, dump: Path) -> None:
    options = ["--no-owner", "--exit-on-error", "--single-transaction"]
    _tool(["pg_restore", *options, f"--dbname={_address(database)}", str(dump)])


def _tool(arguments: list[str]) -> None:
    found = shutil.which(arguments[0])
    if found is None:
        raise BackupError(f"{arguments[0]} is missing", remedy="install PostgreSQL's client programs")
    done = subprocess.run([found, *arguments[1:]], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{arguments[0]} failed: {done.stderr.strip()[-1000:]}")


def _address(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    import io

    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        remedy = f"is there room beside {path}? `df -h` says how much"
        raise StoreError(f"the database cannot be copied: {error}", remedy=remedy) from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError(f"{path} is no backup, or torn: {error}", remedy="take another one") from error
    except OSError as error:
        raise BackupError(f"cannot use {error.filename or path}: {error.strerror or error}") from error
