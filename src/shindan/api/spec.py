"""The API as its service model describes it: what a request may hold, and how an answer is written.

`model/service-2.json` is data (37 operations, 217 shapes); nothing here knows an operation by name, but for the one
place where the original was laxer than its model.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from shindan.api.checkers import Checker, Compiler, Shapes
from shindan.api.faults import Fault

MODEL = Path(__file__).parent / "model"
TARGET_PREFIX = "InspectorService."
CONTENT_TYPE = "application/x-amz-json-1.1"

_LAXER = {("DescribeFindingsRequest", "findingArns"): 100}
"""The model says 10, scripts in the wild send up to 100 and were answered (specification, section 2.3, no. 14)."""

_NOT_THE_CALLERS = frozenset({"rulesPackageArns", "topicArn", "roleArn"})

Writer = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, the checker of requests, the writer of answers and what names a resource.

    `write` is None where the model has no output, and the answer an empty body. `resources` are the members of the
    request that name resources of the caller, which policies speak of.
    """

    name: str
    input: str | None
    output: str | None
    check: Checker
    write: Writer | None
    resources: tuple[str, ...]
    errors: tuple[str, ...]

    def named_in(self, request: Mapping[str, Any]) -> list[str]:
        """The names of the caller's resources in a request that was found good."""
        found: list[str] = []
        for member in self.resources:
            value = request.get(member)
            if value is not None:
                found.extend(value if isinstance(value, list) else [value])
        return found


class Spec:
    """The compiled model."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self.shapes: Shapes = _laxer(model["shapes"])
        requests = Compiler(self.shapes)
        self._answers = Compiler(self.shapes, strict=True)
        self._writers: dict[str, Writer] = {}
        self.operations = {
            name: self._operation(name, description, requests) for name, description in model["operations"].items()
        }

    def check_answer(self, operation: str, answer: Any) -> list[Fault]:
        """What is wrong with an answer as a client reads it, more than modelled included; None: an empty body."""
        output = self.operations[operation].output
        if output is None:
            return [] if answer is None else [Fault((), "unknown", operation, "has an answer that is not modelled")]
        return self._answers.checker(output)(answer) or []

    def check_error(self, name: str, members: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with the members of an exception's answer; for tests."""
        return self._answers.checker(name)(dict(members)) or []

    def _operation(self, name: str, description: Mapping[str, Any], requests: Compiler) -> Operation:
        taken = description.get("input", {}).get("shape")
        given = description.get("output", {}).get("shape")
        return Operation(
            name,
            taken,
            given,
            requests.checker(taken) if taken else _any_object,
            self._writer(given) if given else None,
            tuple(self._resources(taken)) if taken else (),
            tuple(error["shape"] for error in description.get("errors", ())),
        )

    def _resources(self, name: str) -> list[str]:
        members = {key: self.shapes[member["shape"]] for key, member in self.shapes[name]["members"].items()}
        arns = [key for key in members if key.endswith(("Arn", "Arns"))]
        return [key for key in arns if key not in _NOT_THE_CALLERS]

    def _writer(self, name: str) -> Writer:
        if name not in self._writers:
            shape = self.shapes[name]
            make = getattr(self, f"_write_{shape['type']}", None)
            self._writers[name] = make(shape) if make else _as_it_is
        return self._writers[name]

    def _write_structure(self, shape: Mapping[str, Any]) -> Writer:
        writers = {key: self._writer(member["shape"]) for key, member in shape["members"].items()}
        changed = {key: writer for key, writer in writers.items() if writer is not _as_it_is}

        def write(value: Any) -> Any:
            kept = {key: inner for key, inner in value.items() if inner is not None}
            for key, writer in changed.items():
                if key in kept:
                    kept[key] = writer(kept[key])
            return kept

        return write

    def _write_list(self, shape: Mapping[str, Any]) -> Writer:
        inner = self._writer(shape["member"]["shape"])
        return _as_it_is if inner is _as_it_is else lambda value: [inner(one) for one in value]

    def _write_map(self, shape: Mapping[str, Any]) -> Writer:
        inner = self._writer(shape["value"]["shape"])
        return _as_it_is if inner is _as_it_is else lambda value: {key: inner(one) for key, one in value.items()}

    def _write_timestamp(self, shape: Mapping[str, Any]) -> Writer:
        return seconds


def seconds(moment: int | datetime.datetime) -> float:
    """Seconds since the epoch with their milliseconds, from milliseconds or an aware datetime."""
    if isinstance(moment, datetime.datetime):
        return round(moment.timestamp(), 3)
    return moment / 1000


@functools.cache
def spec() -> Spec:
    """The API's model, compiled once a process (some 5 ms)."""
    return Spec(msgspec.json.decode((MODEL / "service-2.json").read_bytes()))


def _laxer(shapes: Shapes) -> Shapes:
    changed = dict(shapes)
    for (structure, member), most in _LAXER.items():
        members = changed[structure]["members"]
        name = f"{structure}-{member}"
        changed[name] = {**changed[members[member]["shape"]], "max": most}
        changed[structure] = {**changed[structure], "members": {**members, member: {"shape": name}}}
    return changed


def _any_object(value: Any) -> list[Fault] | None:
    return None if type(value) is dict else [Fault((), "type", "request", "is not a JSON object")]


def _as_it_is(value: Any) -> Any:
    return value
