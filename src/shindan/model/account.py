"""Who may call: accounts, their users and access keys, and what is written down of what they changed.

Moments are milliseconds since the epoch, in UTC. Secrets and password hashes are no part of these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """An account: twelve digits. `role_arn` is the role that was registered last, and `role_at` when."""

    id: str
    name: str
    created_at: int
    role_arn: str | None = None
    role_at: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """A person or a program of an account. `policies` are names of policies; an administrator needs none."""

    id: str
    account: str
    name: str
    created_at: int
    administrator: bool = False
    disabled: bool = False
    policies: tuple[str, ...] = ()
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of a user, without its secret; `user` is the user's id."""

    id: str
    user: str
    created_at: int
    active: bool = True
    expires_at: int | None = None
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in at the console. `id` is a hash, `user` the user's id, `how` they signed in: `password`,
    `totp`, `recovery` or `oidc`; `client` is what their browser calls itself.
    """

    id: str
    user: str
    address: str
    client: str
    how: str
    created_at: int
    seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change, done or refused: who, what, on which resource, and how it ended (`done`, or the refusal's code)."""

    number: int
    account: str
    caller: str
    action: str
    resource: str
    outcome: str
    detail: Mapping[str, Any]
    at: int
