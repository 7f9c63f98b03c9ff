"""Access keys: what programs sign their requests with. A secret is shown once, when it is made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.account import AccessKey
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import policies, vault
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.service.users import id_of, must_find
from shindan.store import access_keys as stored
from shindan.store import accounts

MOST_ACTIVE = 2
"""Permanent keys in force of one user, as in IAM: the old one and the new one while they are exchanged."""

SHORTEST_LOAN, LONGEST_LOAN = 900, 129_600
"""Seconds that a temporary key may be in force, as in STS."""

_NOTED_EACH = 60_000


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secrets, which are shown now and never again; moments in milliseconds."""

    id: str
    secret: str
    session_token: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeyInForce:
    """A key that may sign, and who signs with it. One that has expired is still here: it is told so."""

    id: str
    secret: str
    session_token: str | None
    expires_at: int | None
    caller: Caller
    last_used_at: int | None


def create(service: Service, caller: Caller, user_name: str) -> NewKey:
    """A new permanent key. Raises AccessDenied, NoSuchEntity, LimitExceeded for a third one in force."""
    with audited(service, caller, "CreateAccessKey", user_name[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            made = _make(connection, service, must_find(connection, caller, user_name).id)
            change.done(connection, made.id, user=user_name)
    return made


def rotate(service: Service, caller: Caller, key_id: str, *, keep_old: bool = False) -> NewKey:
    """A new key for the user of an old one, which is switched off in the same moment unless `keep_old`.

    Users may do that for themselves. Raises AccessDenied, NoSuchEntity, LimitExceeded.
    """
    with audited(service, caller, "RotateAccessKey", key_id[:128]) as change, service.database.write() as connection:
        accounts.lock(connection, caller.account)
        old = _must_find(connection, caller, key_id)
        if not keep_old:
            stored.set_active(connection, old.key.id, False)
        made = _make(connection, service, old.key.user)
        change.done(connection, replaced_by=made.id)
    return made


def lend(service: Service, caller: Caller, user_name: str, seconds: int = 3600) -> NewKey:
    """A temporary key with a session token. Raises InvalidInput for a duration out of bounds, NoSuchEntity."""
    with audited(service, caller, "LendAccessKey", user_name[:64]) as change:
        if caller.user != user_name:
            must_administrate(caller)
        if not SHORTEST_LOAN <= seconds <= LONGEST_LOAN:
            limits = f"{SHORTEST_LOAN} to {LONGEST_LOAN} seconds"
            raise InvalidInput("INVALID_DURATION", f"a temporary key is in force for {limits}, not {seconds}")
        at = milliseconds()
        made = NewKey(id_of("ASIA"), _secret(), secrets.token_urlsafe(96), at + 1000 * seconds)
        with service.database.write() as connection:
            user = must_find(connection, caller, user_name)
            # A day longer than they last, they are told that they have expired.
            stored.remove_expired(connection, user.id, at - 86_400_000)
            _keep(connection, service, made, user.id, at)
            change.done(connection, made.id, user=user_name, seconds=seconds)
    return made


def set_active(service: Service, caller: Caller, key_id: str, active: bool) -> None:
    """Switches a key off, at once, or on again; users may do that for themselves. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "SetAccessKeyActive", key_id[:128]) as change, service.database.write() as connection:
        accounts.lock(connection, caller.account)
        found = _must_find(connection, caller, key_id)
        stored.set_active(connection, found.key.id, active)
        _refuse_third(connection, found.key.user)
        change.done(connection, active=active)


def delete(service: Service, caller: Caller, key_id: str) -> None:
    """Removes a key. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "DeleteAccessKey", key_id[:128]) as change, service.database.write() as connection:
        stored.remove(connection, _must_find(connection, caller, key_id).key.id)
        change.done(connection)


def list_(service: Service, caller: Caller, user_name: str) -> list[AccessKey]:
    """A user's keys, oldest first; users see their own. Raises AccessDenied, NoSuchEntity."""
    if caller.user != user_name:
        must_administrate(caller)
    with service.database.read() as connection:
        return stored.of_user(connection, must_find(connection, caller, user_name).id)


def find_key(service: Service, key_id: str) -> KeyInForce | None:
    """The key that claims to have signed a request; None for one that is unknown, switched off or its user's are.

    Raises StoreError where its secret cannot be unsealed.
    """
    with service.database.read() as connection:
        found = stored.find(connection, key_id)
        if found is None or not found.key.active or found.disabled:
            return None
        documents = policies.documents(connection, found.account, found.policies)
    key = service.keys["secrets"]
    token = None if found.session_token is None else vault.unseal(key, found.session_token, f"{key_id} token")
    return KeyInForce(
        key_id,
        vault.unseal(key, found.secret, key_id),
        token,
        found.key.expires_at,
        Caller(found.account, service.region, found.user, found.administrator, documents),
        found.key.last_used_at,
    )


def note_use(service: Service, key: KeyInForce) -> None:
    """Notes that a key signed a good request; at most once a minute, since it costs a write."""
    at = milliseconds()
    if key.last_used_at is None or at - key.last_used_at >= _NOTED_EACH:
        with service.database.write() as connection:
            stored.used(connection, key.id, at)


def _make(connection: Connection, service: Service, user_id: str) -> NewKey:
    made = NewKey(id_of("AKIA"), _secret())
    _keep(connection, service, made, user_id, milliseconds())
    _refuse_third(connection, user_id)
    return made


def _keep(connection: Connection, service: Service, made: NewKey, user_id: str, at: int) -> None:
    key = service.keys["secrets"]
    token = None if made.session_token is None else vault.seal(key, made.session_token, f"{made.id} token")
    row = AccessKey(made.id, user_id, at, expires_at=made.expires_at)
    stored.add(connection, row, vault.seal(key, made.secret, made.id), token)


def _refuse_third(connection: Connection, user_id: str) -> None:
    keys = stored.of_user(connection, user_id)
    if sum(key.active and key.expires_at is None for key in keys) > MOST_ACTIVE:
        message = f"a user has at most {MOST_ACTIVE} access keys in force: switch one off first"
        raise LimitExceeded("ACCESS_KEY_LIMIT_EXCEEDED", message)


def _must_find(connection: Connection, caller: Caller, key_id: str) -> stored.Found:
    """A key of the caller's account, which is another user's only for an administrator."""
    found = stored.find(connection, key_id)
    if found is None or found.account != caller.account:
        raise NoSuchEntity("ACCESS_KEY_DOES_NOT_EXIST", f"there is no access key {key_id[:128]!r}")
    if found.user != caller.user:
        must_administrate(caller)
    return found


def _secret() -> str:
    """Forty characters of base 64, as IAM's have (240 bits)."""
    return secrets.token_urlsafe(30).replace("-", "+").replace("_", "/")
