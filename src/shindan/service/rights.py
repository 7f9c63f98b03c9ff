"""Rights that a verb asks for itself: those that no door knows from its own tables."""

from __future__ import annotations

from shindan.model.refusals import AccessDenied
from shindan.service.caller import Caller, allowed


def may(caller: Caller, action: str) -> bool:
    """Whether a caller's policies allow an action of ours (`ListFindings`): what a page may offer."""
    return allowed(caller, f"shindan:{action}")


def must(caller: Caller, action: str) -> None:
    """Raises AccessDenied where a caller's policies do not allow an action of ours."""
    if not may(caller, action):
        raise AccessDenied("ACCESS_DENIED", f"{caller.principal} may not do shindan:{action}")
