"""Looks an installation over: what is wrong, and how to mend it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Literal

from sqlalchemy import text

from shindan.engine.clock import milliseconds
from shindan.model.errors import ShindanError
from shindan.service.certificates import WARN_DAYS, checked
from shindan.service.status import feed_ages, is_stale
from shindan.service.vault import open_keys
from shindan.store import schema_version
from shindan.store.database import Database
from shindan.store.totals import newest_change

Verdict = Literal["well", "note", "wrong"]

_LITTLE, _TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
_PATIENCE = 3.0
_SKEW = 300_000
_UNSYNCHRONISED = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at. A `note` is worth knowing, and nothing that must be mended now."""

    what: str
    verdict: Verdict
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked over; `tls` are certificate and key, `listen` host and port."""

    database: Database
    data: Path
    listen: tuple[str, int]
    tls: tuple[Path, Path] | None
    max_feed_age: float


def examine(patient: Patient) -> list[Seen]:
    """Everything that was looked at, each behind its own fence: what cannot be looked at is wrong, too."""
    looks: Sequence[tuple[str, Callable[[Patient], Iterator[Seen]]]] = (
        ("folder", _folder),
        ("disk", _disk),
        ("database", _database),
        ("keys", _keys),
        ("certificate", _certificate),
        ("port", _port),
        ("clock", _clock),
        ("feeds", _feeds),
    )
    found: list[Seen] = []
    for what, look in looks:
        try:
            found += look(patient)
        except (ShindanError, OSError) as error:
            remedy = error.remedy if isinstance(error, ShindanError) else ""
            found.append(Seen(what, "wrong", str(error), remedy))
    return found


def _folder(patient: Patient) -> Iterator[Seen]:
    folder = patient.data
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Seen("folder", "wrong", f"this user cannot write to {folder}", "run as its owner, or change its owner")
        return
    mode = folder.stat().st_mode & 0o777
    if mode & 0o007:
        yield Seen("folder", "note", f"every user of this machine may look into {folder}", f"run `chmod 700 {folder}`")
    else:
        yield Seen("folder", "well", str(folder))


def _disk(patient: Patient) -> Iterator[Seen]:
    free = shutil.disk_usage(patient.data).free
    told = f"{free / 1024**3:,.1f} GiB are free in {patient.data}"
    remedy = "make room: old runs go with the settings keep_runs and keep_facts"
    if free < _TOO_LITTLE:
        yield Seen("disk", "wrong", told, remedy)
    else:
        yield Seen("disk", "note" if free < _LITTLE else "well", told, remedy if free < _LITTLE else "")


def _database(patient: Patient) -> Iterator[Seen]:
    schema_version.check(patient.database)
    if patient.database.is_sqlite:
        with patient.database.read() as connection:
            said = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if said != "ok":
            yield Seen("database", "wrong", f"it is damaged: {said}", "put a backup back with `shindan db restore`")
            return
    kind = "SQLite" if patient.database.is_sqlite else "PostgreSQL"
    yield Seen("database", "well", f"{kind}, schema {schema_version.HEAD}, up to date")


def _keys(patient: Patient) -> Iterator[Seen]:
    if schema_version.current(patient.database) != schema_version.HEAD:
        yield Seen("keys", "note", "not looked at: the database comes first")
        return
    open_keys(patient.database, patient.data)
    yield Seen("keys", "well", "the master key is the one that the secrets were sealed with")


def _certificate(patient: Patient) -> Iterator[Seen]:
    if patient.tls is None:
        yield Seen("certificate", "note", "there is none: only this machine can use the service",
                   "make one with `shindan cert make --hostname NAME`")  # fmt: skip
        return
    found = checked(*patient.tls)
    told = f"for {', '.join(found.names) or found.subject}, until {found.not_after[:10]}"
    ends = found.days_left < WARN_DAYS
    yield Seen("certificate", "wrong" if ends else "well", told, "run `shindan cert renew`" if ends else "")


def _port(patient: Patient) -> Iterator[Seen]:
    host, port = patient.listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield _who_listens(patient, error)
            return
    yield Seen("port", "note", f"nothing listens on {host}:{port}", "start the service: `shindan serve`")


def _who_listens(patient: Patient, error: OSError) -> Seen:
    host, port = patient.listen
    where = f"{host}:{port}"
    try:
        status, said = _asked(patient)
    except (OSError, HTTPException):
        told = f"{where} cannot be used ({error.strerror}), and what listens there is no Shindan"
        return Seen("port", "wrong", told, "stop it (`ss -ltnp` names it), or set another `listen`")
    if status == 200:
        return Seen("port", "well", f"the service answers on {where} and is ready")
    return Seen("port", "wrong", f"the service on {where} is not ready: {said[:300]}", "look at its log")


def _asked(patient: Patient) -> tuple[int, str]:
    host, port = patient.listen
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(host, port, timeout=_PATIENCE)
    if patient.tls is not None:
        # Whom the certificate is for was looked at already; this asks only whether somebody is at home.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(host, port, timeout=_PATIENCE, context=context)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode("utf-8", "replace").strip()
    finally:
        connection.close()


def _clock(patient: Patient) -> Iterator[Seen]:
    if schema_version.current(patient.database) == schema_version.HEAD:
        with patient.database.read() as connection:
            last = newest_change(connection)
        if last is not None and last > milliseconds() + _SKEW:
            yield Seen("clock", "wrong", "the database knows of changes that lie in the future: the clock went back",
                       "set it right: signatures are good for five minutes")  # fmt: skip
            return
    if _kernel_says_unsynchronised():
        yield Seen("clock", "note", "the kernel says that nothing keeps it right", "run chrony or systemd-timesyncd")
    else:
        yield Seen("clock", "well", "it is kept right")


def _kernel_says_unsynchronised() -> bool:
    """Asks adjtimex(2), changing nothing; where it cannot be asked, nothing is claimed."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))) == _UNSYNCHRONISED
    except (OSError, AttributeError):
        return False


def _feeds(patient: Patient) -> Iterator[Seen]:
    feeds = feed_ages(patient.data)
    if not feeds:
        yield Seen(
            "feeds", "note", "there are no advisories yet", "the first host brings them; or: shindan feeds update"
        )
        return
    stale = [feed.generation.name for feed in feeds if is_stale(feed, patient.max_feed_age)]
    if stale:
        yield Seen("feeds", "wrong", f"older than {patient.max_feed_age:g} days: {', '.join(stale)}",
                   "run `shindan feeds update`; `shindan feeds status` tells more")  # fmt: skip
    else:
        yield Seen("feeds", "well", f"{len(feeds)} generations, none older than {patient.max_feed_age:g} days")
