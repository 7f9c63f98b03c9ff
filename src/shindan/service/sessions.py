"""Sessions of the console: begun by signing in, ended by signing out, by time, and by whatever shuts a user out.

A browser holds 256 random bits, the database their SHA-256 (OWASP session management: no session can be taken over by
whoever reads the table).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from shindan.engine.clock import milliseconds
from shindan.model.account import Session
from shindan.model.refusals import AccessDenied, NoSuchEntity
from shindan.service import policies
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.service.users import must_find
from shindan.store import preferences, users
from shindan.store import sessions as stored

_NOTED_EACH = 60_000
_LONGEST_CLIENT = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """How long sessions last, in seconds: without a request (`idle`), and altogether (`life`)."""

    idle: int = 7_200
    life: int = 43_200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session in force, and who it makes its holder. `language` and `theme` are "" where nobody chose."""

    session: Session
    caller: Caller
    has_password: bool = False
    second_factor: bool = False
    language: str = ""
    theme: str = ""


def begin(service: Service, caller: Caller, how: str, address: str, client: str, terms: Terms) -> str:
    """A new session of whoever signed in; what their browser is to hold. Raises AccessDenied for a disabled user."""
    token, at = secrets.token_urlsafe(32), milliseconds()
    with audited(service, caller, "SignIn", caller.user) as change, service.database.write() as connection:
        user = users.get(connection, caller.account, caller.user)
        if user is None or user.disabled:
            raise AccessDenied("ACCESS_DENIED", f"{caller.principal} is shut out")
        stored.prune(connection, at, at - terms.idle * 1000)
        made = Session(hashed(token), user.id, address, client[:_LONGEST_CLIENT], how, at, at, at + terms.life * 1000)
        stored.add(connection, made)
        change.done(connection, how=how, address=address)
    return token


def resume(service: Service, token: str, address: str, terms: Terms) -> SignedIn | None:
    """Whose session it is; None where there is none in force."""
    if not token:
        return None
    at = milliseconds()
    with service.database.read() as connection:
        found = stored.find(connection, hashed(token))
        if found is None or found.disabled or _over(found.session, at, terms):
            return None
        documents = policies.documents(connection, found.account, found.policies)
    if at - found.session.seen_at >= _NOTED_EACH:  # once a minute, since it costs a write
        with service.database.write() as connection:
            stored.saw(connection, found.session.id, at, address)
    caller = Caller(found.account, service.region, found.user, found.administrator, documents)
    return SignedIn(found.session, caller, found.has_password, found.second_factor, found.language, found.theme)


def end(service: Service, caller: Caller, id_: str) -> None:
    """Ends a session of the caller's own. Raises NoSuchEntity."""
    with audited(service, caller, "SignOut", caller.user) as change, service.database.write() as connection:
        if not stored.end(connection, must_find(connection, caller, caller.user).id, id_):
            raise NoSuchEntity("SESSION_DOES_NOT_EXIST", "there is no such session, or it has ended")
        change.done(connection)


def end_all(service: Service, caller: Caller, name: str, *, but: str = "") -> int:
    """Ends every session of a user except one; users may do that for themselves. How many there were."""
    with audited(service, caller, "SignOutEverywhere", name[:64]) as change:
        if caller.user != name:
            must_administrate(caller)
        with service.database.write() as connection:
            ended = stored.end_all(connection, must_find(connection, caller, name).id, but=but)
            change.done(connection, ended=ended)
    return ended


def list_(service: Service, caller: Caller, terms: Terms) -> list[Session]:
    """The caller's own sessions that are in force, the one used last first."""
    at = milliseconds()
    with service.database.read() as connection:
        found = stored.of_user(connection, must_find(connection, caller, caller.user).id)
    return [one for one in found if not _over(one, at, terms)]


def prefer(service: Service, caller: Caller, **chosen: str) -> None:
    """Keeps a language or a theme that the caller chose; no entry in the audit, for it concerns nobody else."""
    with service.database.write() as connection:
        preferences.put(connection, must_find(connection, caller, caller.user).id, **chosen)


def hashed(token: str) -> str:
    """How a session is known here."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _over(session: Session, at: int, terms: Terms) -> bool:
    return at >= session.expires_at or at - session.seen_at >= terms.idle * 1000
