"""Passwords as Argon2id hashes (RFC 9106); its library is loaded when the first password comes."""

from __future__ import annotations

import functools
import secrets
from typing import Any

from shindan.model.refusals import InvalidInput

SHORTEST, LONGEST = 12, 1024
"""Characters. Length is what counts (NIST SP 800-63B, 5.1.1.2); there are no rules about kinds of characters."""


def hashed(password: str) -> str:
    """The hash to keep. Raises InvalidInput for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput("INVALID_PASSWORD", f"a password has {SHORTEST} to {LONGEST} characters")
    return hashed_again(password)


def hashed_again(password: str) -> str:
    """The hash of a password that was good enough when it was set."""
    return str(_hasher().hash(password.encode("utf-8", "surrogatepass")))


def matches(kept: str | None, password: str) -> bool:
    """Whether a password has this hash; without one it takes as long and is False."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        _hasher().verify(kept or _nobodys(), password[: LONGEST + 1].encode("utf-8", "surrogatepass"))
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return bool(_hasher().check_needs_rehash(kept))


@functools.cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    # 32 MiB: above OWASP's least (19 MiB, two rounds), and a few at once do not double the server's memory.
    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


@functools.cache
def _nobodys() -> str:
    return hashed_again(secrets.token_urlsafe(18))
