"""The audit, to be read: who changed what, when, and how it ended."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from shindan.model.account import AuditEntry
from shindan.service import paging
from shindan.service.caller import Caller
from shindan.service.paging import Page, Pager
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import audit

SIZE = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What of the audit is asked for: a user's entries, actions that begin so, resources that hold such a text, only
    what was `refused` (or was not), from a moment on and before one (milliseconds).
    """

    user: str = ""
    action: str = ""
    resource: str = ""
    refused: bool | None = None
    since: int | None = None
    until: int | None = None


def page(service: Service, caller: Caller, question: Question, token: str | None = None) -> Page[AuditEntry]:
    """The account's entries, newest first. Raises AccessDenied, InvalidInput for a token of another list."""
    must(caller, "ListAudit")
    pager = Pager(service.keys["paging"], paging.query("audit", caller.account, *astuple(question)))
    principal = Caller(caller.account, caller.region, question.user).principal if question.user else ""
    with service.database.read() as connection:
        found = audit.search(
            connection, caller.account, caller=principal, action=question.action, resource=question.resource,
            refused=question.refused, since=question.since, until=question.until, before=pager.after(token),
            limit=SIZE + 1,
        )  # fmt: skip
    return paging.page(found, SIZE, pager, lambda entry: entry.number)
