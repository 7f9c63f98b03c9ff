"""Everything that can go wrong, as an answer: JSON with `__type` and `message`, and the status that goes with it.

Statuses: the published API reference gives 500 for InternalException and 400 for all other modelled exceptions; the
front-end's errors outside the model have 400 as in every AWS JSON 1.1 service (specification, sections 0.2 and 2.7).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from shindan.model.arn import parse
from shindan.model.refusals import Refusal
from shindan.service.caller import word_of
from shindan.service.signature_error import SignatureError

LONGEST_MESSAGE = 1000
"""Characters; the model's limit (shape ErrorMessage)."""

_UNAVAILABLE = "ServiceTemporarilyUnavailableException"
_STATUSES = {"InternalException": HTTPStatus.INTERNAL_SERVER_ERROR, "RequestEntityTooLarge": HTTPStatus(413)}


class FrontError(Exception):
    """A request refused before any operation saw it: `type` is one of the names that AWS's front end has."""

    def __init__(self, type_: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.type = type_
        self.members = members


class Told(NamedTuple):
    """What the client is told: HTTP status, name of the error, message, further members of the answer."""

    status: int
    type: str
    message: str
    members: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"__type": self.type, "message": self.message, **self.members}


def tell(error: Exception) -> Told | None:
    """What a client is told of this error; None for one that nobody meant to raise."""
    match error:
        case Refusal():
            return _told(error.type, error, error.members())
        case SignatureError():
            return _told(error.code, error, {})
        case FrontError():
            return told(error)
        case _:
            return None


def told(error: FrontError) -> Told:
    """What a client is told of an error of the front end."""
    return _told(error.type, error, error.members)


def internal(request_id: str) -> Told:
    """What a client is told of an error that nobody meant to raise: where it can be looked up, and nothing else."""
    message = f"an internal error; the service's log has it under request id {request_id}"
    return Told(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalException", message, {"canRetry": True})


def unavailable(request_id: str, modelled: Sequence[str]) -> Told:
    """What a client is told while the database is away or held by somebody else.

    Operations that only read do not model the error that says so; theirs is the internal one, which SDKs repeat.
    """
    if _UNAVAILABLE not in modelled:
        return internal(request_id)
    message = f"the service cannot write now; try again (its log has the reason under request id {request_id})"
    return Told(HTTPStatus.BAD_REQUEST, _UNAVAILABLE, message, {"canRetry": True})


def forbidden(principal: str, action: str, resources: Sequence[str]) -> FrontError:
    """A policy does not allow it. AWS's wording: clients and people search for it.

    The model's exception of the same name wants an `errorCode`; it is given where the request names a resource of a
    kind that has one.
    """
    members: dict[str, Any] = {"canRetry": False}
    with contextlib.suppress(ValueError, IndexError):
        word = word_of(parse(resources[0]).kind)
        if word != "RESOURCE":
            members["errorCode"] = f"ACCESS_DENIED_TO_{word}"
    return FrontError("AccessDeniedException", f"User: {principal} is not authorized to perform: {action}", **members)


def _told(type_: str, error: Exception, members: Mapping[str, Any]) -> Told:
    status = _STATUSES.get(type_, HTTPStatus.BAD_REQUEST)
    return Told(status, type_, str(error)[:LONGEST_MESSAGE], members)
