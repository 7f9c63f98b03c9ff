"""What a check kind is: its parameters, which are checked before anything runs, and the function that judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from shindan.rules.checks import comparison
from shindan.rules.checks.comparison import OPERATORS
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

_MODE = re.compile(r"0?[0-7]{3,4}")
_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "table": dict}


class Parameter(NamedTuple):
    """One parameter: its type (`string`, `strings`, `integer`, `boolean`, `mode`, `table`), what it means, whether it
    must be given, what it is by default, and the only values that it takes.
    """

    type: str
    meaning: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


Arguments = Mapping[str, Any]
"""Checked arguments with the defaults filled in."""


class Kind(NamedTuple):
    """A check kind. `facts` are the kinds of facts that it looks at; `one_of` groups of parameters of which exactly
    one is given; `compares`: whether a comparison is `required`, `allowed` or `refused`.
    """

    name: str
    meaning: str
    parameters: Mapping[str, Parameter]
    run: Callable[[Examined, Arguments], Result]
    facts: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    compares: str = "refused"
    also: Callable[[Arguments], Iterator[str]] | None = None
    """What else is wrong with arguments that are right one by one."""

    def filled(self, given: Arguments) -> dict[str, Any]:
        """The arguments with defaults for what was not given."""
        return {**{name: one.default for name, one in self.parameters.items()}, **given}

    def complaints(self, given: Arguments) -> Iterator[str]:
        """Everything that is wrong with arguments, a sentence each."""
        for name, value in given.items():
            if name in self.parameters:
                yield from _wrong(name, self.parameters[name], value)
            elif name not in OPERATORS or self.compares == "refused":
                yield f"{self.name} knows no {name!r}: it takes {', '.join(self.parameters)}"
        yield from (
            f"{self.name} wants {name!r}" for name, one in self.parameters.items() if one.required and name not in given
        )
        for group in self.one_of:
            if sum(name in given for name in group) != 1:
                yield f"{self.name} wants exactly one of {', '.join(group)}"
        wrong = comparison.complaint(given)
        if wrong:
            yield wrong
        if self.compares == "required" and not any(name in given for name in OPERATORS):
            yield f"{self.name} wants a comparison: {', '.join(OPERATORS)}"
        if self.also is not None:
            yield from self.also(given)


ABSENT = Parameter(
    "string", "what it means where the object is missing", False, "fail", ("pass", "fail", "not_applicable")
)
"""The parameter `absent` as most kinds have it."""


def _wrong(name: str, parameter: Parameter, value: Any) -> Iterator[str]:
    if parameter.type == "strings":
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            yield f"{name} wants a list of texts"
        elif parameter.choices and not set(value) <= set(parameter.choices):
            yield f"{name} takes {', '.join(parameter.choices)}"
    elif parameter.type == "mode":
        if not isinstance(value, str) or not _MODE.fullmatch(value):
            yield f'{name} wants octal digits in quotes, such as "0640"'
    elif not isinstance(value, _TYPES[parameter.type]) or (parameter.type == "integer" and isinstance(value, bool)):
        yield f"{name} wants a {parameter.type}"
    elif parameter.choices and value not in parameter.choices:
        yield f"{name} takes {', '.join(parameter.choices)}, not {value!r}"
