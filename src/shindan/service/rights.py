"""Rights that a verb asks for itself: those that no door knows from its own tables."""

from __future__ import annotations

from shindan.model.refusals import AccessDenied
from shindan.service.caller import Caller, allowed


def must(caller: Caller, action: str, *resources: str) -> None:
    """Raises AccessDenied where a caller's policies do not allow an action of ours on every one of these resources."""
    must_do(caller, f"shindan:{action}", *resources)


def must_do(caller: Caller, action: str, *resources: str) -> None:
    """The same for an action by its whole name (`inspector:StartAssessmentRun`); resources are ARNs."""
    if not allowed(caller, action, resources):
        of = f" of {', '.join(resources)[:400]}" if resources else ""
        raise AccessDenied("ACCESS_DENIED", f"{caller.principal} may not do {action}{of}")
