"""The doctor on what is optional: libraries that this installation has come to need, and roles of AWS accounts."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from importlib.util import find_spec

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.meeting import last_outcome
from shindan.service.doctor_seen import Patient, Seen
from shindan.store import accounts, schema_version, subscriptions

_LATE = 3_600_000
"""Milliseconds; a role is read every few minutes: silence for so long means that nobody reads it."""


def extras(patient: Patient) -> Iterator[Seen]:
    """The libraries behind extras, where something here wants them; `argon2` and the like came with the package."""
    wanted = _wanted(patient)
    lacking = {name: why for name, why in wanted.items() if find_spec(name) is None}
    if "boto3" in lacking:
        yield Seen("extras", "wrong", f"boto3 is not there, and {lacking['boto3']}", "run `pip install 'shindan[aws]'`")
    if "typst" in lacking:
        yield Seen("extras", "note", f"typst is not there: {lacking['typst']}", "run `pip install 'shindan[pdf]'`")
    if not lacking:
        yield Seen("extras", "well", f"there: {', '.join(sorted(wanted))}")


def roles(patient: Patient) -> Iterator[Seen]:
    """How it went to read the instances of AWS accounts whose role was registered; nothing where none was."""
    if schema_version.current(patient.database) != schema_version.HEAD:
        return
    with patient.database.read() as connection:
        for account in accounts.every(connection):
            if account.role_arn is not None:
                yield _role(connection, account.id, account.role_arn)


def _role(connection: Connection, account: str, role: str) -> Seen:
    outcome = last_outcome(connection, account, role)
    if outcome is None:
        told = f"account {account}: {role} was not used yet"
        return Seen("role", "note", told, "it is within five minutes, while `shindan serve` runs")
    then = datetime.datetime.fromtimestamp(outcome[0] / 1000, datetime.UTC)
    when = then.strftime("%Y-%m-%d %H:%M UTC")
    if outcome[1]:
        remedy = "mend the role, or register another: aws inspector register-cross-account-access-role"
        return Seen("role", "wrong", f"account {account}: not read at {when}: {outcome[1]}", remedy)
    if milliseconds() - outcome[0] > _LATE:
        return Seen("role", "note", f"account {account}: last read at {when}", "is `shindan serve` running?")
    return Seen("role", "well", f"account {account}: read at {when} through {role}")


def _wanted(patient: Patient) -> dict[str, str]:
    wanted = {"typst": "reports cannot be made as PDF"}
    if schema_version.current(patient.database) != schema_version.HEAD:
        return wanted
    with patient.database.read() as connection:
        if any(account.role_arn for account in accounts.every(connection)):
            wanted["boto3"] = "a role of an AWS account is registered"
        elif subscriptions.any_of_sns(connection):
            wanted["boto3"] = "events are subscribed to topics of SNS"
    return wanted
