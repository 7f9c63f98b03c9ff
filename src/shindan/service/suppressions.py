"""Suppressions: issues that somebody decided not to count, why, who, and until when. They mark, they never delete."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.engine.clock import milliseconds
from shindan.model.arn import new_id
from shindan.model.issue import SCOPE_KINDS, ScopeKind, Suppression
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.model.stored_finding import PACKAGE_NUMBERS
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import issues as stored

_LONGEST_REASON = 1000
_CODE = "INVALID_ATTRIBUTE"


def create(
    service: Service,
    caller: Caller,
    scope: Sequence[tuple[ScopeKind, str]],
    reason: str,
    *,
    owner: str | None = None,
    expires_at: int | None = None,
) -> str:
    """A new suppression, in force at once; its id. All pairs of the scope must hold; `expires_at` is in milliseconds.

    Needs `CreateSuppression`. Raises InvalidInput for an empty or unknown scope, no reason, or an expiry that is over,
    AccessDenied.
    """
    now = milliseconds()
    checks.text(reason, _CODE, "the reason of a suppression", _LONGEST_REASON)
    checks.text(owner or caller.user, _CODE, "the owner of a suppression", checks.LONGEST_VALUE)
    if not scope:
        raise InvalidInput(_CODE, f"a suppression is about something: one of {', '.join(SCOPE_KINDS)}")
    for kind, value in scope:
        _check(kind, value)
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(_CODE, "the suppression would have expired already")
    new = Suppression(new_id(), tuple(scope), reason, owner or caller.user, now, expires_at)
    with audited(service, caller, "CreateSuppression", new.id) as change:
        must(caller, "CreateSuppression")
        with service.database.write() as connection:
            stored.add_suppression(connection, caller.account, new)
            stored.mark(connection, caller.account, now)
            change.done(connection, scope=[list(pair) for pair in scope], reason=reason)
    return new.id


def delete(service: Service, caller: Caller, id_: str) -> None:
    """Ends a suppression: what it marked comes back. Needs `DeleteSuppression`. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "DeleteSuppression", id_) as change:
        must(caller, "DeleteSuppression")
        with service.database.write() as connection:
            if not stored.remove_suppression(connection, caller.account, id_):
                raise NoSuchEntity("FINDING_DOES_NOT_EXIST", f"there is no suppression {id_[:80]!r}")
            stored.mark(connection, caller.account, milliseconds())
            change.done(connection)


def list_(service: Service, caller: Caller) -> list[Suppression]:
    """The account's suppressions, oldest first, those that expired too. Needs `ListSuppressions`."""
    must(caller, "ListSuppressions")
    with service.database.read() as connection:
        return stored.suppressions(connection, caller.account)


def _check(kind: str, value: str) -> None:
    if kind not in SCOPE_KINDS:
        raise InvalidInput(_CODE, f"a suppression is about one of {', '.join(SCOPE_KINDS)}, not {kind[:80]!r}")
    checks.text(value, _CODE, f"the {kind} of a suppression", 1000)
    if kind == "package" and value not in PACKAGE_NUMBERS:
        raise InvalidInput(_CODE, f"there is no rules package {value[:80]!r}: {', '.join(PACKAGE_NUMBERS)}")
