"""What the service offers beside the assessment API, over HTTP and on the command line: one line a verb.

A request is a JSON object, an answer too; moments are ISO 8601 in UTC. Rights are the verbs' own: `shindan:<Verb>`.
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
    try:
        return msgspec.convert(request, form)
    except msgspec.ValidationError as error:
        raise InvalidInput("INVALID_REQUEST", f"the request cannot be read: {error}") from None
