"""Reading many resources by name in one call: what was found, and why the rest was not (specification, section 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from shindan.model.arn import Arn, Kind, parse
from shindan.model.refusals import InvalidInput
from shindan.service.caller import Caller, word_of

Item = TypeVar("Item")

FailureCode = Literal[
    "INVALID_ARN", "DUPLICATE_ARN", "ITEM_DOES_NOT_EXIST", "ACCESS_DENIED", "LIMIT_EXCEEDED", "INTERNAL_ERROR"
]
"""The API's words."""

MOST = 100
"""Names in one call. The API's shapes say ten for most operations; its door holds that, and old scripts send more."""


@dataclass(frozen=True, slots=True)
class Described(Generic[Item]):
    """What was found, in the order asked for, and for each other name the code of why not."""

    items: tuple[Item, ...]
    failed: Mapping[str, FailureCode] = field(default_factory=dict)


def described(
    caller: Caller, names: Sequence[str], kind: Kind, load: Callable[[Sequence[Arn]], Mapping[Arn, Item]]
) -> Described[Item]:
    """Reads resources of one kind: `load` gives those of the names that exist, all of the caller's account and region.

    A name that comes twice is described once and named as failed, too. Raises InvalidInput for an empty or too long
    list; nothing else about a name raises.
    """
    numbered(names, kind)
    wanted: dict[Arn, str] = {}
    failed: dict[str, FailureCode] = {}
    for text in names:
        arn = _parsed(text)
        if arn is None or arn.kind != kind or arn.region != caller.region:
            failed[text] = "INVALID_ARN"
        elif arn.account != caller.account:
            failed[text] = "ACCESS_DENIED"
        elif arn in wanted:
            failed[text] = "DUPLICATE_ARN"
        else:
            wanted[arn] = text
    found = load(list(wanted)) if wanted else {}
    failed |= {text: "ITEM_DOES_NOT_EXIST" for arn, text in wanted.items() if arn not in found}
    return Described(tuple(found[arn] for arn in wanted if arn in found), failed)


def numbered(names: Sequence[str], kind: Kind, *, least: int = 1, most: int = MOST) -> None:
    """Raises InvalidInput (`INVALID_NUMBER_OF_<KIND>_ARNS`) for too few or too many names."""
    if not least <= len(names) <= most:
        # Exclusions have no code of their own; theirs is the nearest (specification, section 2.7).
        word = "ASSESSMENT_RUN" if kind == "exclusion" else word_of(kind)
        raise InvalidInput(f"INVALID_NUMBER_OF_{word}_ARNS", f"{least} to {most} names can be given, not {len(names)}")


def _parsed(text: str) -> Arn | None:
    try:
        return parse(text)
    except ValueError:
        return None
