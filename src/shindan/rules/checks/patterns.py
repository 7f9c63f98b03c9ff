r"""Regular expressions that cannot hang: users write rules, too, and the server must survive them.

A pattern is refused where matching could take exponential time or more than one pass: references back, looking around,
and a repetition within a repetition. What is left is what RE2 takes, and lines are cut at `LONGEST_LINE` characters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# The standard library's own reader of patterns; typeshed does not know it.
parser: Any = import_module("re._parser")
words: Any = import_module("re._constants")

LONGEST = 300
"""Characters of a pattern."""

LONGEST_LINE = 4096

_REPEATS = {words.MAX_REPEAT, words.MIN_REPEAT, words.POSSESSIVE_REPEAT}
_REFUSED = {
    words.GROUPREF: "refers back to a group",
    words.GROUPREF_EXISTS: "asks whether a group matched",
    words.ASSERT: "looks around",
    words.ASSERT_NOT: "looks around",
}


@functools.lru_cache(maxsize=2048)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled. Raises ValueError that says what is wrong with it."""
    wrong = complaint(pattern)
    if wrong:
        raise ValueError(f"the pattern {pattern[:60]!r} {wrong}")
    return re.compile(pattern)


def found(pattern: str, text: str) -> bool:
    """Whether the pattern occurs in a line; `^` and `$` tie it to the ends."""
    return compiled(pattern).search(text[:LONGEST_LINE]) is not None


def complaint(pattern: str) -> str:
    """Why a pattern is refused; "" where it is not."""
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST} characters"
    try:
        tree = parser.parse(pattern)
    except (re.error, OverflowError) as error:
        return f"cannot be read: {error}"
    return next(_complaints(tree, within=False), "")


def _complaints(tree: Any, *, within: bool) -> Iterator[str]:
    """`within`: whether a repetition is around."""
    for operation, argument in tree:
        if operation in _REFUSED:
            yield f"{_REFUSED[operation]}, which is not allowed"
        elif operation in _REPEATS:
            _, most, inner = argument
            many = most is words.MAXREPEAT or most > 1
            if many and within:
                yield "repeats a repetition, which can take for ever"
            yield from _complaints(inner, within=within or many)
        else:
            yield from (text for inner in _inner(operation, argument) for text in _complaints(inner, within=within))


def _inner(operation: Any, argument: Any) -> list[Any]:
    if operation is words.SUBPATTERN:
        return [argument[-1]]
    if operation is words.BRANCH:
        return list(argument[1])
    if operation is words.ATOMIC_GROUP:
        return [argument]
    return []
