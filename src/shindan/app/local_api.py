"""The API without a network: the same requests and answers, for whoever may open the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec

from shindan.api.errors import FrontError
from shindan.api.faults import refuse
from shindan.api.operations import OPERATIONS
from shindan.api.own_calls import own_calls
from shindan.api.spec import spec
from shindan.engine.clock import milliseconds
from shindan.model.refusals import InvalidInput
from shindan.service.caller import Caller
from shindan.service.links import open_link
from shindan.service.service import Service


class LocalApi:
    """See `service.remote.Api`."""

    def __init__(self, service: Service, caller: Caller) -> None:
        self.service = service
        self.caller = caller

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """See `Api.call`."""
        modelled = spec().operations[operation]
        try:
            refuse(operation, modelled.check(request) or ())
        except FrontError as error:
            raise InvalidInput(error.type, str(error)) from None
        answer = OPERATIONS[operation](self.service, self.caller, request)
        if modelled.write is None:
            return {}
        # Once to JSON and back, so that it is to the letter what a client of the server would read.
        read: Mapping[str, Any] = msgspec.json.decode(msgspec.json.encode(modelled.write(answer)))
        return dict(read)

    def own(self, verb: str, **request: Any) -> dict[str, Any]:
        """See `Api.own`."""
        return own_calls()[verb](self.service, self.caller, request)

    def save(self, url: str, stream: BinaryIO) -> int:
        """See `Api.save`."""
        opened = open_link(self.service, url.rpartition("/")[2], milliseconds())
        return sum(stream.write(piece) for piece in opened.pieces())

    @property
    def region(self) -> str:
        """See `Api.region`."""
        return self.caller.region
