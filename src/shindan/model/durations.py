"""Lengths of time as people write them: `900`, `15m`, `6h`, `2d`, `1w`; also `2 days`, `1 hour`."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORDS = {"second": "s", "minute": "m", "min": "m", "hour": "h", "day": "d", "week": "w"}
_FORM = re.compile(r"([0-9]{1,9})\s*([a-z]*)", re.ASCII)


def seconds(text: str) -> int:
    """A length of time in seconds. Raises ValueError, saying how one is written."""
    found = _FORM.fullmatch(text.strip().lower())
    word = (found[2] or "s") if found else ""
    unit = _UNITS.get(_WORDS.get(word.removesuffix("s") if len(word) > 1 else word, word))
    if found is None or unit is None:
        raise ValueError(f"{text[:40]!r} is no length of time: write 900, 15m, 6h, 2d or 1w")
    return int(found[1]) * unit


def written(length: int) -> str:
    """Seconds in the largest unit that holds them whole: `2d`; `seconds` reads it back."""
    if length == 0:
        return "0s"
    for letter in ("d", "h", "m"):
        if length % _UNITS[letter] == 0:
            return f"{length // _UNITS[letter]}{letter}"
    return f"{length}s"
