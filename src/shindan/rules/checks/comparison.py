"""Comparing an observed value with the wanted one, as rules write it: `eq = 4`, `in = ["a"]`, `between = [1, 5]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shindan.rules.checks import patterns

OPERATORS = ("eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "matches", "between")

_SIGNS = {"eq": "", "ne": "not ", "lt": "below ", "le": "at most ", "gt": "above ", "ge": "at least "}
_ORDERED = ("lt", "le", "gt", "ge", "between")


class Comparison(NamedTuple):
    """An operator and what it compares with. Numbers compare as integers, all else as text."""

    operator: str
    wanted: Any

    def holds(self, observed: str) -> bool:
        """Whether the observed value is as wanted; text where a number is wanted never is."""
        if self.operator == "matches":
            return patterns.found(str(self.wanted), observed)
        if self.operator == "in":
            return any(_equal(one, observed) for one in self.wanted)
        if self.operator == "not_in":
            return not any(_equal(one, observed) for one in self.wanted)
        if self.operator in ("eq", "ne"):
            return _equal(self.wanted, observed) == (self.operator == "eq")
        number = integer(observed)
        return number is not None and self._ordered(number)

    def _ordered(self, number: int) -> bool:
        if self.operator == "between":
            return bool(self.wanted[0] <= number <= self.wanted[1])
        wanted = int(self.wanted)
        return {"lt": number < wanted, "le": number <= wanted, "gt": number > wanted, "ge": number >= wanted}[
            self.operator
        ]

    def __str__(self) -> str:
        """What is wanted, in words."""
        if self.operator == "between":
            return f"{self.wanted[0]} to {self.wanted[1]}"
        if self.operator == "matches":
            return f"something that matches {self.wanted}"
        if self.operator in ("in", "not_in"):
            listed = " or ".join(str(one) for one in self.wanted)
            return listed if self.operator == "in" else f"none of {listed}"
        return f"{_SIGNS[self.operator]}{self.wanted}"


def comparison(arguments: Mapping[str, Any]) -> Comparison | None:
    """The one comparison among a check's arguments; None where there is none."""
    return next((Comparison(name, arguments[name]) for name in OPERATORS if name in arguments), None)


def complaint(arguments: Mapping[str, Any]) -> str:
    """What is wrong with the comparison among a check's arguments; "" for nothing, and where there is none."""
    given = [name for name in OPERATORS if name in arguments]
    if len(given) > 1:
        return f"{' and '.join(given)} exclude each other: keep one"
    if not given:
        return ""
    name, wanted = given[0], arguments[given[0]]
    if name == "matches":
        return patterns.complaint(wanted) if isinstance(wanted, str) else "matches wants a pattern"
    if name in ("in", "not_in"):
        right = isinstance(wanted, list) and wanted and all(_is_value(one) for one in wanted)
        return "" if right else f"{name} wants a list of values"
    if name == "between":
        right = isinstance(wanted, list) and len(wanted) == 2 and all(_is_number(one) for one in wanted)
        return "" if right and wanted[0] <= wanted[1] else "between wants two numbers, the smaller first"
    if name in _ORDERED:
        return "" if _is_number(wanted) else f"{name} wants a number"
    return "" if _is_value(wanted) else f"{name} wants a number or a text"


def integer(text: str) -> int | None:
    """The integer that a text is, octal and hexadecimal only where they say so as C does; None for anything else."""
    text = text.strip()
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError:
        return None


def _equal(wanted: Any, observed: str) -> bool:
    return integer(observed) == wanted if _is_number(wanted) else str(wanted) == observed


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_value(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)
