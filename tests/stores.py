"""The two databases that the service runs on, for tests: SQLite, and a private PostgreSQL on a socket."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shindan.store.database import Database
from shindan.store.schema_version import migrate

BACKENDS = ("sqlite", "postgresql")
_NUMBERS = itertools.count()


def databases(backend: str, folder: Path) -> Iterator[Database]:
    """A fresh, migrated database of its own; for use in a fixture."""
    database = Database(_sqlite(folder) if backend == "sqlite" else _postgresql())
    try:
        yield database
    finally:
        database.close()


@functools.cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="shindan-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'base.sqlite'}")
    migrate(database)
    database.close()
    return folder / "base.sqlite"


def _sqlite(folder: Path) -> str:
    file = folder / "service.sqlite"
    shutil.copyfile(_migrated_file(), file)
    return f"sqlite:///{file}"


def _postgresql() -> str:
    """A copy of the migrated database; made by the server, in milliseconds."""
    socket = _cluster()
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(_address(socket, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE base")
    return _address(socket, name)


def empty_database() -> str:
    """The address of a new PostgreSQL database without any table."""
    socket = _cluster()
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(_address(socket, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return _address(socket, name)


def _address(socket: Path, name: str) -> str:
    return f"postgresql://shindan@/{name}?host={socket}"


@functools.cache
def _cluster() -> Path:
    """Starts the server once a process and returns the folder of its socket; skips the test where none is installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="shindan-pg-"))
    asuser: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        asuser = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    data = folder / "data"
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "shindan", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*asuser, *initdb, "--locale=C"], check=True, capture_output=True, cwd=folder)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    control = [*asuser, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd=folder)
    atexit.register(_stop, control, folder)
    with psycopg.connect(_address(folder, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE base")
    database = Database(_address(folder, "base"))
    migrate(database)
    database.close()
    return folder


def _stop(control: list[str], folder: Path) -> None:
    subprocess.run([*control, "-m", "immediate", "stop"], capture_output=True, cwd="/")
    shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = found[-1] if found else Path(shutil.which("initdb") or "")
    if not path.is_file():
        pytest.skip("needs: postgresql")
    return path.parent
