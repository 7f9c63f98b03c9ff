"""The first account of an installation, with an administrator and their access key."""

from __future__ import annotations

from dataclasses import dataclass

from shindan.model.account import Account
from shindan.model.errors import ShindanError
from shindan.service import access_keys, accounts, users
from shindan.service.access_keys import NewKey
from shindan.service.service import Service

ADMINISTRATOR = "administrator"


class AlreadySetUp(ShindanError):
    """The service was set up before; nothing was changed."""


@dataclass(frozen=True, slots=True)
class First:
    """What was made; the key's secret is shown now and never again."""

    account: Account
    user: str
    key: NewKey


def refuse_second(service: Service) -> None:
    """Raises AlreadySetUp where there is an account with an access key."""
    there = accounts.list_(service)
    if there and _complete(service, there[0].id):
        known = ", ".join(account.id for account in there)
        remedy = (
            "another account: `shindan accounts create`; another key: "
            f"`shindan keys create {ADMINISTRATOR}`; begin anew with another --data DIR"
        )
        raise AlreadySetUp(
            f"{service.data} is set up already, with account {known}; nothing was changed", remedy=remedy
        )


def begin(service: Service, *, number: str | None = None, name: str = "") -> First:
    """Makes them. Raises AlreadySetUp where there is an account, InvalidInput for a number that is none."""
    refuse_second(service)
    there = accounts.list_(service)
    # A first start that was killed half-way left an account without a key: it is gone on with.
    account = there[0] if there else accounts.create(service, number=number, name=name)
    caller = accounts.operator(service, account.id)
    if not any(user.name == ADMINISTRATOR for user in users.list_(service, caller)):
        users.create(service, caller, ADMINISTRATOR, administrator=True)
    return First(account, ADMINISTRATOR, access_keys.create(service, caller, ADMINISTRATOR))


def _complete(service: Service, account: str) -> bool:
    caller = accounts.operator(service, account)
    return any(access_keys.list_(service, caller, user.name) for user in users.list_(service, caller))
