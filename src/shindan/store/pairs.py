"""Pairs of key and value as JSON lists, which keep the order that objects do not promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shindan.model.assessment import Pairs


def packed(pairs: Pairs) -> list[list[str | None]]:
    """What a JSON column holds."""
    return [[key, value] for key, value in pairs]


def unpacked(stored: Iterable[Sequence[str]]) -> Pairs:
    """What `packed` made of pairs."""
    return tuple((key, value) for key, value in stored)
