"""What a change needs where its verb leaves that to the doors: the API's asks for its own actions, pages for theirs."""

from __future__ import annotations

from collections.abc import Iterable

from shindan.console.page import Visit
from shindan.service.rights import must_do


def must(visit: Visit, *actions: str, of: str = "") -> None:
    """Raises AccessDenied unless the visitor's policies allow all of these, of a thing (its ARN) where one is named."""
    for action in actions:
        must_do(visit.caller, action, *([of] if of else []))


def allowed_of(visit: Visit, action: str, arns: Iterable[str]) -> list[str]:
    """Those of some things (ARNs) with which the visitor's policies allow an action: what a list shows."""
    return [arn for arn in arns if visit.may(action, arn)]
