"""Every rule and check kind, for whoever asks on the command line: listed, shown, explained, and checked."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shindan.collect.allowed import may_be_asked_for, may_be_looked_at
from shindan.collect.plan_files import FILES
from shindan.collect.plan_texts import TEXTS
from shindan.model.errors import ShindanError
from shindan.model.packages import PackageName
from shindan.model.rule import Rule
from shindan.rules.catalog import HostRule
from shindan.rules.checks.checks import CHECKS, FUNCTIONS
from shindan.rules.checks.comparison import OPERATORS
from shindan.rules.checks.compiled import uses
from shindan.rules.checks.kind import Kind
from shindan.rules.cis.benchmarks import Library, checked
from shindan.rules.fault import Fault
from shindan.rules.folder import benchmark_files, rule_files
from shindan.rules.network.rules import RULES as NETWORK
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME

_ROLES = {"path", "paths", "glob", "files"}
"""Parameters that name files."""


class NoSuchRule(ShindanError):
    """There is no rule, or no check kind, of that name."""

    remedy = "`shindan rules list` names all rules, `shindan rules explain` all check kinds"


class CheckedFolder(NamedTuple):
    """A user's folder: how much is well-formed, all that is not, and what will not be looked at."""

    files: int
    rules: int
    benchmarks: int
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def listed(
    known: Library, *, package: str = "", benchmark: str = "", severity: str = "", search: str = ""
) -> list[dict[str, Any]]:
    """The rules that fit, by package and id: plain records. Raises NoSuchRule for a benchmark that there is not."""
    if benchmark and benchmark not in known.benchmarks:
        remedy = f"choose one of {', '.join(known.benchmarks)}"
        raise NoSuchRule(f"there is no benchmark {benchmark!r}", remedy=remedy)
    words = search.lower().split()
    numbers = _numbers(known, benchmark)
    found = []
    for name, rule, own in every(known):
        if (package and name != package) or (severity and rule.severity.lower() != severity.lower()):
            continue
        if benchmark and (name != "cis" or rule.id not in numbers):
            continue
        text = f"{rule.id} {rule.title} {rule.why} {rule.remedy} {' '.join(numbers.get(rule.id, ()))}".lower()
        if all(word in text for word in words):
            found.append(_row(name, rule, own, numbers.get(rule.id, [])))
    return found


def shown(known: Library, id_: str) -> dict[str, Any]:
    """Everything about a rule: its record, its check as it is written, and what may be set. Raises NoSuchRule."""
    for name, rule, own in every(known):
        if rule.id == id_:
            record = _row(name, rule, own, _numbers(known, "").get(id_, []) if name == "cis" else [])
            fix = {"sh": rule.fix.shell, "ansible": rule.fix.ansible}
            record |= {"why": rule.why, "remedy": rule.remedy, "references": list(rule.references)}
            record |= {"fix": {form: text for form, text in fix.items() if text}, "maturity": rule.maturity}
            if name == "cis":
                return record | _checks(known.rules[id_])
            return record | {"values": _coded_values(id_)}
    raise NoSuchRule(f"there is no rule {id_[:120]!r}")


def kinds() -> list[dict[str, Any]]:
    """Every check kind with what it is about."""
    return [{"kind": one.name, "meaning": one.meaning, "facts": list(one.facts)} for one in CHECKS]


def explained(name: str) -> dict[str, Any]:
    """A check kind with its parameters. Raises NoSuchRule."""
    kind = next((one for one in CHECKS if one.name == name), None)
    if kind is None:
        remedy = f"kinds are {', '.join(one.name for one in CHECKS)}; functions are {', '.join(FUNCTIONS)}"
        raise NoSuchRule(f"there is no check kind {name[:80]!r}", remedy=remedy)
    return {
        "kind": kind.name,
        "meaning": kind.meaning,
        "facts": list(kind.facts),
        "parameters": [_parameter(kind, word) for word in kind.parameters],
        "exactly_one_of": [list(group) for group in kind.one_of],
        "comparison": kind.compares,
        "comparisons": list(OPERATORS) if kind.compares != "refused" else [],
    }


def checked_folder(folder: Path) -> CheckedFolder:
    """Looks a user's folder over: every fault of every file at once."""
    files = len(rule_files(folder)) + len(benchmark_files(folder))
    known, faults = checked([folder])
    if not folder.is_dir():
        faults = [Fault(str(folder), 1, "there is no such folder")]
    elif not files:
        faults = [Fault(str(folder), 1, "holds no *.toml, rules/*.toml or benchmarks/*.toml")]
    notes = tuple(note for id_ in sorted(known.own) for note in _unseen(known.rules[id_]))
    return CheckedFolder(files, len(known.own), len(known.own_benchmarks), tuple(faults), notes)


def every(known: Library) -> Iterator[tuple[PackageName, Rule, bool]]:
    """All rules, by package and id: the package's name, the rule, and whether it is a user's own."""
    yield from (("cis", one.rule, id_ in known.own) for id_, one in sorted(known.rules.items()))
    for package in (PRACTICES, RUNTIME):
        for one in sorted(package.rules, key=lambda one: one.rule.id):
            yield package.name, one.rule, False
    for rule in sorted(NETWORK.values(), key=lambda rule: rule.id):
        yield "network", rule, False


def _numbers(known: Library, benchmark: str) -> Mapping[str, list[str]]:
    """Rule id → how benchmarks number it: `debian-12 5.1.20`."""
    found: dict[str, list[str]] = {}
    for id_ in [benchmark] if benchmark else known.benchmarks:
        for control in known.benchmarks[id_].controls:
            for rule in control.rules:
                found.setdefault(rule, []).append(f"{id_} {control.number}")
    return found


def _row(package: str, rule: Rule, own: bool, controls: Sequence[str]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "package": package,
        "severity": rule.severity,
        "title": rule.title,
        "own": own,
        "controls": list(controls),
    }


def _checks(one: HostRule) -> dict[str, Any]:
    ways = {name or "everywhere": {"check": way.check, "when": dict(way.when)} for name, way in one.ways.items()}
    return {"place": one.place, "values": dict(one.params), "ways": ways}


def _coded_values(id_: str) -> dict[str, Any]:
    for package in (PRACTICES, RUNTIME):
        for one in package.rules:
            if one.rule.id == id_:
                return {name: parameter.default for name, parameter in one.check.parameters.items()}
    return {}


def _parameter(kind: Kind, name: str) -> dict[str, Any]:
    one = kind.parameters[name]
    return {
        "name": name,
        "type": one.type,
        "meaning": one.meaning,
        "required": one.required,
        "default": one.default,
        "choices": list(one.choices),
    }


def _unseen(rule: HostRule) -> Iterator[str]:
    """What a rule reads and no agent looks for by itself, so that its outcome would be unknown."""
    for way in rule.ways.values():
        for kind, arguments in uses(way.check):
            for path in _paths(kind, arguments):
                text = "text" in kind.facts
                if _is_planned(path, TEXTS if text else FILES):
                    continue
                reach = may_be_asked_for(path) if text else may_be_looked_at(path)
                then = f"`shindan collect --also {path}` does" if reach else "and it never may be"
                yield f"{rule.place}: rule {rule.rule.id}: {path} is not looked at by itself: {then}"


def _paths(kind: Kind, arguments: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(_ROLES & arguments.keys() & kind.parameters.keys()):
        value = arguments[name]
        if kind.name in ("file", "config", "shell_env", "log_files"):
            values = value if isinstance(value, list) else [value]
            yield from (one for one in values if isinstance(one, str) and one.startswith("/"))


def _is_planned(path: str, planned: Sequence[str]) -> bool:
    return any(path == one or ("*" in one and fnmatch.fnmatchcase(path, one)) for one in planned)
