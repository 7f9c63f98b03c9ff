"""How kinds of facts are described: subject, meaning, and one line a field. Python 3.6 grammar."""

from typing import NamedTuple, Tuple


class Field(NamedTuple):
    """One key of a fact's data: its JSON type, whether every fact of the kind has it, and what it means."""

    name: str
    type: str
    required: bool
    meaning: str


class Kind(NamedTuple):
    """A sort of fact: what its subject is, what it tells, and its fields."""

    subject: str
    meaning: str
    fields: Tuple[Field, ...]


def must(name: str, type_: str, meaning: str) -> Field:
    """A field that every fact of the kind has."""
    return Field(name, type_, True, meaning)


def may(name: str, type_: str, meaning: str) -> Field:
    """A field that is absent where nobody knows, or where the thing does not have it."""
    return Field(name, type_, False, meaning)
