"""Names by pattern: `*` is any run of characters, `?` any one; everything else is itself, and case counts.

The API's documents name no wildcard; these two are what its clients use.
"""

from __future__ import annotations

from shindan.model.refusals import InvalidInput
from shindan.service.checks import LONGEST_NAME, text

Range = tuple[int | None, int | None]
"""From and to, both included; None where the range is open."""


def name_pattern(given: str | None, code: str) -> str | None:
    """The pattern as given; None for none. Raises InvalidInput(`code`) for one that no name could match."""
    return None if given is None else text(given, code, "a pattern of names", LONGEST_NAME)


def number_range(given: Range | None, code: str, *, least: int | None = None, most: int | None = None) -> Range:
    """A range whose ends are in order and within `least` and `most`. Raises InvalidInput(`code`) otherwise."""
    low, high = given or (None, None)
    for end in (low, high):
        if end is not None and ((least is not None and end < least) or (most is not None and end > most)):
            raise InvalidInput(code, f"{end} is not between {least} and {most}")
    if low is not None and high is not None and low > high:
        raise InvalidInput(code, f"the range from {low} to {high} ends before it begins")
    return low, high
