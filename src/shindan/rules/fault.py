"""What is wrong with a file that somebody wrote: where, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shindan.model.errors import ShindanError

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class Fault(NamedTuple):
    """One fault of a file; the line counts from one."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class RuleRefused(ShindanError):
    """A file of rules, a benchmark or a tailoring is malformed."""

    def __init__(self, message: str = "", *, faults: Sequence[Fault] = (), remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.faults = tuple(faults)


def refuse(faults: Sequence[Fault]) -> None:
    """Raises RuleRefused where there are any faults, with all of them."""
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise RuleRefused(f"{faults[0]}{more}", faults=faults, remedy="`shindan rules check DIR` shows every fault")


def unreadable(path: object, error: Exception) -> Fault:
    """The fault of a file that cannot be read, or is no TOML."""
    at = _AT_LINE.search(str(error))
    return Fault(str(path), int(at[1]) if at else 1, str(error))


def line_of(text: str, pattern: str) -> int:
    """The line where a pattern is found first, counted from one; the first where it is not."""
    found = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
