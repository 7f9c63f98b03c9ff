"""Hosts by their numbers in the report's own list of hosts: how paper names hundreds of them in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

Numbers = Mapping[str, int]
"""The number of each host that the list has, by its id."""


def ranges(numbers: Iterable[int], most: int) -> tuple[str, int]:
    """`1–5, 9` in at most so many characters, and how many of the numbers did not fit."""
    text, left = "", 0
    for first, last in _spans(sorted(set(numbers))):
        part = f"{', ' if text else ''}{first}{f'–{last}' if last > first else ''}"
        if left or len(text) + len(part) > most:
            left += last - first + 1
        else:
            text += part
    return text, left


def _spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = -1
    for number in numbers:
        if first >= 0 and number == last + 1:
            last = number
            continue
        if first >= 0:
            yield first, last
        first = last = number
    if first >= 0:
        yield first, last
