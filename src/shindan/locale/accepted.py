"""What a browser says its reader understands."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
_LONGEST = 500


def best(header: str, known: Sequence[str]) -> str:
    """The known language with the highest quality value; of equal ones the first named, else the first known.

    A malformed part of the header is passed over.
    """
    wanted: list[tuple[float, str]] = []
    for part in header[:_LONGEST].split(","):
        found = _RANGE.fullmatch(part)
        if found and found[1].lower() in known:
            wanted.append((float(found[2] or 1), found[1].lower()))
    quality, language = max(wanted, key=lambda one: one[0], default=(0.0, known[0]))
    return language if quality > 0 else known[0]
