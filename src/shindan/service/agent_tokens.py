"""Tokens that agents enrol with: made, listed and revoked by an administrator. A token is shown once, when it is made.

`shat_ID_SECRET`: the id is looked up, and of the secret (240 bits, so that a plain hash will do) only the SHA-256 is
kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.agent import AgentToken
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import tags_of_hosts
from shindan.service.accounts import must_administrate
from shindan.service.agent_refused import AgentRefused
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import agent_tokens as stored

MOST = 500
"""Tokens of an account that are not revoked; one is enough for a fleet."""

LONGEST = 10 * 365 * 86_400
"""Seconds for which a token may be good."""

_TOKEN = re.compile(r"shat_([a-z0-9]{10})_([A-Za-z0-9]{40})")
_ID = "abcdefghijkmnpqrstuvwxyz23456789"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with its text, which is shown now and never again."""

    token: AgentToken
    text: str


def create(
    service: Service,
    caller: Caller,
    *,
    seconds: int | None = None,
    max_uses: int | None = None,
    tags: Sequence[tuple[str, str | None]] = (),
) -> NewToken:
    """A new token, good for so many seconds and uses (None: without end).

    Raises AccessDenied, InvalidInput for what is out of bounds, LimitExceeded.
    """
    with audited(service, caller, "CreateAgentToken") as change:
        must_administrate(caller)
        if seconds is not None and not 1 <= seconds <= LONGEST:
            raise InvalidInput("INVALID_DURATION", f"a token is good for 1 to {LONGEST:,} seconds, not {seconds}")
        if max_uses is not None and not 1 <= max_uses <= 1_000_000:
            raise InvalidInput("INVALID_MAX_USES", f"a token is good for 1 to 1,000,000 uses, not {max_uses}")
        pairs = tags_of_hosts.checked(tags)
        at = milliseconds()
        id_, secret = _random(_ID, 10), _random(_ALPHABET, 40)
        expires = None if seconds is None else at + 1000 * seconds
        new = AgentToken(id_, caller.account, at, caller.principal, expires, max_uses, tags=pairs)
        with service.database.write() as connection:
            known = [one for one in stored.of_account(connection, caller.account) if one.revoked_at is None]
            if len(known) >= MOST:
                raise LimitExceeded("AGENT_TOKEN_LIMIT_EXCEEDED", f"an account has at most {MOST} tokens: revoke some")
            stored.add(connection, new, _hash(secret))
            change.done(connection, id_, tags=[list(pair) for pair in pairs], max_uses=max_uses, expires_at=expires)
    return NewToken(new, f"shat_{id_}_{secret}")


def list_(service: Service, caller: Caller) -> list[AgentToken]:
    """The account's tokens, oldest first, revoked ones included. Raises AccessDenied."""
    must_administrate(caller)
    with service.database.read() as connection:
        return stored.of_account(connection, caller.account)


def revoke(service: Service, caller: Caller, id_: str) -> None:
    """Ends a token at once; hosts that enrolled with it keep their keys. Raises AccessDenied, NoSuchEntity."""
    with audited(service, caller, "RevokeAgentToken", id_[:64]) as change:
        must_administrate(caller)
        with service.database.write() as connection:
            if not stored.revoke(connection, caller.account, id_, milliseconds()):
                raise NoSuchEntity("AGENT_TOKEN_DOES_NOT_EXIST", f"there is no token {id_[:64]!r}")
            change.done(connection)


def recognised(connection: Connection, text: str) -> AgentToken:
    """The token of a text, good or not any more. Raises AgentRefused (TokenRefused) where its secret is not right."""
    match = _TOKEN.fullmatch(text)
    found = stored.find(connection, match[1]) if match else None
    expected = found[1] if found else _hash("nobody's")
    right = hmac.compare_digest(expected, _hash(match[2] if match else ""))
    if found is None or not right:
        raise AgentRefused("TokenRefused", "this token is not known here; make one: `shindan agent-token create`")
    return found[0]


def why_refused(token: AgentToken, at: int) -> AgentRefused:
    """What the holder of the right secret is told of a token that is good no more."""
    if token.revoked_at is not None:
        why = "was revoked"
    elif token.expires_at is not None and token.expires_at <= at:
        why = "has expired"
    else:
        why = f"has been used {token.uses} times, and may not be used again"
    return AgentRefused("TokenRefused", f"token {token.id} {why}; make another: `shindan agent-token create`")


def _hash(secret: str) -> str:
    return hashlib.sha256(b"shindan agent token " + secret.encode()).hexdigest()


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
