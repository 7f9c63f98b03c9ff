"""Looks an installation over: what is wrong, and how to mend it."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from shindan.engine.clock import milliseconds
from shindan.model.errors import ShindanError, StoreUnavailable
from shindan.service.certificates import WARN_DAYS, checked
from shindan.service.doctor_aws import extras, roles
from shindan.service.doctor_port import port
from shindan.service.doctor_seen import Patient, Seen
from shindan.service.own_files import fingerprint
from shindan.service.status import feed_ages, is_stale
from shindan.service.vault import open_keys
from shindan.store import schema_version
from shindan.store.totals import newest_change

_LITTLE, _TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
_SKEW = 300_000
_UNSYNCHRONISED = 5
_REMEDIES = {
    "folder": "name the service's folder with --data DIR",
    "disk": "name the service's folder with --data DIR",
    "database": "is the database server up, and is SHINDAN_DATABASE_URL right? else `shindan db restore`",
    "keys": "the database comes first",
    "certificate": "make another with `shindan cert renew`, or take yours with `shindan cert take CERTIFICATE KEY`",
    "port": "set another `listen`",
    "clock": "the database comes first",
    "feeds": "remove the folders advisories/ and feeds/: they are fetched again",
    "rules": "`shindan rules check DIR` shows what is wrong",
    "extras": "the database comes first",
    "role": "the database comes first",
}
"""What is to be done where the error that a look ended in says nothing."""

_IN_DATABASE = frozenset({"keys", "clock", "extras", "role"})


def examine(patient: Patient) -> list[Seen]:
    """Everything that was looked at, each behind its own fence: what cannot be looked at is wrong, too."""
    looks: Sequence[tuple[str, Callable[[Patient], Iterator[Seen]]]] = (
        ("folder", _folder),
        ("disk", _disk),
        ("database", _database),
        ("keys", _keys),
        ("certificate", _certificate),
        ("port", port),
        ("clock", _clock),
        ("feeds", _feeds),
        ("rules", _rules),
        ("extras", extras),
        ("role", roles),
    )
    found: list[Seen] = []
    away = False
    for what, look in looks:
        if away and what in _IN_DATABASE:
            found.append(Seen(what, "note", "not looked at", _REMEDIES[what]))
            continue
        try:
            found += look(patient)
        except (ShindanError, OSError, SQLAlchemyError) as error:
            remedy = error.remedy if isinstance(error, ShindanError) else ""
            if isinstance(error, StoreUnavailable):
                away, remedy = True, ""  # its own remedy is to ask the doctor
            found.append(Seen(what, "wrong", _first_line(error), remedy or _REMEDIES[what]))
    return found


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


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
        yield Seen("keys", "note", "not looked at", _REMEDIES["keys"])
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


def _rules(patient: Patient) -> Iterator[Seen]:
    folder = patient.own_rules or patient.data / "rules"
    if not fingerprint(folder):
        return
    # All rules are read with them: only where there are any.
    from shindan.service.rule_book import checked_folder

    found = checked_folder(folder)
    if found.faults:
        more = f" (and {len(found.faults) - 1} more)" if len(found.faults) > 1 else ""
        yield Seen("rules", "wrong", f"{found.faults[0]}{more}", f"`shindan rules check {folder}` shows every fault")
    else:
        yield Seen("rules", "well", f"{found.rules} own rules and {found.benchmarks} benchmarks in {folder}")
    if found.notes:
        yield Seen(
            "rules", "note", f"{found.notes[0]} ({len(found.notes)} such notes)", "`shindan rules check` names all"
        )


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
