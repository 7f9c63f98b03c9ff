"""Shapes of the service model compiled into functions that say what is wrong with a value.

A checker takes the value and returns its faults, or None, which is the common case and costs next to nothing: no path
is carried along, it is put together while a fault travels outwards. What the model does not know is ignored, as AWS
does, unless `strict`.

Beyond the model: integers and longs have 32 and 64 bits and moments lie in the years 1 to 9999, as in AWS's own
servers and clients; and no text holds the character NUL, which PostgreSQL could not keep.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from shindan.api.faults import Fault, FaultKind

Checker = Callable[[Any], list[Fault] | None]
"""The value's faults, outermost member first; None if there are none."""

Shapes = Mapping[str, Mapping[str, Any]]

_YEARS = (-62_135_596_800, 253_402_300_799)
_BITS = {"integer": 31, "long": 63}


class Compiler:
    """Compiles shapes by name, each once."""

    def __init__(self, shapes: Shapes, *, strict: bool = False) -> None:
        self._shapes = shapes
        self._strict = strict
        self._made: dict[str, Checker] = {}

    def checker(self, name: str) -> Checker:
        """The checker of a shape. Raises KeyError for one that the model lacks."""
        if name not in self._made:
            shape = self._shapes[name]
            self._made[name] = getattr(self, "_" + shape["type"])(name, shape)
        return self._made[name]

    def _structure(self, name: str, shape: Mapping[str, Any]) -> Checker:
        members = {key: self.checker(member["shape"]) for key, member in shape["members"].items()}
        required = tuple(shape.get("required", ()))

        def unknown(_: Any) -> list[Fault] | None:
            return _fault("unknown", name, "is not a member of the shape") if self._strict else None

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not dict:
                return _fault("type", name, "is not a JSON object")
            faults: list[Fault] | None = None
            for key in required:
                if value.get(key) is None:
                    faults = [*(faults or ()), Fault((key,), "required", name, "is missing")]
            for key, inner in value.items():
                if inner is not None and (found := members.get(key, unknown)(inner)):
                    faults = [*(faults or ()), *[fault.below(key) for fault in found]]
            return faults

        return check

    def _list(self, name: str, shape: Mapping[str, Any]) -> Checker:
        element = self.checker(shape["member"]["shape"])
        wrong_length = _bounds(name, shape, "element")
        null = _fault("required", name, "is null")

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not list:
                return _fault("type", name, "is not a JSON array")
            if wrong := wrong_length(len(value)):
                return wrong
            faults: list[Fault] = []
            for place, inner in enumerate(value):
                found = null if inner is None else element(inner)
                if found:
                    faults.extend(fault.below(place) for fault in found)
            return faults or None

        return check

    def _map(self, name: str, shape: Mapping[str, Any]) -> Checker:
        keys, values = self.checker(shape["key"]["shape"]), self.checker(shape["value"]["shape"])
        wrong_length = _bounds(name, shape, "entry")

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not dict:
                return _fault("type", name, "is not a JSON object")
            faults = list(wrong_length(len(value)) or ())
            for key, inner in value.items():
                found = [*(keys(key) or ()), *(values(inner) or ())]
                faults.extend(fault.below(key) for fault in found)
            return faults or None

        return check

    def _string(self, name: str, shape: Mapping[str, Any]) -> Checker:
        low, high = shape.get("min", 0), shape.get("max", sys.maxsize)
        words = frozenset(shape.get("enum", ()))
        pattern = re.compile(shape["pattern"]).fullmatch if "pattern" in shape else None
        wrong_length = _bounds(name, shape, "character")

        def explain(value: Any) -> list[Fault] | None:
            if type(value) is not str:
                return _fault("type", name, "is not a JSON string")
            if words and value not in words:
                return _fault("enum", name, f"is none of {', '.join(sorted(words))}")
            if pattern and not pattern(value):
                return _fault("pattern", name, f"does not have the form {shape['pattern']}")
            return wrong_length(len(value)) or _fault("pattern", name, "holds the character NUL")

        def check(value: Any) -> list[Fault] | None:
            if type(value) is str and low <= len(value) <= high and "\0" not in value:
                return None
            return explain(value)

        def check_word(value: Any) -> list[Fault] | None:
            return None if type(value) is str and value in words else explain(value)

        def check_form(value: Any) -> list[Fault] | None:
            return None if type(value) is str and pattern and pattern(value) else explain(value)

        return check_word if words else check_form if pattern else check

    def _integer(self, name: str, shape: Mapping[str, Any]) -> Checker:
        limit = 1 << _BITS[shape["type"]]
        low, high = shape.get("min", -limit), shape.get("max", limit - 1)

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not int or not -limit <= value < limit:
                return _fault("type", name, f"is not an integer of {_BITS[shape['type']] + 1} bits")
            return None if low <= value <= high else _outside(name, value, low, high)

        return check

    _long = _integer

    def _double(self, name: str, shape: Mapping[str, Any]) -> Checker:
        low, high = shape.get("min", float("-inf")), shape.get("max", float("inf"))

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not float and type(value) is not int:
                return _fault("type", name, "is not a JSON number")
            return None if low <= value <= high else _outside(name, value, low, high)

        return check

    def _boolean(self, name: str, shape: Mapping[str, Any]) -> Checker:
        def check(value: Any) -> list[Fault] | None:
            return None if type(value) is bool else _fault("type", name, "is neither true nor false")

        return check

    def _timestamp(self, name: str, shape: Mapping[str, Any]) -> Checker:
        low, high = _YEARS

        def check(value: Any) -> list[Fault] | None:
            if type(value) is not float and type(value) is not int:
                return _fault("type", name, "is not a number of seconds since 1970")
            return None if low <= value <= high else _outside(name, value, low, high)

        return check


def _bounds(name: str, shape: Mapping[str, Any], unit: str) -> Checker:
    """Says what is wrong with a length."""
    low, high = shape.get("min", 0), shape.get("max", sys.maxsize)

    def check(length: int) -> list[Fault] | None:
        if length < low:
            return _fault("min", name, f"has {length} {unit}s; the least is {low}")
        if length > high:
            return _fault("max", name, f"has {length} {unit}s; the most is {high}")
        return None

    return check


def _outside(name: str, value: float, low: float, high: float) -> list[Fault]:
    return _fault("min" if value < low else "max", name, f"is {value}; it lies between {low} and {high}")


def _fault(kind: FaultKind, name: str, detail: str) -> list[Fault]:
    return [Fault((), kind, name, detail)]
