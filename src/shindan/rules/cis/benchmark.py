"""A benchmark as a file: which rules a number stands for, at which level, on which kind of machine.

TOML: `id`, `title`, `version`, `platforms`, and a table of controls. A control without rules is `manual`: nobody can
check it by machine; one that is `uncovered` could be, but has no rule of ours yet. Users' own benchmarks have the same
form.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from shindan.rules.catalog import HostRule
from shindan.rules.fault import Fault, line_of, refuse, unreadable

Profile = Literal["server", "workstation"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
Level = Literal[1, 2]

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_KEYS = {"rules", "either", "level", "on", "manual", "uncovered", "params"}


@dataclass(frozen=True, slots=True)
class Control:
    """One number. `params` are values for its rules, by rule and name, where the benchmark wants others than ours."""

    number: str
    level: Level
    on: tuple[Profile, ...]
    rules: tuple[str, ...] = ()
    manual: bool = False
    uncovered: bool = False
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    either: frozenset[str] = frozenset()
    """Of its rules those that suffice without the others, as the others do without them: a package is gone, or its
    services cannot start.
    """

    def order(self) -> tuple[int, ...]:
        """Sorts numbers as people read them: 1.9 before 1.10."""
        return tuple(int(part) for part in self.number.split("."))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark: `platforms` are keys such as `debian:12`; `title` is what findings call it."""

    id: str
    title: str
    version: str
    platforms: tuple[str, ...]
    controls: tuple[Control, ...]
    numbered: Mapping[str, Control] = field(init=False, repr=False, compare=False)
    """The controls by number."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbered", {one.number: one for one in self.controls})

    def chosen(self, level: Level, profile: Profile) -> tuple[Control, ...]:
        """The controls of a level (the second holds the first) on a kind of machine."""
        return tuple(one for one in self.controls if one.level <= level and profile in one.on)


def read(path: Path, rules: Mapping[str, HostRule]) -> Benchmark:
    """The benchmark of a file. Raises RuleRefused with file, line and reason for one that is malformed."""
    found, faults = faults_of(path, rules)
    refuse(faults)
    assert found is not None, "without a fault there is a benchmark"
    return found


def faults_of(path: Path, rules: Mapping[str, HostRule]) -> tuple[Benchmark | None, list[Fault]]:
    """The benchmark of a file where it is well-formed, and every fault of it."""
    try:
        text = path.read_text("utf-8")
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [unreadable(path, error)]
    faults = [Fault(str(path), 1, one) for one in _complaints(said)]
    controls = said.get("controls")
    for number, table in controls.items() if isinstance(controls, dict) else ():
        line = line_of(text, rf'^[ \t]*(?:\[controls\.)?"{re.escape(number)}"')
        wrong = _control_complaints(number, table, rules)
        faults += [Fault(str(path), line, f"control {number}: {one}") for one in wrong]
    return (None if faults else made(said)), faults


def made(said: Mapping[str, Any]) -> Benchmark:
    """The benchmark of tables that are well-formed."""
    controls = tuple(_control(number, table) for number, table in said["controls"].items())
    return Benchmark(said["id"], said["title"], said["version"], tuple(said["platforms"]), controls)


def _complaints(said: Mapping[str, Any]) -> Iterator[str]:
    for name in ("id", "title", "version"):
        if not isinstance(said.get(name), str) or not said[name]:
            yield f"{name} is missing"
    platforms = said.get("platforms")
    listed = isinstance(platforms, list) and all(isinstance(one, str) and one for one in platforms)
    if not listed or not isinstance(said.get("controls"), dict):
        yield "platforms is a list, controls a table"
    if isinstance(said.get("id"), str) and not _ID.fullmatch(said["id"]):
        yield "an id is small letters, digits, dots and hyphens"
    unknown = sorted(set(said) - {"id", "title", "version", "platforms", "controls"})
    if unknown:
        yield f"unknown key {', '.join(unknown)}"


def _control_complaints(number: str, table: Any, rules: Mapping[str, HostRule]) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "it is a table"
        return
    if not _NUMBER.fullmatch(number):
        yield "a number is digits and dots"
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        yield f"unknown key {', '.join(unknown)}"
    if table.get("level") not in get_args(Level):
        yield "level is 1 or 2"
    named = table.get("on")
    if not isinstance(named, list) or not named or not all(one in PROFILES for one in named):
        yield f"on is a list of {' and '.join(PROFILES)}"
    if not table.get("rules") and not table.get("manual") and not table.get("uncovered"):
        yield "it has neither rules nor manual nor uncovered"
    wanted, params = table.get("rules", []), table.get("params", {})
    if not isinstance(wanted, list) or not isinstance(params, dict):
        yield "rules is a list, params a table"
        return
    for id_ in wanted:
        if not isinstance(id_, str) or id_ not in rules:
            yield f"there is no rule {id_}"
    either = table.get("either", [])
    if (
        not isinstance(either, list)
        or not all(one in wanted for one in either)
        or (wanted and set(either) >= set(wanted))
    ):
        yield "either is a list of some of its rules, which suffice without the others"
    for id_, values in params.items():
        known = rules.get(id_)
        missing = sorted(set(values) - set(known.params if known else ())) if isinstance(values, dict) else ["table"]
        if missing:
            yield f"{id_} has no parameter {', '.join(missing)}"
        elif known is not None:
            yield from known.complaints(values)


def _control(number: str, table: Mapping[str, Any]) -> Control:
    return Control(
        number,
        table["level"],
        tuple(table["on"]),
        tuple(table.get("rules", ())),
        bool(table.get("manual")),
        bool(table.get("uncovered")),
        table.get("params", {}),
        frozenset(table.get("either", ())),
    )
