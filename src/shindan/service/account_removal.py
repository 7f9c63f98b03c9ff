"""The end of an account: nothing of it is left but the audit, which is kept for as long as all audit is.

First its users and keys go, so that nobody begins anything more; then its runs, one transaction each, since others want
to write, too; then the rest. Whoever is killed half-way has it done by the next call.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from shindan.model.arn import Arn, partition_of
from shindan.model.refusals import InvalidInput, NoSuchEntity, RunInProgress
from shindan.service.accounts import operator
from shindan.service.audited import audited
from shindan.service.service import Service
from shindan.store import account_removal as stored
from shindan.store import accounts, retention, runs

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Removed:
    """How much went with an account; `blobs`: inventories and reports that nobody else had."""

    hosts: int
    runs: int
    blobs: int


def size(service: Service, number: str) -> Removed:
    """What would go with an account. Raises what `remove` raises, and changes nothing."""
    with service.database.read() as connection:
        _must_be_removable(connection, service.region, number)
        return Removed(stored.hosts(connection, number), runs.count(connection, number), 0)


def remove(service: Service, number: str) -> Removed:
    """Removes an account with everything that belongs to it.

    There is no caller: it is for whoever works with the data folder. Raises NoSuchEntity, InvalidInput for the last
    account, RunInProgress while a run has not ended.
    """
    with audited(service, operator(service, number), "RemoveAccount", number) as change:
        with service.database.write() as connection:
            accounts.lock(connection, number)
            _must_be_removable(connection, service.region, number)
            blobs = stored.blobs(connection, number)
            stored.shut_out(connection, number)
        gone = _runs(service, number)
        with service.database.write() as connection:
            # Whoever hands facts in holds their account: from here on no row comes to name a blob that is to go.
            for one in sorted(accounts.every(connection), key=lambda account: account.id):
                accounts.lock(connection, one.id)
            _must_be_removable(connection, service.region, number)
            blobs |= stored.blobs(connection, number)
            hosts = stored.hosts(connection, number)
            stored.remove(connection, number)
            unnamed = blobs - retention.named_blobs(connection) if blobs else blobs
            change.done(connection, hosts=hosts, runs=gone, blobs=len(unnamed))
            for digest in unnamed:
                service.blobs.remove(digest)
    return Removed(hosts, gone, len(unnamed))


def _runs(service: Service, number: str) -> int:
    count = 0
    while True:
        with service.database.read() as connection:
            ids = stored.ended_runs(connection, number, _AT_ONCE)
        if not ids:
            return count
        for id_ in ids:
            with service.database.write() as connection:
                runs.remove(connection, id_)
        count += len(ids)


def _must_be_removable(connection: Connection, region: str, number: str) -> None:
    known = [one.id for one in accounts.every(connection)]
    if number not in known:
        raise NoSuchEntity("ACCOUNT_DOES_NOT_EXIST", f"there is no account {number[:40]!r}")
    if len(known) == 1:
        message = f"{number} is the only account: create another one first, or remove the whole data folder"
        raise InvalidInput("INVALID_ACCOUNT", message)
    going = [runs.get(connection, id_) for id_ in runs.in_progress(connection, number)]
    names = [
        str(Arn(region, number, "run", (run.target, run.template, run.id), partition_of(region)))
        for run in going
        if run is not None
    ]
    if names:
        raise RunInProgress(names)
