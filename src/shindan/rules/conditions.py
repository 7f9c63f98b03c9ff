"""When a rule applies to a host at all; what does not hold is told in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shindan.rules.examined import Examined

When = Callable[[Examined], str]
"""Why a rule does not apply; "" where it does. Raises CannotTell where the facts for that are missing."""


def compiled(written: Mapping[str, Any]) -> When:
    """The condition of a rule's `when` table: all of it must hold. Raises ValueError that names what is wrong."""
    wrong = next(_complaints(written), "")
    if wrong:
        raise ValueError(wrong)
    tests = [_TESTS[name](argument) for name, argument in written.items()]

    def asked(host: Examined) -> str:
        return next((reason for test in tests if (reason := test(host))), "")

    return asked


def facts_of(written: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of facts that a condition looks at."""
    return frozenset(name for name in written if name in ("package", "mount", "unit", "container"))


def nowhere(others: Sequence[str]) -> When:
    """The condition of a rule that is about other families or platforms alone."""
    return lambda _: f"the rule is about {' and '.join(others)} alone"


def _complaints(written: Mapping[str, Any]) -> Iterator[str]:
    for name, argument in written.items():
        wanted = _WANTED.get(name)
        if wanted is None:
            yield f"`when` knows no {name!r}: it takes {', '.join(_WANTED)}"
        elif wanted is bool and not isinstance(argument, bool):
            yield f"`when`: {name} is true or false"
        elif wanted is list and not (isinstance(argument, list) and all(isinstance(one, str) for one in argument)):
            yield f"`when`: {name} is a list of texts"
        elif wanted is dict and not (
            isinstance(argument, dict) and set(argument) <= {"any_of", "none_of", "all_of"} and argument
        ):
            yield f"`when`: {name} is a table of any_of, all_of or none_of"


def _container(wanted: bool) -> When:
    said = "the host is a container, which has no kernel of its own", "the host is no container"
    return lambda host: "" if host.in_container == wanted else said[wanted]


def _family(families: list[str]) -> When:
    return lambda host: "" if host.family in families else f"the host is not of the family {' or '.join(families)}"


def _platform(platforms: list[str]) -> When:
    return lambda host: "" if host.platform in platforms else f"the host is not {' or '.join(platforms)}"


def _arch(names: list[str]) -> When:
    def asked(host: Examined) -> str:
        arch = host.inventory.platform.arch if host.inventory.platform else ""
        return "" if arch in names else f"the architecture is {arch or 'unknown'}, not {' or '.join(names)}"

    return asked


def _package(wanted: Mapping[str, list[str]]) -> When:
    return _names("package", wanted, "{} is not installed", "{} is installed")


def _mount(wanted: Mapping[str, list[str]]) -> When:
    return _names("mount", wanted, "{} is no file system of its own", "{} is a file system of its own")


def _unit(wanted: Mapping[str, list[str]]) -> When:
    return _names("unit", wanted, "there is no unit {}", "there is a unit {}")


def _names(kind: str, wanted: Mapping[str, list[str]], missing: str, there: str) -> When:
    def asked(host: Examined) -> str:
        def has(name: str) -> bool:
            fact = host.one(kind, name)
            return fact is not None and fact.data.get("enabled") != "not-found"

        if "any_of" in wanted and not any(has(name) for name in wanted["any_of"]):
            return missing.format(" or ".join(wanted["any_of"]))
        lacking = next((name for name in wanted.get("all_of", ()) if not has(name)), None)
        if lacking is not None:
            return missing.format(lacking)
        present = next((name for name in wanted.get("none_of", ()) if has(name)), None)
        return there.format(present) if present is not None else ""

    return asked


_TESTS: Mapping[str, Callable[[Any], When]] = {
    "container": _container,
    "family": _family,
    "platform": _platform,
    "arch": _arch,
    "package": _package,
    "mount": _mount,
    "unit": _unit,
}
_WANTED = {
    "container": bool,
    "family": list,
    "platform": list,
    "arch": list,
    "package": dict,
    "mount": dict,
    "unit": dict,
}
