"""Accounts: everything belongs to one, and nothing of one is seen from another."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.model.account import Account
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import accounts as stored

OPERATOR = "operator"
"""How the audit names whoever works with the data folder itself, through the command line."""

_NUMBER = re.compile(r"[0-9]{12}")


def operator(service: Service, account: str) -> Caller:
    """Whoever works with the data folder itself: they hold the database and its key, and may do everything."""
    return Caller(account, service.region, OPERATOR, administrator=True)


def create(service: Service, *, number: str | None = None, name: str = "") -> Account:
    """A new account; its number is twelve digits, random where none is given. Raises InvalidInput.

    There is no caller: it is for whoever works with the data folder.
    """
    number = number or str(100_000_000_000 + secrets.randbelow(900_000_000_000))
    if not _NUMBER.fullmatch(number):
        raise InvalidInput("INVALID_ACCOUNT", f"the number of an account is twelve digits, not {number[:40]!r}")
    checks.text(name, "INVALID_ACCOUNT", "the name of an account", checks.LONGEST_NAME, shortest=0)
    new = Account(number, name or number, milliseconds())
    caller = operator(service, number)
    with audited(service, caller, "CreateAccount") as change, service.database.write() as connection:
        if not stored.add(connection, new):
            raise InvalidInput("ACCOUNT_ALREADY_EXISTS", f"there is an account {number} already")
        change.done(connection, number)
    return new


def list_(service: Service) -> list[Account]:
    """All accounts, oldest first."""
    with service.database.read() as connection:
        return stored.every(connection)


def get(service: Service, number: str) -> Account:
    """The account of a number. Raises NoSuchEntity."""
    with service.database.read() as connection:
        found = stored.get(connection, number)
    if found is None:
        raise NoSuchEntity("ACCOUNT_DOES_NOT_EXIST", f"there is no account {number[:40]!r}")
    return found


def change_settings(service: Service, caller: Caller, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replaces some of the account's settings (None: takes one away) and gives all. Raises AccessDenied."""
    with audited(service, caller, "ChangeSettings", caller.account) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            stored.lock(connection, caller.account)
            account = stored.get(connection, caller.account)
            if account is None:
                raise NoSuchEntity("ACCOUNT_DOES_NOT_EXIST", f"there is no account {caller.account}")
            merged = {key: value for key, value in {**account.settings, **changes}.items() if value is not None}
            stored.set_settings(connection, caller.account, merged)
            change.done(connection, settings=dict(changes))
    return merged


def must_administrate(caller: Caller) -> None:
    """Raises AccessDenied for anybody but an administrator."""
    if not caller.administrator:
        raise AccessDenied("ACCESS_DENIED", f"{caller.principal} is no administrator of account {caller.account}")
