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

from shindan.rules.catalog import HostRule, RuleRefused

Profile = Literal["server", "workstation"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
Level = Literal[1, 2]

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_KEYS = {"rules", "level", "on", "manual", "uncovered", "params"}


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

    def chosen(self, level: Level, profile: Profile) -> tuple[Control, ...]:
        """The controls of a level (the second holds the first) on a kind of machine."""
        return tuple(one for one in self.controls if one.level <= level and profile in one.on)


def read(path: Path, rules: Mapping[str, HostRule]) -> Benchmark:
    """The benchmark of a file. Raises RuleRefused with file, line and reason for one that is malformed."""
    try:
        text = path.read_text("utf-8")
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleRefused(f"{path}: {error}") from error
    wrong = next(_complaints(said), "")
    if wrong:
        raise RuleRefused(f"{path}: {wrong}")
    controls = []
    for number, table in said["controls"].items():
        wrong = "; ".join(_control_complaints(number, table, rules))
        if wrong:
            raise RuleRefused(f"{path}:{_line(text, number)}: control {number}: {wrong}")
        controls.append(_control(number, table))
    return Benchmark(said["id"], said["title"], said["version"], tuple(said["platforms"]), tuple(controls))


def _complaints(said: Mapping[str, Any]) -> Iterator[str]:
    for name in ("id", "title", "version"):
        if not isinstance(said.get(name), str) or not said[name]:
            yield f"{name} is missing"
    if not isinstance(said.get("platforms"), list) or not isinstance(said.get("controls"), dict):
        yield "platforms is a list, controls a table"
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
    if not table.get("on") or not set(table["on"]) <= set(PROFILES):
        yield f"on is a list of {' and '.join(PROFILES)}"
    if not table.get("rules") and not table.get("manual") and not table.get("uncovered"):
        yield "it has neither rules nor manual nor uncovered"
    for id_ in table.get("rules", ()):
        if id_ not in rules:
            yield f"there is no rule {id_}"
    for id_, values in table.get("params", {}).items():
        missing = sorted(set(values) - set(rules[id_].params if id_ in rules else ()))
        if missing:
            yield f"{id_} has no parameter {', '.join(missing)}"


def _control(number: str, table: Mapping[str, Any]) -> Control:
    return Control(
        number,
        table["level"],
        tuple(table["on"]),
        tuple(table.get("rules", ())),
        bool(table.get("manual")),
        bool(table.get("uncovered")),
        table.get("params", {}),
    )


def _line(text: str, number: str) -> int:
    found = re.search(rf'^\s*(?:\[controls\.)?"{re.escape(number)}"', text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
