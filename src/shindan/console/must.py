"""What a change needs where its verb leaves that to the doors: the API's asks for its own actions, pages for theirs."""

from __future__ import annotations

from shindan.console.page import Visit
from shindan.model.refusals import AccessDenied


def must(visit: Visit, *actions: str) -> None:
    """Raises AccessDenied unless the visitor's policies allow all of these."""
    for action in actions:
        if not visit.may(action):
            raise AccessDenied("ACCESS_DENIED", f"{visit.caller.principal} may not do {action}")
