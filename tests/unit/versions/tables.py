"""The tables of `tests/versions`: a file a scheme, a comparison a line."""

from __future__ import annotations

from typing import NamedTuple

from support import REPOSITORY

SIGNS = {"<": -1, "=": 0}


class Case(NamedTuple):
    """A line of a table: `a` sorts before (-1) or with (0) `b`."""

    a: str
    expected: int
    b: str

    def __str__(self) -> str:
        return f"{self.a} {'=' if self.expected == 0 else '<'} {self.b}"


def table(scheme: str) -> list[Case]:
    """Every comparison of `tests/versions/<scheme>.txt`."""
    text = (REPOSITORY / "tests" / "versions" / f"{scheme}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [Case(a, SIGNS[sign], b) for a, sign, b in (line.split(" ") for line in lines)]
