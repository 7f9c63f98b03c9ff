"""Signing in with a password: who it is, and that failures are written down, for names that are nobody's, too."""

from __future__ import annotations

import threading

from shindan.model.account import Account
from shindan.service import accounts, users
from shindan.service.caller import Caller
from shindan.service.present import milliseconds
from shindan.service.service import Service
from shindan.store import audit

WRONG = "WRONG_PASSWORD"
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each check fills 32 MiB: more of them at once would make the server grow."""


def with_password(service: Service, account: str, name: str, password: str, address: str) -> Caller | None:
    """Who signs in; None after equally long a time for whatever is wrong. A failure is noted in the audit."""
    with _AT_ONCE:
        caller = users.signed_in(service, account, name, password)
    if caller is None and any(one.id == account for one in accounts.list_(service)):
        note_failure(service, account, name, WRONG, address)
    return caller


def note_failure(service: Service, account: str, name: str, why: str, address: str) -> None:
    """Writes down that somebody could not sign in as `name`."""
    principal = Caller(account, service.region, name[:64]).principal
    with service.database.write() as connection:
        audit.note(
            connection, account=account, caller=principal, action="SignIn", resource=name[:64], outcome=why,
            at=milliseconds(), detail={"address": address},
        )  # fmt: skip


def the_account(service: Service) -> Account | None:
    """The only account of the installation, whose number nobody has to type; None where there are several."""
    there = accounts.list_(service)
    return there[0] if len(there) == 1 else None
