"""A check as rules write it (a table), made into a function; what is wrong with it is said before it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shindan.rules.checks.checks import CHECKS, FUNCTION_FACTS, FUNCTIONS
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import CannotTell, Result, all_of, any_of, negated
from shindan.rules.examined import Examined

Check = Callable[[Examined], Result]

_GROUPS = {"all": all_of, "any": any_of}
_KINDS: Mapping[str, Kind] = {kind.name: kind for kind in CHECKS}


class CheckRefused(ValueError):
    """A check is malformed; the message says how."""


def compiled(written: Any, parameters: Mapping[str, Any] | None = None) -> Check:
    """The function of a check; texts such as `$level` stand for the rule's `parameters`. Raises CheckRefused."""
    name, argument = _only(written)
    if name in _GROUPS:
        return _group(name, argument, parameters or {})
    if name == "not":
        inner = compiled(argument, parameters)
        return lambda host: negated(inner(host))
    if name == "function":
        function = FUNCTIONS.get(argument) if isinstance(argument, str) else None
        if function is None:
            raise CheckRefused(f"there is no function {argument!r}: known are {', '.join(sorted(FUNCTIONS))}")
        return _fenced(function)
    kind = _KINDS.get(name)
    if kind is None:
        raise CheckRefused(f"there is no check kind {name!r}: known are {', '.join(_known())}")
    return _of_kind(kind, argument, parameters or {})


def facts_of(written: Any) -> frozenset[str]:
    """The kinds of facts that a check looks at."""
    own = (fact for name in functions(written) for fact in FUNCTION_FACTS.get(name, ()))
    return frozenset((*own, *(fact for kind, _ in uses(written) for fact in kind.facts)))


def functions(written: Any) -> Iterator[str]:
    """The names of all functions within a check, however deep."""
    name, argument = _only(written)
    if name in _GROUPS:
        for one in argument:
            yield from functions(one)
    elif name == "not":
        yield from functions(argument)
    elif name == "function":
        yield argument


def uses(written: Any) -> Iterator[tuple[Kind, Mapping[str, Any]]]:
    """Every kind with its arguments within a check, however deep."""
    name, argument = _only(written)
    if name in _GROUPS:
        for one in argument:
            yield from uses(one)
    elif name == "not":
        yield from uses(argument)
    elif name in _KINDS:
        yield _KINDS[name], argument


def replaced(written: Any, values: Mapping[str, Any]) -> Any:
    """A check with other values for the arguments that it names, wherever it names them."""
    name, argument = _only(written)
    if name in _GROUPS:
        return {name: [replaced(one, values) for one in argument]}
    if name == "not":
        return {name: replaced(argument, values)}
    if name in _KINDS:
        return {name: {one: values.get(one, value) for one, value in argument.items()}}
    return written


def _only(written: Any) -> tuple[str, Any]:
    if not isinstance(written, dict) or len(written) != 1:
        raise CheckRefused(f"a check is a table with exactly one of {', '.join(_known())}")
    return next(iter(written.items()))


def _group(name: str, members: Any, parameters: Mapping[str, Any]) -> Check:
    if not isinstance(members, list) or not members:
        raise CheckRefused(f"{name} wants a list of checks")
    checks = [compiled(one, parameters) for one in members]
    combined = _GROUPS[name]
    return lambda host: combined([check(host) for check in checks])


def _of_kind(kind: Kind, written: Any, parameters: Mapping[str, Any]) -> Check:
    if not isinstance(written, dict):
        raise CheckRefused(f"{kind.name} wants a table of parameters")
    given = {name: _substituted(value, parameters) for name, value in written.items()}
    wrong = list(kind.complaints(given))
    if wrong:
        raise CheckRefused("; ".join(wrong))
    arguments = kind.filled(given)
    return _fenced(lambda host: kind.run(host, arguments))


def _fenced(run: Check) -> Check:
    """Facts that are missing are an answer."""

    def asked(host: Examined) -> Result:
        try:
            return run(host)
        except CannotTell as error:
            return Result(error.verdict, reason=error.reason)

    return asked


def _substituted(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("$") and value[1:].isidentifier():
        if value[1:] not in parameters:
            raise CheckRefused(f"{value} is no parameter of the rule")
        return parameters[value[1:]]
    if isinstance(value, list):
        return [_substituted(one, parameters) for one in value]
    return value


def _known() -> list[str]:
    return [*sorted(_KINDS), "all", "any", "not", "function"]
