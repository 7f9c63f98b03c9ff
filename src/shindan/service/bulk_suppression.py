"""Many findings suppressed at once: those that were ticked, or all that a search finds now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.arn import new_id
from shindan.model.issue import Suppression
from shindan.model.issue_query import IssueQuery
from shindan.model.issue_views import Suppressed
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.issue_search import check
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import issue_detail, issue_pages, issues, selected
from shindan.store.issue_sides import sides_of

MOST = 10_000
"""Findings of one selection; what is about more is better said as a scope, which new ones fall under, too."""

_CODE = "INVALID_ATTRIBUTE"
_LONGEST_REASON = 1000
_AT_ONCE = 1000


def suppress(
    service: Service,
    caller: Caller,
    reason: str,
    *,
    numbers: Collection[int] = (),
    query: IssueQuery | None = None,
    owner: str | None = None,
    expires_at: int | None = None,
) -> Suppressed:
    """Suppresses open findings by number (`IssueRow.number`), or those that a query finds now: what comes later is not
    meant. One transaction, one entry in the audit. Needs `CreateSuppression`.

    Raises InvalidInput for no reason, no findings, or an expiry (ms) that is over; NoSuchEntity for a number that is
    unknown; LimitExceeded for more than MOST; AccessDenied.
    """
    now, owner = milliseconds(), owner or caller.user
    with audited(service, caller, "CreateSuppression") as change:
        must(caller, "CreateSuppression")
        _check(reason, owner, numbers, query)
        if expires_at is not None and expires_at <= now:
            raise InvalidInput(_CODE, "the suppression would have expired already")
        with service.database.write() as connection:
            keys = _chosen(connection, caller, numbers, query)
            scope = (("selection", str(len(keys))),)
            new = Suppression(new_id(), scope, reason, owner, now, expires_at)  # type: ignore[arg-type]
            issues.add_suppression(connection, caller.account, new)
            selected.choose(connection, new.id, keys)
            asked = query.as_json() if query else None
            change.done(connection, new.id, findings=len(keys), reason=reason, query=asked)
            issues.mark(connection, caller.account, now)
            marked = issue_detail.marked(connection, caller.account, new.id)
    return Suppressed(new.id, len(keys), marked)


def _check(reason: str, owner: str, numbers: Collection[int], query: IssueQuery | None) -> None:
    checks.text(reason, _CODE, "the reason of a suppression", _LONGEST_REASON)
    checks.text(owner, _CODE, "the owner of a suppression", checks.LONGEST_VALUE)
    if (query is None) == (not numbers):
        raise InvalidInput(_CODE, "findings to suppress are named by number, or by a query")
    if query is not None:
        check(query)


def _chosen(
    connection: Connection, caller: Caller, numbers: Collection[int], query: IssueQuery | None
) -> list[tuple[str, int, str, str]]:
    """What identifies the findings that are meant."""
    chosen = sorted(set(numbers)) if query is None else _found(connection, caller, query)
    if len(chosen) > MOST:
        raise _too_many()
    keys = issue_detail.keys_of(connection, caller.account, chosen)
    if len(keys) < len(chosen):
        raise NoSuchEntity("FINDING_DOES_NOT_EXIST", "not all of these findings are there any more")
    if not keys:
        raise InvalidInput(_CODE, "the query finds nothing that is open")
    return keys


def _found(connection: Connection, caller: Caller, query: IssueQuery) -> list[int]:
    """Numbers of all open findings that pass; at most one more than may be."""
    sides = sides_of(connection, caller.account, replace(query.at(milliseconds()), statuses=("open",)))
    found: list[int] = []
    place = None
    while len(found) <= MOST:
        part = issue_pages.page(connection, sides, "severity", place=place, limit=_AT_ONCE)
        found += [number for number, _ in part.items]
        place = part.end or (part.items[-1][1] if len(part.items) == _AT_ONCE else None)
        if place is None:
            break
    return found


def _too_many() -> LimitExceeded:
    return LimitExceeded(
        "LIMIT_EXCEEDED",
        f"at most {MOST:,} findings can be chosen at once: narrow it, or suppress by package, CVE or tag",
    )
