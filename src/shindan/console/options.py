"""What the console is told by the roof: settings, and where its events go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shindan.service.certificates import Certificate
from shindan.service.sessions import Terms


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """An OpenID provider. Claims name what the ID token calls a user and the groups they are in; `groups` are (group,
    policy): which policies a group brings (`Administrator` makes an administrator). `creates`: whether who is unknown
    gets a user.
    """

    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid profile email"
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    groups: tuple[tuple[str, str], ...] = ()
    creates: bool = False
    account: str = ""
    label: str = ""
    ca: str = ""


def _nowhere(_: Mapping[str, Any]) -> None:
    return None


def _the_token(token: str) -> Sequence[str]:
    return [token]


def _nothing() -> Certificate | None:
    return None


@dataclass(frozen=True, slots=True)
class Options:
    """`totp_required`: who signs in with a password must have a second factor. `log` takes events. `install_lines` are
    what to type on a host to install an agent that enrols with a token. `ending` is the server's certificate once its
    end is near.
    """

    terms: Terms = field(default_factory=Terms)
    totp_required: bool = False
    sso: SingleSignOn | None = None
    log: Callable[[Mapping[str, Any]], None] = _nowhere
    install_lines: Callable[[str], Sequence[str]] = _the_token
    ending: Callable[[], Certificate | None] = _nothing
