"""Users of an account: their passwords and their rights. The last administrator can be neither removed nor demoted."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.account import User
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import passwords, policies
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import accounts, sessions
from shindan.store import users as stored

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TAKEN = "USER_NAME_ALREADY_TAKEN"


def create(
    service: Service,
    caller: Caller,
    name: str,
    *,
    administrator: bool = False,
    policy_names: Sequence[str] = (),
    password: str | None = None,
) -> User:
    """A new user of the caller's account; without a password they have only access keys.

    Raises AccessDenied, InvalidInput for a name that is taken or malformed, NoSuchEntity for an unknown policy.
    """
    with audited(service, caller, "CreateUser", name[:64]) as change:
        must_administrate(caller)
        if not _NAME.fullmatch(name):
            message = f"the name of a user has 1 to 64 letters, digits and +=,.@_-, not {name[:64]!r}"
            raise InvalidInput("INVALID_USER_NAME", message)
        hashed = passwords.hashed(password) if password is not None else ""
        new = User(
            id_of("AIDA"), caller.account, name, milliseconds(), administrator, False, tuple(policy_names), bool(hashed)
        )
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            policies.must_exist(connection, caller.account, policy_names)
            if not stored.add(connection, new, hashed):
                raise InvalidInput(_TAKEN, f"account {caller.account} has a user {name!r} already")
            change.done(connection, administrator=administrator, policies=list(policy_names))
    return new


def list_(service: Service, caller: Caller) -> list[User]:
    """The account's users, by name. Raises AccessDenied."""
    must_administrate(caller)
    with service.database.read() as connection:
        return stored.every(connection, caller.account)


def set_administrator(service: Service, caller: Caller, name: str, administrator: bool) -> None:
    """Makes a user an administrator, or a plain user. Raises InvalidInput where it is the last one."""
    _change(service, caller, "SetAdministrator", name, administrator=administrator)


def set_disabled(service: Service, caller: Caller, name: str, disabled: bool) -> None:
    """Shuts a user out with all their keys, or lets them in again. Raises InvalidInput for the last administrator."""
    _change(service, caller, "SetUserDisabled", name, disabled=disabled)


def set_policies(service: Service, caller: Caller, name: str, policy_names: Sequence[str]) -> None:
    """Replaces the policies that a user has. Raises NoSuchEntity for an unknown one."""
    _change(service, caller, "SetUserPolicies", name, policies=list(policy_names))


def set_password(service: Service, caller: Caller, name: str, password: str, *, keep_session: str = "") -> None:
    """Gives a user another password; users may do that for themselves. Raises InvalidInput for a weak one.

    The user's sessions end, but for `keep_session`: whoever knew the old password is out.
    """
    with audited(service, caller, "SetPassword", name[:64]) as change:
        if caller.user != name:
            must_administrate(caller)
        hashed = passwords.hashed(password)
        with service.database.write() as connection:
            user = must_find(connection, caller, name)
            stored.change(connection, user.id, password_hash=hashed)
            sessions.end_all(connection, user.id, but=keep_session)
            change.done(connection)


def reset(service: Service, caller: Caller, name: str) -> str:
    """Gives a user a new random password, lets them in again, and returns it; it is shown nowhere else."""
    password = secrets.token_urlsafe(18)
    hashed = passwords.hashed(password)
    with audited(service, caller, "ResetPassword", name[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            user = must_find(connection, caller, name)
            stored.change(connection, user.id, password_hash=hashed, disabled=False)
            sessions.end_all(connection, user.id)
            change.done(connection)
    return password


def remove(service: Service, caller: Caller, name: str) -> None:
    """Removes a user with their access keys. Raises InvalidInput for the last administrator, NoSuchEntity."""

    def removal(connection: Connection, user: User) -> None:
        stored.remove(connection, user.id)

    _altered(service, caller, "RemoveUser", name, removal, {})


def signed_in(service: Service, account: str, name: str, password: str) -> Caller | None:
    """Who signs in with a password; None for a wrong one, an unknown or disabled user, after equally long a time."""
    with service.database.read() as connection:
        kept = stored.password_hash(connection, account, name)
        user = stored.get(connection, account, name)
        known = policies.documents(connection, account, user.policies) if user else ()
    if not passwords.matches(kept, password) or user is None or kept is None:
        return None
    if passwords.is_dated(kept):
        with service.database.write() as connection:
            stored.change(connection, user.id, password_hash=passwords.hashed_again(password))
    return Caller(account, service.region, name, user.administrator, known)


def must_find(connection: Connection, caller: Caller, name: str) -> User:
    """The user of a name in the caller's account. Raises NoSuchEntity."""
    found = stored.get(connection, caller.account, name)
    if found is None:
        raise NoSuchEntity("USER_DOES_NOT_EXIST", f"account {caller.account} has no user {name[:64]!r}")
    return found


def id_of(prefix: str) -> str:
    """A fresh id in the form of IAM's: four letters and sixteen of base 32 (80 bits)."""
    return prefix + "".join(secrets.choice(_BASE32) for _ in range(16))


def _change(service: Service, caller: Caller, action: str, name: str, **columns: Any) -> None:
    def change(connection: Connection, user: User) -> None:
        policies.must_exist(connection, caller.account, columns.get("policies", ()))
        stored.change(connection, user.id, **columns)
        if columns.get("disabled"):
            sessions.end_all(connection, user.id)

    _altered(service, caller, action, name, change, columns)


def _altered(
    service: Service,
    caller: Caller,
    action: str,
    name: str,
    alter: Callable[[Connection, User], None],
    detail: dict[str, Any],
) -> None:
    with audited(service, caller, action, name[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            # Two administrators who remove each other at once must not both succeed.
            accounts.lock(connection, caller.account)
            user = must_find(connection, caller, name)
            alter(connection, user)
            if user.administrator and not stored.administrators(connection, caller.account):
                message = f"{name!r} is the last administrator of account {caller.account}: make another one first"
                raise InvalidInput("LAST_ADMINISTRATOR", message)
            change.done(connection, **detail)
