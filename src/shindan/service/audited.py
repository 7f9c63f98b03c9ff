"""A change and its entry in the audit, in one transaction; a refused change leaves an entry, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.refusals import CodedRefusal, InvalidInput, Refusal
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import audit

DONE = "done"
LONGEST = 400
"""Characters of a resource that are kept: names in refused requests may be anything."""


class Change:
    """One change that is being made by a caller."""

    def __init__(self, caller: Caller, action: str, resource: str) -> None:
        self._caller = caller
        self._action = action
        self._resource = resource[:LONGEST]

    def done(self, connection: Connection, resource: object = "", **detail: Any) -> None:
        """Notes that it was made, as part of the transaction that makes it; `resource` where it is new."""
        self._note(connection, str(resource) or self._resource, DONE, detail)

    def refused(self, connection: Connection, refusal: Refusal) -> None:
        """Notes that it was not made, and why."""
        outcome = refusal.code if isinstance(refusal, CodedRefusal) else refusal.type
        self._note(connection, self._resource, outcome, {"message": str(refusal)[:500]})

    def _note(self, connection: Connection, resource: str, outcome: str, detail: dict[str, Any]) -> None:
        audit.note(
            connection,
            account=self._caller.account,
            caller=self._caller.principal,
            action=self._action,
            resource=resource,
            outcome=outcome,
            at=milliseconds(),
            detail=detail,
        )


@contextmanager
def audited(service: Service, caller: Caller, action: str, resource: str = "") -> Iterator[Change]:
    """Notes what the block refuses; what it does, it notes itself with `done`.

    Input that is malformed, or a name that is taken, asked for nothing that could be done and leaves no entry.
    """
    change = Change(caller, action, resource)
    try:
        yield change
    except InvalidInput:
        raise
    except Refusal as refusal:
        with service.database.write() as connection:
            change.refused(connection, refusal)
        raise
