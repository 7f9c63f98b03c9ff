"""Second factors: codes of six digits that change every 30 seconds (TOTP, RFC 6238), and recovery codes.

The secret is sealed by the vault. A code is good once, in its own 30 seconds and those before and after (5.2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from shindan.model.account import User
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import vault
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.present import milliseconds
from shindan.service.service import Service
from shindan.service.users import must_find
from shindan.store import second_factors as stored
from shindan.store import users
from shindan.store.second_factors import SecondFactor

ISSUER = "Shindan"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret that is not in force yet: for typing, and as the address that telephones read from a picture."""

    secret: str
    uri: str


def in_force(service: Service, account: str, name: str) -> bool:
    """Whether a user must give a code."""
    with service.database.read() as connection:
        user = users.get(connection, account, name)
        found = stored.get(connection, user.id) if user else None
    return found is not None and found.confirmed


def holders(service: Service, caller: Caller) -> set[str]:
    """The ids of the account's users who have a second factor. Raises AccessDenied."""
    must_administrate(caller)
    with service.database.read() as connection:
        return stored.confirmed(connection, [user.id for user in users.every(connection, caller.account)])


def recovery_left(service: Service, caller: Caller) -> int | None:
    """How many recovery codes the caller has left; None without a second factor."""
    with service.database.read() as connection:
        found = stored.get(connection, must_find(connection, caller, caller.user).id)
    return len(found.recovery) if found and found.confirmed else None


def propose(service: Service, caller: Caller) -> Proposal:
    """A secret for the caller: the one proposed before, until it is confirmed. Raises InvalidInput where one is."""
    import pyotp  # with the first who wants one

    with service.database.write() as connection:
        user = must_find(connection, caller, caller.user)
        there = stored.get(connection, user.id)
        if there is not None and there.confirmed:
            raise InvalidInput("SECOND_FACTOR_EXISTS", f"{caller.principal} has a second factor already")
        if there is None:
            secret = pyotp.random_base32()
            sealed = vault.seal(service.keys["secrets"], secret, _about(user))
            stored.put(connection, SecondFactor(user.id, sealed, False, 0, (), milliseconds()))
        else:
            secret = vault.unseal(service.keys["secrets"], there.secret, _about(user))
    name = f"{caller.user}@{caller.account}"
    return Proposal(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def confirm(service: Service, caller: Caller, code: str) -> list[str]:
    """Puts the caller's second factor in force, after a first good code. The recovery codes, shown once.

    Raises InvalidInput for a wrong code, NoSuchEntity where nothing was proposed.
    """
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with audited(service, caller, "EnableSecondFactor", caller.user) as change, service.database.write() as connection:
        user = must_find(connection, caller, caller.user)
        there = stored.get(connection, user.id)
        if there is None or there.confirmed:
            raise NoSuchEntity("NO_SECOND_FACTOR", "there is no second factor that waits for its first code")
        if not _use(connection, service, user, there, code):
            raise _wrong()
        stored.set_recovery(connection, user.id, [_hashed(one) for one in codes])
        change.done(connection)
    return codes


def check(service: Service, account: str, name: str, code: str) -> str | None:
    """How a code is good: `totp`, or `recovery`; None where it is not. It is used up by this."""
    with service.database.write() as connection:
        user = users.get(connection, account, name)
        there = stored.get(connection, user.id) if user else None
        if user is None or there is None or not there.confirmed:
            return None
        if _use(connection, service, user, there, code):
            return "totp"
        return "recovery" if _use_recovery(connection, there, code) else None


def remove(service: Service, caller: Caller, code: str) -> None:
    """Removes the caller's own, against a good code. Raises InvalidInput for a wrong one, NoSuchEntity."""
    with audited(service, caller, "RemoveSecondFactor", caller.user) as change, service.database.write() as connection:
        user = must_find(connection, caller, caller.user)
        there = stored.get(connection, user.id)
        if there is None or not there.confirmed:
            raise NoSuchEntity("NO_SECOND_FACTOR", f"{caller.principal} has no second factor")
        if not _use(connection, service, user, there, code) and not _use_recovery(connection, there, code):
            raise _wrong()
        stored.remove(connection, user.id)
        change.done(connection)


def reset(service: Service, caller: Caller, name: str) -> None:
    """Removes a user's, who lost theirs. Raises AccessDenied for anybody but administrators, NoSuchEntity."""
    with audited(service, caller, "ResetSecondFactor", name[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            if not stored.remove(connection, must_find(connection, caller, name).id):
                raise NoSuchEntity("NO_SECOND_FACTOR", f"{name[:64]!r} has no second factor")
            change.done(connection)


def _use(connection: Connection, service: Service, user: User, there: SecondFactor, code: str) -> bool:
    import pyotp

    digits = "".join(code.split())
    totp = pyotp.TOTP(vault.unseal(service.keys["secrets"], there.secret, _about(user)))
    now = milliseconds() // (1000 * STEP_SECONDS)
    good = [
        step for step in (now - 1, now, now + 1)
        if step > there.step and hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
    ]  # fmt: skip
    # Of two who bring the same code at once, one is late.
    return bool(good) and stored.use_step(connection, user.id, good[-1])


def _use_recovery(connection: Connection, there: SecondFactor, code: str) -> bool:
    mark = _hashed(code)
    if mark not in there.recovery:
        return False
    stored.set_recovery(connection, there.user, [one for one in there.recovery if one != mark])
    return True


def _hashed(code: str) -> str:
    # A code has 49 bits of chance, and guesses are counted: a slow hash would add nothing.
    plain = "".join(letter for letter in code.lower() if letter in _LETTERS)
    return hashlib.sha256(f"shindan recovery {plain}".encode()).hexdigest()


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))


def _about(user: User) -> str:
    return f"second factor of {user.id}"


def _wrong() -> InvalidInput:
    return InvalidInput("WRONG_CODE", "the code is wrong, or it was used already")
