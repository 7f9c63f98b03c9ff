"""Requests made up from the service model: good ones, ones at the limits, of wrong types, with others' names."""

from __future__ import annotations

import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from judges.assessed import Kind
from shindan.api.spec import spec

Mood = Literal["valid", "boundary", "type", "foreign", "broken"]
MOODS: tuple[Mood, ...] = ("valid", "boundary", "type", "foreign", "broken")

_KINDS: dict[str, Kind] = {
    "resourceGroupArn": "group",
    "assessmentTargetArn": "target",
    "previewAgentsArn": "target",
    "assessmentTemplateArn": "template",
    "resourceArn": "template",
    "assessmentRunArn": "run",
    "findingArn": "finding",
    "exclusionArn": "exclusion",
    "rulesPackageArn": "package",
    "topicArn": "topic",
    "roleArn": "role",
    "previewToken": "token",
}
"""What is named by a member, or by an element of the member in the plural."""

_LETTERS = string.ascii_letters + string.digits + " -_.:/*?[]%'\"\\" + "äß漢字🦆\u202e\n\t"
_NUMBERS = (
    -(2**63) - 1,
    -(2**63),
    -(2**31),
    -1,
    0,
    1,
    179,
    180,
    86400,
    86401,
    2**31 - 1,
    2**31,
    2**63 - 1,
    2**63,
    10**30,
)
_MOMENTS = (-62_135_596_801, -62_135_596_800, -1, 0, 0.001, 1.5e9, 253_402_300_799, 253_402_300_800, 1e300)
_OTHER_TYPES: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", [], [None], [[]], {}, {"key": "x"}, {"": {"": [1]}})
_DEPTH = 100


@dataclass
class Maker:
    """Makes requests. `names` are good names by kind, `others` names that are none of the caller's or of no kind."""

    random: Random
    names: Mapping[Kind, Sequence[str]]
    others: Sequence[str]
    mood: Mood = "valid"

    def request(self, operation: str) -> Any:
        """A request; of a mood other than `valid` it need not be a good one."""
        taken = spec().operations[operation].input
        if taken is None:
            return {} if self.mood == "valid" else self.random.choice(_OTHER_TYPES)
        made = self._shape(taken, "")
        return self._retyped(made) if self.mood == "type" else made

    def _shape(self, name: str, member: str) -> Any:
        shape = spec().shapes[name]
        make: Callable[[Mapping[str, Any], str], Any] = getattr(self, "_" + shape["type"])
        return make(shape, member)

    def _often(self, odds: float = 0.35) -> bool:
        """Whether to go to the limit here."""
        return self.mood == "boundary" and self.random.random() < odds

    def _structure(self, shape: Mapping[str, Any], _: str) -> dict[str, Any]:
        required, made = shape.get("required", ()), {}
        for member, inner in shape["members"].items():
            wanted = self.random.random() < 0.4 and member != "nextToken"
            if (member in required and not self._often(0.05)) or wanted or self._often(0.2):
                made[member] = self._shape(inner["shape"], member)
        return made

    def _list(self, shape: Mapping[str, Any], member: str) -> list[Any]:
        low, high = shape.get("min", 0), shape.get("max", 200)
        length = self.random.randint(low, min(high, low + 3))
        if self._often(0.2):
            length = self.random.choice([max(low - 1, 0), low, high, high + 1])
        if (kind := _KINDS.get(member.removesuffix("s"))) and self.mood == "valid":
            known = list(self.names[kind])
            return self.random.sample(known, min(len(known), max(length, low)))
        return [self._shape(shape["member"]["shape"], member.removesuffix("s")) for _ in range(length)]

    def _string(self, shape: Mapping[str, Any], member: str) -> str:
        if self._often():
            return self._edge(shape)
        if "enum" in shape:
            return str(self.random.choice(shape["enum"]))
        if kind := _KINDS.get(member):
            return self._name(kind)
        if "pattern" in shape:
            return str(uuid.UUID(int=self.random.getrandbits(128)))
        low, high = shape.get("min", 0), min(shape.get("max", 50), 50)
        return self._text(self.random.randint(low, high))

    def _name(self, kind: Kind) -> str:
        if self.mood == "foreign" and self.random.random() < 0.7:
            return str(self.random.choice(self.others))
        return str(self.random.choice(self.names[kind]))

    def _edge(self, shape: Mapping[str, Any]) -> str:
        low, high = shape.get("min", 0), shape.get("max", 1000)
        length = self.random.choice([0, max(low - 1, 0), low, high, high + 1])
        texts = (self._text(length), "🦆" * length, "\0" * length, "\ud800" * length, "%" * length)
        return self.random.choice(texts)

    def _text(self, length: int) -> str:
        return "".join(self.random.choices(_LETTERS, k=length))

    def _integer(self, shape: Mapping[str, Any], _: str) -> int:
        if self._often(0.5):
            return int(self.random.choice(_NUMBERS))
        return self.random.randint(shape.get("min", 1), shape.get("max", 500))

    def _timestamp(self, _: Mapping[str, Any], __: str) -> float:
        return self.random.choice(_MOMENTS) if self._often(0.5) else self.random.uniform(0, 4e9)

    def _retyped(self, made: Any) -> Any:
        """The same with one part of another JSON type."""
        places = list(_places(made))
        if not places:
            return self.random.choice(_OTHER_TYPES)
        holder, key = self.random.choice(places)
        holder[key] = self.random.choice([*_OTHER_TYPES, _nested()])
        return made

    def broken(self, body: bytes) -> bytes:
        """Bytes that are hardly JSON any more."""
        cut = self.random.randrange(len(body) + 1)
        kinds = [
            body[:cut],
            body[:cut] + bytes(self.random.randbytes(4)) + body[cut:],
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"\xff\xfe" + body,
            body + body,
            b"null",
            b'"text"',
            b'{"maxResults":1e999}',
            b'{"maxResults":NaN}',
            b"",
        ]
        return self.random.choice(kinds)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of every part of a value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    found = [(value, key) for key in keys]
    for key in keys:
        found.extend(_places(value[key]))
    return found


def _nested() -> Any:
    made: Any = 1
    for _ in range(_DEPTH):
        made = [made]
    return made
