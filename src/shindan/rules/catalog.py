"""Rules as files: TOML, one table a rule. A malformed one is refused with file, line and reason.

The form is in docs/howto/host-rule.md. What a rule says may differ by OS family or platform (`by_family`), and numbers
in it may be tailored (`params`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from shindan.model.errors import ShindanError
from shindan.model.rule import Fix, Maturity, Rule
from shindan.model.severity import SEVERITIES
from shindan.rules import conditions
from shindan.rules.checks import compiled as checks
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEXTS = ("title", "severity", "why", "remedy")
_KEYS = {*_TEXTS, "maturity", "fix", "references", "source", "when", "params", "check", "by_family"}
_BY_FAMILY = {"check", "when", "remedy", "fix"}
_LONGEST_TITLE = 100


class RuleRefused(ShindanError):
    """A rule is malformed."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a rule is checked on some family, and what else differs there."""

    rule: Rule
    check: Any
    applies: conditions.When
    ask: checks.Check
    asks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule with its check. `params` are the values that the check speaks of as `$name`, and may be tailored."""

    rule: Rule
    params: Mapping[str, Any]
    ways: Mapping[str, _Way] = field(repr=False)
    sources: tuple[str, ...] = ()
    place: str = ""

    @property
    def facts(self) -> frozenset[str]:
        """The kinds of facts that it looks at, on any family."""
        ways = self.ways.values()
        return frozenset(kind for way in ways for kind in (*checks.facts_of(way.check), *way.asks))

    def way(self, host: Examined) -> _Way:
        """How it is checked on a host: by platform, else by family, else as everywhere."""
        return self.ways.get(host.platform) or self.ways.get(host.family) or self.ways[""]

    def judge(self, host: Examined, params: Mapping[str, Any] | None = None) -> Result:
        """The verdict on a host; `params` replace the rule's own."""
        way = self.way(host)
        try:
            reason = way.applies(host)
        except CannotTell as error:
            return Result(error.verdict, reason=error.reason)
        if reason:
            return Result("not_applicable", reason=reason)
        return (checks.compiled(way.check, {**self.params, **params}) if params else way.ask)(host)


def read(path: Path) -> list[HostRule]:
    """The rules of a file, in its order. Raises RuleRefused for the first that is malformed, saying where."""
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleRefused(f"{path}: {error}") from error
    found = []
    for id_, table in tables.items():
        place = f"{path}:{_line(text, id_)}"
        wrong = list(_complaints(id_, table))
        if wrong:
            raise RuleRefused(f"{place}: rule {id_}: {'; '.join(wrong)}")
        found.append(_made(id_, table, place))
    return found


def read_all(folder: Path) -> dict[str, HostRule]:
    """The rules of every `*.toml` below a folder, by id. Raises RuleRefused, also for an id that comes twice."""
    found: dict[str, HostRule] = {}
    for path in sorted(folder.rglob("*.toml")):
        for one in read(path):
            if one.rule.id in found:
                raise RuleRefused(f"{one.place}: rule {one.rule.id} is at {found[one.rule.id].place} already")
            found[one.rule.id] = one
    return found


def _complaints(id_: str, table: Any) -> Iterator[str]:
    if not _ID.fullmatch(id_):
        yield "an id is small letters and digits in words joined by hyphens"
    if not isinstance(table, dict):
        yield "a rule is a table"
        return
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        yield f"unknown key {', '.join(unknown)}"
    yield from (f"{name} is missing" for name in _TEXTS if not str(table.get(name, "")).strip())
    if table.get("severity") not in SEVERITIES[:-1]:
        yield f"severity is one of {', '.join(SEVERITIES[:-1])}"
    if table.get("maturity", "stable") not in get_args(Maturity):
        yield f"maturity is one of {', '.join(get_args(Maturity))}"
    if len(str(table.get("title", ""))) > _LONGEST_TITLE:
        yield f"the title is longer than {_LONGEST_TITLE} characters"
    if "check" not in table and "" not in table.get("by_family", {}) and not table.get("by_family"):
        yield "check is missing"
    yield from _params_complaints(table.get("params", {}))
    for name, way in {"": table, **table.get("by_family", {})}.items():
        where = f"by_family.{name}: " if name else ""
        if name:
            yield from (f"{where}unknown key {key}" for key in sorted(set(way) - _BY_FAMILY))
        yield from (
            where + wrong for wrong in _way_complaints({**table, **way} if name else way, table.get("params", {}))
        )


def _way_complaints(way: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    values = {name: one.get("default") for name, one in params.items() if isinstance(one, dict)}
    if "check" in way:
        try:
            checks.compiled(way["check"], values)
        except checks.CheckRefused as error:
            yield f"check: {error}"
    try:
        conditions.compiled(way.get("when", {}))
    except ValueError as error:
        yield str(error)
    fix = way.get("fix", {})
    if not isinstance(fix, dict) or set(fix) - {"sh", "ansible"}:
        yield "fix is a table of sh and ansible"


def _params_complaints(params: Any) -> Iterator[str]:
    if not isinstance(params, dict):
        yield "params is a table"
        return
    for name, one in params.items():
        if (
            not name.isidentifier()
            or not isinstance(one, dict)
            or "default" not in one
            or set(one) - {"default", "meaning"}
        ):
            yield f"params.{name} is a table of default and meaning"


def _made(id_: str, table: Mapping[str, Any], place: str) -> HostRule:
    params = {name: one["default"] for name, one in table.get("params", {}).items()}
    ways = {}
    for name, differs in {"": {}, **table.get("by_family", {})}.items():
        said = {**table, **differs}
        if "check" in said:
            applies = conditions.compiled(said.get("when", {}))
            judge = checks.compiled(said["check"], params)
            asks = conditions.facts_of(said.get("when", {}))
            ways[name] = _Way(_rule(id_, said), said["check"], applies, judge, asks)
    if "" not in ways:
        # Only some families have it: on the others it does not apply, in the words of a condition.
        first = next(iter(ways.values()))
        nowhere = conditions.nowhere(list(ways))
        ways[""] = _Way(_rule(id_, table), first.check, nowhere, first.ask)
    sources = table.get("source", [])
    return HostRule(_rule(id_, table), params, ways, (sources,) if isinstance(sources, str) else tuple(sources), place)


def _rule(id_: str, said: Mapping[str, Any]) -> Rule:
    fix = said.get("fix", {})
    return Rule(
        id=id_,
        title=said["title"],
        severity=said["severity"],
        why=said["why"].strip(),
        remedy=said["remedy"].strip(),
        maturity=said.get("maturity", "stable"),
        references=tuple(said.get("references", ())),
        fix=Fix(fix.get("sh", "").strip(), fix.get("ansible", "").strip()),
    )


def _line(text: str, id_: str) -> int:
    """Where a rule begins in its file, counted from one."""
    header = re.compile(rf'^\s*\[\s*"?{re.escape(id_)}"?\s*[\].]', re.MULTILINE)
    found = header.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1
