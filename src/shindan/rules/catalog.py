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

from shindan.model.rule import Maturity, Rule
from shindan.model.severity import SEVERITIES
from shindan.rules import conditions
from shindan.rules.checks import compiled as checks
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined
from shindan.rules.fault import Fault, RuleRefused, line_of, refuse, unreadable
from shindan.rules.parsed import parsed
from shindan.rules.ways import Way, rule_of

__all__ = ["Fault", "HostRule", "RuleRefused", "faults_of", "read", "read_all", "shipped"]

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADER = re.compile(r'\s*\[\s*"?([^"\].\s]+)"?\s*[\].]')
_TEXTS = ("title", "severity", "why", "remedy")
_KEYS = {*_TEXTS, "maturity", "fix", "references", "source", "when", "params", "check", "by_family"}
_BY_FAMILY = {"check", "when", "remedy", "fix"}
_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule with its check. `params` are the values that the check speaks of as `$name`, and may be tailored."""

    rule: Rule
    params: Mapping[str, Any]
    ways: Mapping[str, Way] = field(repr=False)
    sources: tuple[str, ...] = ()
    place: str = ""

    @property
    def facts(self) -> frozenset[str]:
        """The kinds of facts that it looks at, on any family."""
        ways = self.ways.values()
        return frozenset(kind for way in ways for kind in (*checks.facts_of(way.check), *way.asks))

    def way(self, host: Examined) -> Way:
        """How it is checked on a host: by platform, else by family, else as everywhere."""
        return self.way_on(host.platform, host.family)

    def way_on(self, platform: str, family: str) -> Way:
        """See `way`: by a host's platform (`debian:12`) and OS family."""
        if len(self.ways) == 1:
            return self.ways[""]
        return self.ways.get(platform) or self.ways.get(family) or self.ways[""]

    def judge(self, host: Examined, given: Mapping[str, Any] | None = None) -> Result:
        """The verdict on a host; `given` replaces the rule's parameters, and values that its check wants."""
        way = self.way(host)
        try:
            reason = way.applies(host)
        except CannotTell as error:
            return Result(error.verdict, reason=error.reason)
        if reason:
            return Result("not_applicable", reason=reason)
        return (way.ask_with(given) if given else way.ask)(host)

    def complaints(self, given: Mapping[str, Any]) -> Iterator[str]:
        """Everything that is wrong with values for it, a sentence each; none where some way of it takes them."""
        usable = [way for way in self.ways.values() if not way.lacking(given)]
        if not usable:
            lacking = sorted(frozenset.intersection(*(way.lacking(given) for way in self.ways.values())) or given)
            known = sorted({name for way in self.ways.values() for name in way.names})
            yield f"rule {self.rule.id} has no {', '.join(lacking)}: it has {', '.join(known) or 'nothing to be set'}"
        for way in usable:
            try:
                way.ask_with(given)
            except checks.CheckRefused as error:
                yield f"rule {self.rule.id}: {error}"
                return


def read(path: Path) -> list[HostRule]:
    """The rules of a file, in its order. Raises RuleRefused for what is malformed, saying where."""
    found, faults = faults_of(path)
    refuse(faults)
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


def shipped(folder: Path) -> dict[str, HostRule]:
    """The rules that come with the program, by id: tests hold that they are well-formed, so nobody looks again."""
    paths = sorted(folder.rglob("*.toml"))
    together = zip(paths, parsed("rules", paths), strict=True)
    return {id_: _made(id_, table, str(path)) for path, tables in together for id_, table in tables.items()}


def faults_of(path: Path) -> tuple[list[HostRule], list[Fault]]:
    """The rules of a file that are well-formed, and every fault of the others."""
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [unreadable(path, error)]
    found, faults = [], []
    for id_, table in tables.items():
        line = line_of(text, _header(id_))
        wrong = list(_complaints(id_, table))
        faults += [Fault(str(path), line, f"rule {id_}: {one}") for one in wrong]
        if not wrong:
            found.append(_made(id_, table, f"{path}:{line}"))
    return found, faults


def _header(id_: str) -> str:
    return rf'^[ \t]*\[\s*"?{re.escape(id_)}"?\s*[\].]'


def _complaints(id_: str, table: Any) -> Iterator[str]:
    if not _ID.fullmatch(id_):
        yield "an id is small letters and digits in words joined by hyphens"
    if not isinstance(table, dict):
        yield "a rule is a table"
        return
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        yield f"unknown key {', '.join(unknown)}"
    for name in _TEXTS:
        if not isinstance(table.get(name, ""), str) or not table.get(name, "").strip():
            yield f"{name} is missing"
    if table.get("severity") not in SEVERITIES[:-1]:
        yield f"severity is one of {', '.join(SEVERITIES[:-1])}"
    if table.get("maturity", "stable") not in get_args(Maturity):
        yield f"maturity is one of {', '.join(get_args(Maturity))}"
    if len(str(table.get("title", ""))) > _LONGEST_TITLE:
        yield f"the title is longer than {_LONGEST_TITLE} characters"
    families = table.get("by_family", {})
    if not isinstance(families, dict) or not all(isinstance(one, dict) for one in families.values()):
        yield "by_family is a table of tables"
        return
    if "check" not in table and not any("check" in one for one in families.values()):
        yield "check is missing"
    params = table.get("params", {})
    yield from _params_complaints(params)
    params = params if isinstance(params, dict) else {}
    for name in ("source", "references"):
        listed = table.get(name, [])
        alone = name == "source" and isinstance(listed, str)
        if not alone and not (isinstance(listed, list) and all(isinstance(one, str) for one in listed)):
            yield f"{name} is a list of texts"
    for name, way in {"": table, **families}.items():
        where = f"by_family.{name}: " if name else ""
        if name:
            yield from (f"{where}unknown key {key}" for key in sorted(set(way) - _BY_FAMILY))
        yield from (where + wrong for wrong in _way_complaints({**table, **way} if name else way, params))


def _way_complaints(way: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    values = {name: one.get("default") for name, one in params.items() if isinstance(one, dict)}
    if "check" in way:
        try:
            checks.compiled(way["check"], values)
        except checks.CheckRefused as error:
            yield f"check: {error}"
    when = way.get("when", {})
    try:
        if not isinstance(when, dict):
            raise ValueError("when is a table")
        conditions.compiled(when)
    except ValueError as error:
        yield str(error)
    fix = way.get("fix", {})
    if (
        not isinstance(fix, dict)
        or set(fix) - {"sh", "ansible"}
        or not all(isinstance(one, str) for one in fix.values())
    ):
        yield "fix is a table of sh and ansible"
    if not isinstance(way.get("remedy", ""), str):
        yield "remedy is a text"


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
    rule = rule_of(id_, table)
    differing = table.get("by_family", {})
    ways: dict[str, Way] = {"": Way(rule, table, params)} if "check" in table else {}
    for name, differs in differing.items():
        said = {**table, **differs}
        if "check" in said:
            own = rule_of(id_, said) if differs.keys() & {"remedy", "fix"} else rule
            ways[name] = Way(own, said, params)
    if "" not in ways:
        # Only some families have it: on the others it does not apply, in the words of a condition.
        first = next(iter(ways.values()))
        ways[""] = Way(rule, {"check": first.check}, params, conditions.nowhere(list(differing)))
    sources = table.get("source", [])
    return HostRule(rule, params, ways, (sources,) if isinstance(sources, str) else tuple(sources), place)
