"""What texts and pairs of a request may hold. The limits are the API's shapes' (specification, section 2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.refusals import CodedRefusal, InvalidInput

LONGEST_NAME = 140
LONGEST_KEY = 128
LONGEST_VALUE = 256


class PairCodes(NamedTuple):
    """Which code refuses what is wrong with pairs. `duplicate` is None where a key may come more than once."""

    what: str
    number: str
    key: str
    value: str
    duplicate: str | None


TAGS = PairCodes("tag", "INVALID_NUMBER_OF_TAGS", "INVALID_TAG_KEY", "INVALID_TAG_VALUE", "INVALID_TAG")
GROUP_TAGS = PairCodes(
    "tag",
    "INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS",
    "INVALID_RESOURCE_GROUP_TAG_KEY",
    "INVALID_RESOURCE_GROUP_TAG_VALUE",
    None,
)
USER_ATTRIBUTES = PairCodes(
    "attribute",
    "INVALID_NUMBER_OF_USER_ATTRIBUTES",
    "INVALID_USER_ATTRIBUTE_KEY",
    "INVALID_USER_ATTRIBUTE_VALUE",
    "INVALID_USER_ATTRIBUTE",
)


@contextmanager
def part(at: str, code: str) -> Iterator[None]:
    """What is refused within is refused for the member `at`, unless it names another; ValueError is InvalidInput."""
    try:
        yield
    except CodedRefusal as error:
        error.at = error.at or at
        raise
    except ValueError as error:
        raise InvalidInput(code, str(error), at=getattr(error, "at", at)) from None


def text(value: str, code: str, what: str, longest: int, *, shortest: int = 1) -> str:
    """A text that both databases can hold. Raises InvalidInput(`code`) for one too short, too long or not storable."""
    if not shortest <= len(value) <= longest:
        raise InvalidInput(code, f"{what} has {shortest} to {longest} characters, not {len(value)}")
    if not storable(value):
        raise InvalidInput(code, f"{what} holds a character that is none: NUL, or half of a surrogate pair")
    return value


def storable(value: str) -> bool:
    """Whether a text is made of characters: PostgreSQL holds no NUL, and a lone surrogate has no UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def pairs(given: Iterable[tuple[str, str | None]], codes: PairCodes, *, most: int = 10, least: int = 0) -> Pairs:
    """Keys and values within their limits. Raises InvalidInput with the code of what is wrong."""
    found = tuple((key, value) for key, value in given)
    if not least <= len(found) <= most:
        raise InvalidInput(codes.number, f"{least} to {most} {codes.what}s can be given, not {len(found)}")
    seen: set[str] = set()
    for key, value in found:
        text(key, codes.key, f"the key of a {codes.what}", LONGEST_KEY)
        if value is not None:
            text(value, codes.value, f"the value of {codes.what} {key!r}", LONGEST_VALUE)
        if codes.duplicate is not None and key in seen:
            raise InvalidInput(codes.duplicate, f"the {codes.what} {key!r} is given more than once")
        seen.add(key)
    return found
