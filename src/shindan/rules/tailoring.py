"""Tailoring as a file, what is wrong with an entry, and what several entries mean together for one host.

[[tailor]]
rule = "ssh-max-auth-tries"       # or: control = "5.1.20" with a benchmark
benchmark = "debian-12"           # of a rule: within this benchmark alone
set = { le = 6 }                  # or: off = true; and severity = "Low"
tags = { env = "test" }           # on hosts with all of these; "" as value: whatever it is
reason = "…"                      # these three are wanted of every entry
owner = "…"
until = 2027-01-31
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shindan.model.severity import SEVERITIES, Severity
from shindan.model.tailoring import Entry
from shindan.rules.cis.benchmarks import Library
from shindan.rules.coded import CodedRule
from shindan.rules.fault import Fault, refuse, unreadable
from shindan.rules.network.rules import RULES as NETWORK
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME
from shindan.rules.tailored import Tailored

_KEYS: Mapping[str, Any] = {
    "rule": str, "control": str, "benchmark": str, "off": bool, "set": dict, "severity": str, "tags": dict,
    "reason": str, "owner": str, "until": datetime.date,
}  # fmt: skip
_CODED: Mapping[str, CodedRule] = {one.rule.id: one for package in (PRACTICES, RUNTIME) for one in package.rules}
_NETWORK = frozenset(one.id for one in NETWORK.values())
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 1000


def tailored(entries: Iterable[Entry], tags: Iterable[tuple[str, str]] = ()) -> Tailored:
    """What entries want of a host together. Later ones win; what one of them switches off is off."""
    parameters: dict[str, dict[str, Any]] = {}
    off: dict[str, str] = {}
    severities: dict[str, Severity] = {}
    pairs = tuple(tags)
    for one in entries:
        if not one.is_for(pairs):
            continue
        if one.off:
            off[one.name] = one.why_off
        if one.values:
            parameters.setdefault(one.name, {}).update(one.values)
        if one.severity:
            severities[one.name] = one.severity  # type: ignore[assignment]
    return Tailored(parameters, off, severities)


def read(path: Path, library: Library) -> tuple[Entry, ...]:
    """The entries of a file. Raises RuleRefused with all that is wrong, each with its line."""
    found, faults = faults_of(path, library)
    refuse(faults)
    return tuple(found)


def faults_of(path: Path, library: Library) -> tuple[list[Entry], list[Fault]]:
    """The entries of a file that are well-formed, and every fault of the others."""
    try:
        text = path.read_text("utf-8")
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [unreadable(path, error)]
    rows = said.get("tailor", [])
    if set(said) - {"tailor"} or not isinstance(rows, list):
        return [], [Fault(str(path), 1, "a tailoring is a list of [[tailor]] tables and nothing else")]
    found, faults = [], []
    for number, row in enumerate(rows, 1):
        line = _line(text, number)
        wrong = list(_form_complaints(row))
        if not wrong:
            entry = entry_of_table(f"{path.name}:{line}", row)
            wrong = list(complaints(entry, library))
            found += [entry] if not wrong else []
        faults += [Fault(str(path), line, one) for one in wrong]
    return found, faults


def entry_of_table(id_: str, row: Mapping[str, Any]) -> Entry:
    """The entry of a table that is well-formed."""
    until = row.get("until", "")
    return Entry(
        id_, row.get("rule", ""), row.get("control", ""), row.get("benchmark", ""), row.get("off", False),
        row.get("set", {}), row.get("severity", ""), tuple(row.get("tags", {}).items()), row.get("reason", ""),
        row.get("owner", ""), until.isoformat()[:10] if isinstance(until, datetime.date) else str(until),
    )  # fmt: skip


def complaints(one: Entry, library: Library) -> Iterator[str]:
    """Everything that is wrong with an entry, a sentence each."""
    if bool(one.rule) == bool(one.control):
        yield "it is about a rule or about a control: name one of them"
        return
    if one.control and not one.benchmark:
        yield 'a control is a number of a benchmark: name it, such as benchmark = "debian-12"'
    if not (one.off or one.values or one.severity):
        yield 'it wants nothing: off = true, set = {…} or severity = "…"'
    if one.off and (one.values or one.severity):
        yield "what is switched off has no other values and no severity"
    if one.severity and one.severity not in SEVERITIES[:-1]:
        yield f"severity is one of {', '.join(SEVERITIES[:-1])}"
    if not one.reason.strip():
        yield "a reason is wanted"
    if not one.owner.strip():
        yield "an owner is wanted: who answers for it"
    if max(len(one.reason), len(one.owner)) > _LONGEST:
        yield f"reason and owner have at most {_LONGEST} characters"
    if one.until:
        yield from _day_complaints(one.until)
    yield from _about_complaints(one, library)


def as_toml(entries: Sequence[Entry]) -> str:
    """The file of entries, as `read` reads it."""
    return "\n".join(_table(one) for one in entries)


def _line(text: str, number: int) -> int:
    """Where the entry of a number begins, counted from one."""
    heads = [at for at, line in enumerate(text.split("\n"), 1) if re.match(r"\s*\[\[\s*tailor\s*\]\]", line)]
    return heads[number - 1] if number <= len(heads) else 1


def _form_complaints(row: Any) -> Iterator[str]:
    if not isinstance(row, dict):
        yield "an entry is a table"
        return
    for name, value in row.items():
        if name not in _KEYS:
            yield f"there is no {name!r}: known are {', '.join(_KEYS)}"
        elif not isinstance(value, _KEYS[name]) and not (name == "until" and isinstance(value, str)):
            yield f"{name} wants a {'date' if name == 'until' else _KEYS[name].__name__}"
        elif name == "tags" and not all(isinstance(one, str) for one in dict(row["tags"]).values()):
            yield "tags are texts by name"


def _day_complaints(day: str) -> Iterator[str]:
    try:
        if not _DAY.fullmatch(day):
            raise ValueError(day)
        datetime.date.fromisoformat(day)
    except ValueError:
        yield f"until is a day such as 2027-01-31, not {day[:40]!r}"


def _about_complaints(one: Entry, library: Library) -> Iterator[str]:
    if one.benchmark and one.benchmark not in library.benchmarks:
        yield f"there is no benchmark {one.benchmark}: known are {', '.join(library.benchmarks)}"
        return
    if one.control:
        yield from _control_complaints(one, library)
    elif one.rule in library.rules:
        if one.benchmark and not any(one.rule in c.rules for c in library.benchmarks[one.benchmark].controls):
            yield f"the benchmark {one.benchmark} does not use the rule {one.rule}"
        if one.severity and (one.benchmark or _is_bound(one.rule, library)):
            yield "benchmarks give severities by the level of a control: name benchmark and control"
        if one.values:
            yield from library.rules[one.rule].complaints(one.values)
    elif one.benchmark:
        yield f"there is no rule {one.rule} in a benchmark"
    elif one.rule in _CODED:
        yield from _CODED[one.rule].check.complaints(one.values) if one.values else ()
    elif one.rule in _NETWORK:
        if one.values:
            yield f"rule {one.rule} has nothing to be set"
    else:
        yield f"there is no rule {one.rule}: `shindan rules list` names all"


def _is_bound(rule: str, library: Library) -> bool:
    """Whether a rule of a user's own is part of a benchmark; those that ship are, or are judged without one."""
    return rule in library.own and rule not in {own.rule.id for own in library.loose()}


def _control_complaints(one: Entry, library: Library) -> Iterator[str]:
    if not one.benchmark:
        return
    control = library.benchmarks[one.benchmark].numbered.get(one.control)
    if control is None:
        yield f"the benchmark {one.benchmark} has no control {one.control}"
    elif one.values:
        takers = [library.rules[id_] for id_ in control.rules]
        fitting = [list(rule.complaints(one.values)) for rule in takers]
        if all(fitting):
            yield from (fitting[0] if fitting else [f"control {one.control} has no rules, and nothing to be set"])


def _table(one: Entry) -> str:
    lines = ["[[tailor]]"]
    for name in ("rule", "control", "benchmark"):
        lines += [f"{name} = {_value(getattr(one, name))}"] if getattr(one, name) else []
    lines += ["off = true"] if one.off else []
    lines += [f"set = {_value(dict(one.values))}"] if one.values else []
    lines += [f"severity = {_value(one.severity)}"] if one.severity else []
    lines += [f"tags = {_value(dict(one.tags))}"] if one.tags else []
    lines += [f"reason = {_value(one.reason)}", f"owner = {_value(one.owner)}"]
    lines += [f"until = {one.until}"] if one.until else []
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_value(str(name))} = {_value(one)}' for name, one in value.items())} }}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if ord(one) >= 32 and ord(one) != 127 else f"\\u{ord(one):04x}" for one in text) + '"'
