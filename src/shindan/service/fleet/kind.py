"""What every kind of thing in the document can do, so that comparing and applying are written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from shindan.model.refusals import CodedRefusal
from shindan.service.caller import Caller
from shindan.service.fleet.document import Fleet
from shindan.service.service import Service

Key = tuple[str, ...]
"""What a thing is known by in the document: its name, behind that of what it belongs to."""

Fields = Mapping[str, Any]
"""What a thing is, in a form in which equal things are equal: JSON values, lists in order."""


class Wanted(NamedTuple):
    """A thing of the document: where it stands (`templates[2]`), and what it is to be. Fields that are not there are
    left as they are.
    """

    place: str
    fields: Fields


class Existing(NamedTuple):
    """A thing that is there: its id, and what it is."""

    id: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Context:
    """What kinds work with: a service whose verbs are all one transaction, and that transaction."""

    service: Service
    connection: Connection
    caller: Caller


class Kind(Protocol):
    """One kind of thing. What makes, changes or removes one asks for the rights that its verbs need through any other
    door, and raises AccessDenied: some verbs ask themselves, others leave it to whoever calls them.
    """

    word: str

    def name(self, key: Key) -> str:
        """How one is named in what is told."""
        ...

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """What the document wants of this kind. Raises FleetError for what cannot be."""
        ...

    def existing(self, context: Context) -> dict[Key, Existing]:
        """What there is of this kind."""
        ...

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """Makes one; its id."""
        ...

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """Makes one what it is to be, where that can be done in place."""
        ...

    def fixed(self, was: Fields, fields: Fields) -> str:
        """Why it cannot be changed in place ("": it can): it would have to be removed and made anew."""
        ...

    def loss(self, context: Context, was: Existing) -> str:
        """What would go with it, in a few words; "" for nothing."""
        ...

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """Removes one."""
        ...


class FleetError(CodedRefusal):
    """The document asks for what cannot be; the message begins with the place in it."""

    type = "InvalidInputException"

    def __init__(self, place: str, message: str, *, code: str = "INVALID_FLEET", remedy: str = "") -> None:
        super().__init__(code, f"{place}: {message}" if place else message)
        self.remedy = remedy
