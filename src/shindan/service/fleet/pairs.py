"""Tags and attributes as the document writes them, and as they are compared: sorted pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shindan.model.assessment import Pairs
from shindan.service.fleet.document import Values

Sorted = list[list[str | None]]


def sorted_pairs(pairs: Iterable[tuple[str, str | None]]) -> Sorted:
    """Pairs in one order; a key alone comes before its values."""
    return [
        [key, value] for key, value in sorted(pairs, key=lambda pair: (pair[0], pair[1] is not None, pair[1] or ""))
    ]


def of_mapping(given: Mapping[str, Values]) -> Sorted:
    """Pairs of what is written as a map, where a key may have several values."""
    several = ((key, value if isinstance(value, tuple) else (value,)) for key, value in given.items())
    return sorted_pairs((key, value) for key, values in several for value in values)


def as_pairs(pairs: Sorted) -> Pairs:
    """What the verbs take."""
    return tuple((str(key), value) for key, value in pairs)


def as_mapping(pairs: Pairs) -> dict[str, Values]:
    """What the document writes; `of_mapping` reads it back."""
    found: dict[str, list[str | None]] = {}
    for key, value in as_pairs(sorted_pairs(pairs)):
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else tuple(values) for key, values in found.items()}
