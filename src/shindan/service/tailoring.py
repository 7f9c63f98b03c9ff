"""What an account wants otherwise of rules, and from where it says packets come: kept, audited, in force at once.

Rights: `shindan:ListTailoring`, `SetTailoring`, `RemoveTailoring`, `ImportTailoring`, `GetZones`, `SetZones`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.terms import in_force
from shindan.model.arn import new_id
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.model.tailoring import Entry
from shindan.rules import tailoring as rules
from shindan.rules.cis.benchmarks import Library
from shindan.rules.fault import RuleRefused
from shindan.rules.network.zones import ZonesRefused, described, zones_of
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.own_rules import of_service
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import accounts, issues
from shindan.store import runs as stored_runs
from shindan.store import tailoring as stored

MOST = 2_000
"""Entries of an account."""

LARGEST = 1_000_000
"""Characters of a file of zones, or of tailoring."""

_CODE = "INVALID_ATTRIBUTE"


def list_(service: Service, caller: Caller) -> list[tuple[Entry, bool]]:
    """The account's entries, oldest first, each with whether it is in force: those that expired are listed, too."""
    must(caller, "ListTailoring")
    with service.database.read() as connection:
        found = stored.entries(connection, caller.account)
    current = {one.id for one in in_force(found)}
    return [(one, one.id in current) for one in found]


def set_(service: Service, caller: Caller, wanted: Entry) -> Entry:
    """A new entry, in force at once; its `owner` is the caller where none is named. An entry about the same, for the
    same tags, is replaced. Raises InvalidInput for what is malformed or unknown, AccessDenied, LimitExceeded.
    """
    new = wanted._replace(id=new_id(), owner=wanted.owner or caller.user)
    with audited(service, caller, "SetTailoring", new.name) as change:
        must(caller, "SetTailoring")
        _check(new, of_service(service))
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            known = stored.entries(connection, caller.account)
            replaced = [one for one in known if (one.name, sorted(one.tags)) == (new.name, sorted(new.tags))]
            for one in replaced:
                stored.remove(connection, caller.account, one.id)
            if len(known) - len(replaced) >= MOST:
                raise LimitExceeded("LIMIT_EXCEEDED", f"an account has at most {MOST} entries of tailoring")
            stored.add(connection, caller.account, [new], milliseconds())
            _changed(service, caller, connection)
            change.done(connection, **new.as_json())
    return new


def remove(service: Service, caller: Caller, id_: str) -> None:
    """Lets go of an entry: what it switched off comes back. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "RemoveTailoring", id_) as change:
        must(caller, "RemoveTailoring")
        with service.database.write() as connection:
            if not stored.remove(connection, caller.account, id_):
                raise NoSuchEntity("TAILORING_DOES_NOT_EXIST", f"there is no entry of tailoring {id_[:80]!r}")
            _changed(service, caller, connection)
            change.done(connection)


def import_(service: Service, caller: Caller, text: str) -> list[Entry]:
    """Takes a file's entries in place of all that the account has. Raises InvalidInput with every fault and line."""
    with audited(service, caller, "ImportTailoring") as change:
        must(caller, "ImportTailoring")
        found = _of_file(text, of_service(service))
        if len(found) > MOST:
            raise LimitExceeded("LIMIT_EXCEEDED", f"an account has at most {MOST} entries of tailoring")
        new = [one._replace(id=new_id()) for one in found]
        with service.database.write() as connection:
            stored.clear(connection, caller.account)
            stored.add(connection, caller.account, new, milliseconds())
            _changed(service, caller, connection)
            change.done(connection, entries=len(new))
    return new


def export(service: Service, caller: Caller) -> str:
    """The account's entries as a file that `import_` and `shindan scan --tailoring` read."""
    return rules.as_toml([one for one, _ in list_(service, caller)])


def of_run(service: Service, caller: Caller, run: str) -> dict[str, Any]:
    """What a run (ARN) was judged with: `entries` and `zones`; {} where nothing was wanted otherwise.

    Raises NoSuchEntity, AccessDenied.
    """
    must(caller, "ListTailoring", run)
    id_ = owned(caller, run, "run").ids[-1]
    with service.database.read() as connection:
        if not stored_runs.named(connection, caller.account, [id_]):
            raise NoSuchEntity("ASSESSMENT_RUN_DOES_NOT_EXIST", f"there is no run {run[:300]!r}")
        return stored.of_run(connection, id_)


def zones(service: Service, caller: Caller) -> str:
    """The account's file of zones (TOML); "" where it uses those that ship."""
    must(caller, "GetZones")
    with service.database.read() as connection:
        return stored.zones_text(connection, caller.account)


def set_zones(service: Service, caller: Caller, text: str) -> list[str]:
    """Keeps the account's file of zones, "" for those that ship; what it means, a line a zone. Raises InvalidInput."""
    with audited(service, caller, "SetZones") as change:
        must(caller, "SetZones")
        checks.text(text, _CODE, "a file of zones", LARGEST, shortest=0)
        try:
            told = described(zones_of(text)) if text else []
        except ZonesRefused as error:
            raise InvalidInput(_CODE, str(error)) from None
        with service.database.write() as connection:
            stored.set_zones(connection, caller.account, text, milliseconds())
            _changed(service, caller, connection)
            change.done(connection, characters=len(text))
    return told


def _check(one: Entry, known: Library) -> None:
    for text, what in ((one.reason, "reason"), (one.owner, "owner")):
        checks.text(text, _CODE, f"the {what} of a tailoring", checks.LONGEST_VALUE * 4, shortest=0)
    wrong = list(rules.complaints(one, known))
    if wrong:
        raise InvalidInput(_CODE, "; ".join(wrong))


def _of_file(text: str, known: Library) -> Sequence[Entry]:
    if len(text) > LARGEST:
        raise InvalidInput(_CODE, f"a file of tailoring has at most {LARGEST:,} characters")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tailoring.toml"
        path.write_text(text, "utf-8")
        try:
            return rules.read(path, known)
        except RuleRefused as error:
            told = "; ".join(f"line {one.line}: {one.reason}" for one in error.faults[:50])
            raise InvalidInput(_CODE, told or str(error)) from None


def _changed(service: Service, caller: Caller, connection: Connection) -> None:
    """What is known of hosts is judged again: soon, and without waking one."""
    issues.mark(connection, caller.account, milliseconds())
    service.jobs.enqueue("rejudge", {}, key="rejudge", conn=connection)
