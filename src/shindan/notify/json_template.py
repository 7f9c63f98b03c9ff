"""Templates of JSON, in a small part of Jinja's language: what they may say is listed, and comes to an end.

Whatever `{{ … }}` gives is written as JSON, so that no host's or package's name can leave its place. There are no
calls, assignments, or loops in loops, and no arithmetic: a template costs about what it is long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

LONGEST = 20_000
_LONGEST_TEXT = 32_000
_MOST_BYTES = 500_000
_DEEPEST = 4
_ALLOWED = {
    "Template", "Output", "TemplateData", "Name", "Getattr", "Getitem", "Const", "Filter", "If", "CondExpr", "For",
    "Concat", "Compare", "Operand", "And", "Or", "Not", "List", "Dict", "Pair", "Tuple",
}  # fmt: skip
"""Kinds of what a template may hold, as `jinja2.nodes` names them."""

_ADVICE = 'write {{ value }} without quotes around it, and join texts inside: {{ "a " ~ b }}'


class BadTemplate(ValueError):
    """The template is none, or gives no JSON; says where and why."""


def check(text: str) -> None:
    """Raises BadTemplate for what is no template of this kind."""
    _compiled(text)


def rendered(text: str, values: Mapping[str, Any]) -> Any:
    """What a template says of values, read as JSON. Raises BadTemplate."""
    said = _text(text, values)
    try:
        return json.loads(said, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        place = getattr(error, "pos", 0)
        message = f"the template gives no JSON: {error}, near {said[max(0, place - 40) : place + 40]!r}; {_ADVICE}"
        raise BadTemplate(message) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _text(text: str, values: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError

    parts: list[str] = []
    size = 0
    try:
        for part in _compiled(text).generate(values):
            size += len(part)
            if size > _MOST_BYTES:
                raise BadTemplate(f"the template gives more than {_MOST_BYTES:,} characters")
            parts.append(part)
    except BadTemplate:
        raise
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise BadTemplate(f"the template cannot be filled in: {error}") from None
    return "".join(parts)


@lru_cache(maxsize=64)
def _compiled(text: str) -> Any:
    # Jinja takes 30 ms to load, which servers without tickets go without.
    from jinja2 import TemplateError

    if len(text) > LONGEST:
        raise BadTemplate(f"a template has at most {LONGEST:,} characters")
    environment = _environment()
    try:
        _look(environment.parse(text), 0, 0)
        return environment.from_string(text)
    except (TemplateError, RecursionError) as error:
        raise BadTemplate(f"line {getattr(error, 'lineno', 1) or 1}: {error}") from None


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_finalized, autoescape=False)
    made.filters = dict(_FILTERS)
    made.tests = {}
    made.globals = {}
    return made


def _look(node: Any, loops: int, depth: int) -> None:
    """Raises BadTemplate for what may not stand in a template."""
    kind = type(node).__name__
    if kind not in _ALLOWED:
        raise BadTemplate(
            f"line {node.lineno}: a template has no {kind.lower()} (no calls, assignments, arithmetic or macros)"
        )
    if kind == "Filter":
        depth += 1
        if node.name not in _FILTERS:
            raise BadTemplate(f"line {node.lineno}: there is no filter {node.name!r}; there are {', '.join(_FILTERS)}")
        if depth > _DEEPEST:
            raise BadTemplate(f"line {node.lineno}: at most {_DEEPEST} filters can stand behind one another")
    if kind == "For":
        loops += 1
        if loops > 1 or node.recursive:
            raise BadTemplate(f"line {node.lineno}: a loop can stand in no other loop")
    for child in node.iter_child_nodes():
        _look(child, loops, depth)


def _finalized(value: Any) -> Any:
    """Every value as JSON; texts no longer than they may be. Raises TypeError for what is no value."""
    return json.dumps(_bounded(value), ensure_ascii=False, default=_no_value)


def _no_value(value: Any) -> Any:
    str(value)  # an undefined one says here what it was to be
    raise TypeError(f"{type(value).__name__} is no value")


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)[:_LONGEST_TEXT]
    if isinstance(value, Mapping):
        return {str(key): _bounded(one) for key, one in value.items()}
    return [_bounded(one) for one in value] if isinstance(value, list | tuple) else value


def _join(values: Any, between: str = ", ") -> str:
    if isinstance(values, str):
        raise BadTemplate("`join` joins a list")
    return str(between).join(str(one) for one in values)[:_LONGEST_TEXT]


def _names(values: Any, member: str = "name") -> list[Any]:
    return [one[member] for one in values]


def _same(value: Any) -> Any:
    return value


def _short(value: Any, longest: int = 255) -> str:
    text = str(value)
    return text if len(text) <= longest else text[: max(0, int(longest) - 1)] + "…"


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "each": _names,
    "first": lambda value: next(iter(value), ""),
    "join": _join,
    "length": len,
    "lower": lambda value: str(value).lower(),
    "short": _short,
    "tojson": _same,
    "upper": lambda value: str(value).upper(),
}
"""All filters. `each` takes a member of every value of a list; `tojson` is what happens to everything anyway."""
