"""Users who sign in elsewhere: which user somebody is, and what their groups let them do.

Somebody is known by issuer and subject alone: names can be chosen, and given to others later (OpenID
Connect Core, 5.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shindan.model.account import User
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import policies, users
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.present import milliseconds
from shindan.service.service import Service
from shindan.store import identities

ADMINISTRATOR = "Administrator"
_PRINCIPAL = "single-sign-on"
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody at a provider, with the name that they go by there."""

    issuer: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody's groups bring; nothing at all means that they may not come in."""

    administrator: bool = False
    policies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.administrator or bool(self.policies)


def rights_of(known: Iterable[tuple[str, str]], groups: Iterable[str]) -> Rights:
    """What groups bring by a list of (group, policy)."""
    mine = set(groups)
    given = list(dict.fromkeys(policy for group, policy in known if group in mine))
    return Rights(ADMINISTRATOR in given, tuple(policy for policy in given if policy != ADMINISTRATOR))


def caller(service: Service, account: str, subject: Subject, rights: Rights | None, *, creates: bool) -> Caller:
    """Who signs in. With `rights` those of their groups replace what the user had; None leaves them to administrators.

    Raises NoSuchEntity for somebody without a user (whom `creates` would give one), AccessDenied for one who is shut
    out, is of another account, or whose groups bring nothing.
    """
    user = _found(service, subject)
    if user is None:
        user = _made(service, account, subject, rights, creates)
    if user.account != account or user.disabled:
        raise AccessDenied("ACCESS_DENIED", f"the user of {subject.name[:64]!r} is shut out, or of another account")
    if rights is not None:
        _set(service, user, rights)
        if not rights:
            raise AccessDenied("ACCESS_DENIED", f"no group of {subject.name[:64]!r} may come in")
    with service.database.read() as connection:
        fresh = users.must_find(connection, _self(service, account), user.name)
        documents = policies.documents(connection, account, fresh.policies)
    return Caller(account, service.region, fresh.name, fresh.administrator, documents)


def link(service: Service, by: Caller, name: str, issuer: str, subject: str) -> None:
    """Says that a subject of a provider is this user. Raises AccessDenied, InvalidInput, NoSuchEntity."""
    with audited(service, by, "LinkIdentity", name[:64]) as change:
        must_administrate(by)
        if not 0 < len(subject) <= _LONGEST or not subject.isprintable():
            raise InvalidInput("INVALID_SUBJECT", f"a subject has 1 to {_LONGEST} characters")
        with service.database.write() as connection:
            user = users.must_find(connection, by, name)
            if not identities.add(connection, issuer, subject, user.id, milliseconds()):
                raise InvalidInput("IDENTITY_TAKEN", f"{subject!r} is a user already")
            change.done(connection, issuer=issuer, subject=subject)


def unlink(service: Service, by: Caller, name: str, issuer: str, subject: str) -> None:
    """Takes that back. Raises AccessDenied, NoSuchEntity."""
    with audited(service, by, "UnlinkIdentity", name[:64]) as change:
        must_administrate(by)
        with service.database.write() as connection:
            user = users.must_find(connection, by, name)
            if not identities.remove(connection, issuer, subject, user.id):
                raise NoSuchEntity("NO_IDENTITY", f"{subject[:255]!r} is not this user")
            change.done(connection, issuer=issuer, subject=subject)


def subjects(service: Service, by: Caller, name: str) -> list[Subject]:
    """Who may come in as a user. Raises AccessDenied, NoSuchEntity."""
    must_administrate(by)
    with service.database.read() as connection:
        found = identities.of_user(connection, users.must_find(connection, by, name).id)
    return [Subject(issuer, id_) for issuer, id_ in found]


def _found(service: Service, subject: Subject) -> User | None:
    with service.database.read() as connection:
        return identities.find(connection, subject.issuer, subject.id)


def _made(service: Service, account: str, subject: Subject, rights: Rights | None, creates: bool) -> User:
    if not creates:
        raise NoSuchEntity("NO_USER", f"{subject.name[:64]!r} has no user here")
    if rights is not None and not rights:
        raise AccessDenied("ACCESS_DENIED", f"no group of {subject.name[:64]!r} may come in")
    own = _self(service, account)
    try:
        made = users.create(
            service, own, subject.name, administrator=bool(rights and rights.administrator),
            policy_names=_known(service, own, rights.policies if rights else ()),
        )  # fmt: skip
    except InvalidInput as error:
        # A name that is somebody's already is never taken over.
        raise NoSuchEntity(
            "NO_USER", f"{subject.name[:64]!r} has no user here, and none can be made: {error}"
        ) from None
    link(service, own, made.name, subject.issuer, subject.id)
    return made


def _set(service: Service, user: User, rights: Rights) -> None:
    own = _self(service, user.account)
    wanted = _known(service, own, rights.policies)
    if user.administrator != rights.administrator:
        users.set_administrator(service, own, user.name, rights.administrator)
    if list(user.policies) != wanted:
        users.set_policies(service, own, user.name, wanted)


def _known(service: Service, own: Caller, names: Sequence[str]) -> list[str]:
    """Policies that there are: one that was removed here brings nothing, and keeps nobody out."""
    there = policies.list_(service, own)
    return [name for name in names if name in there]


def _self(service: Service, account: str) -> Caller:
    return Caller(account, service.region, _PRINCIPAL, administrator=True)
