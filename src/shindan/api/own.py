"""What the service offers beside the assessment API, over HTTP and on the command line: one line a verb.

A request is a JSON object, an answer too; moments are ISO 8601 in UTC. Verbs ask for rights themselves, and say which:
one right may stand for several verbs (`shindan:ListChannels` for all that read of channels).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from shindan.model.refusals import InvalidInput
from shindan.service.caller import Caller
from shindan.service.service import Service

OwnCall = Callable[[Service, Caller, Mapping[str, Any]], dict[str, Any]]
Request = TypeVar("Request", bound=msgspec.Struct)


def asked(request: Mapping[str, Any], form: type[Request]) -> Request:
    """A request in its form. Raises InvalidInput that says where it is wrong."""
    if _holds_nul(request):
        raise InvalidInput("INVALID_REQUEST", "the request cannot be read: it holds a character that is none, NUL")
    try:
        return msgspec.convert(request, form)
    except msgspec.ValidationError as error:
        raise InvalidInput("INVALID_REQUEST", f"the request cannot be read: {error}") from None


def _holds_nul(request: Mapping[str, Any]) -> bool:
    """Whether a text of a request holds what PostgreSQL cannot keep, nor be asked for."""
    left: list[Any] = [request]
    while left:
        one = left.pop()
        if isinstance(one, str) and "\0" in one:
            return True
        if isinstance(one, Mapping):
            left += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            left += one
    return False
