"""Searches among findings that people keep under a name: their own, and those that an account shares."""

from __future__ import annotations

from shindan.engine.clock import milliseconds
from shindan.model.arn import new_id
from shindan.model.issue_query import IssueQuery, query_of
from shindan.model.issue_views import SavedView
from shindan.model.refusals import LimitExceeded, NoSuchEntity
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.issue_search import check
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import saved_views as stored
from shindan.store.saved_views import StoredView

MOST = 200
"""Views that one user may see."""

_LONGEST_NAME = 100


def save(service: Service, caller: Caller, name: str, query: IssueQuery, *, shared: bool = False) -> None:
    """Keeps a search under a name, in place of the caller's own of that name. `shared`: others of the account may use
    it, which needs `ShareView`; without, `ListFindings` is enough. Raises InvalidInput, AccessDenied, LimitExceeded.
    """
    with audited(service, caller, "SaveView", name[:_LONGEST_NAME]) as change:
        must(caller, "ShareView" if shared else "ListFindings")
        checks.text(name, "INVALID_ATTRIBUTE", "the name of a view", _LONGEST_NAME)
        check(query)
        now = milliseconds()
        view = StoredView(new_id(), caller.account, caller.user, name, query.as_json(), shared, now, now)
        with service.database.write() as connection:
            stored.put(connection, view)
            if len(stored.seen_by(connection, caller.account, caller.user)) > MOST:
                raise LimitExceeded("LIMIT_EXCEEDED", f"a user has at most {MOST} views: delete some")
            change.done(connection, query=query.as_json(), shared=shared)


def list_(service: Service, caller: Caller) -> list[SavedView]:
    """The caller's views and those that others share, by name. Needs `ListFindings`."""
    must(caller, "ListFindings")
    with service.database.read() as connection:
        found = stored.seen_by(connection, caller.account, caller.user)
    return [
        SavedView(
            view.id,
            view.owner,
            view.name,
            query_of(view.query),
            view.shared,
            view.owner == caller.user,
            view.updated_at,
        )
        for view in found
    ]


def get(service: Service, caller: Caller, name: str) -> SavedView:
    """The view of a name: the caller's own before one that somebody shares. Raises NoSuchEntity, AccessDenied."""
    for view in list_(service, caller):
        if view.name == name:
            return view
    raise _unknown(name)


def delete(service: Service, caller: Caller, name: str) -> None:
    """Lets go of the caller's own view of a name. Needs `ListFindings`. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "DeleteView", name[:_LONGEST_NAME]) as change:
        must(caller, "ListFindings")
        with service.database.write() as connection:
            if not stored.remove(connection, caller.account, caller.user, name):
                raise _unknown(name)
            change.done(connection)


def _unknown(name: str) -> NoSuchEntity:
    return NoSuchEntity("VIEW_DOES_NOT_EXIST", f"you have no view {name[:_LONGEST_NAME]!r}")
