"""Parts of requests that several operations share, as the service's verbs take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shindan.model.assessment import Pairs

Range = tuple[int | None, int | None]
"""From and to, both inclusive; None where the range is open."""


def pairs(given: Sequence[Mapping[str, Any]] | None) -> Pairs:
    """Tags or attributes, in the order given."""
    return tuple((pair["key"], pair.get("value")) for pair in given or ())


def seconds(given: Mapping[str, Any] | None) -> Range | None:
    """A range of durations (s); None where nothing is asked for."""
    return _range(given.get("minSeconds"), given.get("maxSeconds")) if given else None


def moments(given: Mapping[str, Any] | None) -> Range | None:
    """A range of moments, in ms; None where nothing is asked for."""
    return _range(_ms(given.get("beginDate")), _ms(given.get("endDate"))) if given else None


def several(given: Sequence[str] | None) -> tuple[str, ...]:
    """A list of texts; empty where nothing is asked for."""
    return tuple(given or ())


def _range(low: int | None, high: int | None) -> Range | None:
    return None if low is None and high is None else (low, high)


def _ms(moment: float | None) -> int | None:
    return None if moment is None else round(moment * 1000)
