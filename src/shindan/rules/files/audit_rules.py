"""Rules of the Linux audit system: read as auditctl(8) reads them, and whether one records what another would.

A rule is a set of events: an architecture, system calls, and fields that must all hold. It records wanted events where
each of its own conditions follows from what is wanted, so that a wider rule is as good as the very one that a
benchmark prints. Keys (`-k`) do not matter.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_PERMISSIONS = frozenset("rwxa")
_UNSET = {"unset", "-1", "4294967295"}
_ERRORS = {"-EPERM": "-1", "-ENOENT": "-2", "-EACCES": "-13", "-EEXIST": "-17"}
_FIELD = re.compile(r"([A-Za-z0-9_]+)\s*(!=|>=|<=|&=|=|>|<|&)\s*(.*)")
_USERS = ("auid", "uid", "euid", "suid", "fsuid", "obj_uid")
_ARCHES = {
    "b64": {"b64", "x86_64", "aarch64", "ppc64le", "ppc64", "s390x", "riscv64"},
    "b32": {"b32", "i386", "i686", "arm", "ppc", "s390"},
}


class Field(NamedTuple):
    """One condition of `-F`: `auid`, `>=`, `1000`; values in one spelling."""

    name: str
    operator: str
    value: str


class AuditRule(NamedTuple):
    """One rule. `calls` is empty for all system calls; `watch` is what it watches, with `below` where folders count
    with all that is in them; `compares` are the pairs of `-C`, in alphabetical order.
    """

    action: str
    filter: str
    arch: str
    calls: frozenset[str]
    watch: str
    below: bool
    permissions: frozenset[str]
    fields: frozenset[Field]
    compares: frozenset[Field]


class Wanted(NamedTuple):
    """Events that should be recorded: one system call (or, with "", access to `path`) on one architecture."""

    arch: str
    call: str = ""
    path: str = ""
    permissions: frozenset[str] = frozenset()
    fields: frozenset[Field] = frozenset()
    compares: frozenset[Field] = frozenset()


class Control(NamedTuple):
    """A line that controls the system: `-e 2` is `e` and `2`; `-D` is `D`."""

    option: str
    value: str


def parsed(line: str) -> AuditRule | Control | None:
    """A line of a file of rules, or of `auditctl -l`; None for a comment and for what is no rule."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    if not words:
        return None
    if words[0] in ("-e", "-f", "-b", "-r", "-D", "-i", "-c", "--backlog_wait_time", "--loginuid-immutable"):
        return Control(words[0].lstrip("-"), words[1] if len(words) > 1 and words[0] != "-D" else "")
    options = list(_options(words))
    names = {name for name, _ in options}
    if "-w" in names:
        return _watch(dict(options))
    return _rule(options) if names & {"-a", "-A"} else None


def field(text: str) -> Field | None:
    """A condition as `-F` has it, in one spelling; None for what is none."""
    match = _FIELD.fullmatch(text.strip())
    if match is None:
        return None
    name, operator, value = match.groups()
    value = value.strip()
    if name in _USERS:
        value = "unset" if value in _UNSET else {"root": "0"}.get(value, value)
    if name == "exit":
        value = _ERRORS.get(value, value)
    return Field(name, operator, value)


def compare(text: str) -> Field | None:
    """A comparison of `-C`, its two sides in alphabetical order."""
    match = _FIELD.fullmatch(text.strip())
    if match is None:
        return None
    left, operator, right = match.groups()
    return Field(min(left, right), operator, max(left, right))


def records(rule: AuditRule, wanted: Wanted) -> bool:
    """Whether a rule matches each of the wanted events, whatever it then does."""
    if rule.filter == "task":
        return not rule.fields and not rule.compares
    return (
        rule.filter == "exit"
        and _arch_matches(rule, wanted)
        and (not rule.calls or wanted.call in rule.calls)
        and _path_matches(rule, wanted)
        and all(any(implies(known, one) for known in wanted.fields) for one in rule.fields)
        and rule.compares <= wanted.compares
    )


def recorded(rules: Iterable[AuditRule], wanted: Wanted) -> bool:
    """Whether the first rule that matches the wanted events records them (a `never` before it would not).

    A `never` in the list `task` hides everything, wherever it stands: without it system calls are not looked at.
    """
    listed = list(rules)
    if any(one.filter == "task" and one.action == "never" and records(one, wanted) for one in listed):
        return False
    first = next((one for one in listed if one.filter == "exit" and records(one, wanted)), None)
    return first is not None and first.action == "always"


def implies(known: Field, asked: Field) -> bool:
    """Whether a condition follows from another one about the same field."""
    if known.name != asked.name:
        return False
    if known == asked:
        return True
    low, high = _bounds(known)
    wanted_low, wanted_high = _bounds(asked)
    if asked.operator == "!=":
        number = _number(asked.value)
        return number is not None and (low, high) != (None, None) and not _within(number, low, high)
    if (wanted_low, wanted_high) == (None, None) or (low, high) == (None, None):
        return False
    lower = wanted_low is None or (low is not None and low >= wanted_low)
    upper = wanted_high is None or (high is not None and high <= wanted_high)
    return lower and upper


def _arch_matches(rule: AuditRule, wanted: Wanted) -> bool:
    if rule.arch:
        return rule.arch == wanted.arch
    # Without an architecture the numbers of system calls are those of 64 bits (auditctl warns of that).
    return not rule.calls or wanted.arch == "b64"


def _path_matches(rule: AuditRule, wanted: Wanted) -> bool:
    if not rule.watch:
        # perm= without a path means system calls of that sort, wherever they lead.
        return not rule.permissions or (bool(wanted.path) and wanted.permissions <= rule.permissions)
    if not wanted.path or not wanted.permissions <= (rule.permissions or _PERMISSIONS):
        return False
    path = wanted.path.rstrip("/")
    return path == rule.watch or (rule.below and path.startswith(rule.watch.rstrip("/") + "/"))


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """(option, argument) pairs; `-F` and `-C` take the words up to the next option, `auid >= 1000` for one."""
    at = 0
    while at < len(words):
        name = words[at]
        at += 1
        taken: list[str] = []
        while at < len(words) and (not taken or not words[at].startswith("-")):
            taken.append(words[at])
            at += 1
            if name not in ("-F", "-C"):
                break
        yield name, "".join(taken)


def _watch(options: dict[str, str]) -> AuditRule:
    permissions = frozenset(options.get("-p", "rwxa")) & _PERMISSIONS
    path = options["-w"].rstrip("/") or "/"
    none: frozenset[Field] = frozenset()
    return AuditRule("always", "exit", "", frozenset(), path, True, permissions, none, none)


def _rule(options: list[tuple[str, str]]) -> AuditRule | None:
    where = next(value for name, value in options if name in ("-a", "-A")).split(",")
    action = next((word for word in where if word in ("always", "never", "possible")), "")
    kind = next((word for word in where if word in ("exit", "task", "user", "exclude", "filesystem", "io_uring")), "")
    if not action or not kind:
        return None
    calls = frozenset(call for name, value in options if name == "-S" for call in value.split(","))
    fields = [one for name, value in options if name == "-F" and (one := field(value))]
    compares = frozenset(one for name, value in options if name == "-C" and (one := compare(value)))
    special = {one.name: one.value for one in fields if one.operator == "=" and one.name in _SPECIAL}
    permissions = frozenset(special.get("perm", "")) & _PERMISSIONS
    watch = special.get("dir") or special.get("path") or ""
    rest = frozenset(one for one in fields if one.operator != "=" or one.name not in _SPECIAL)
    return AuditRule(
        action, kind, _arch(special.get("arch", "")), frozenset() if "all" in calls else calls,
        watch.rstrip("/") if watch != "/" else watch, "dir" in special, permissions, rest, compares,
    )  # fmt: skip


_SPECIAL = ("arch", "path", "dir", "perm", "key")


def _arch(name: str) -> str:
    return next((width for width, names in _ARCHES.items() if name in names), name)


def _bounds(one: Field) -> tuple[int | None, int | None]:
    number = _number(one.value)
    if number is None:
        return None, None
    return {
        "=": (number, number),
        ">=": (number, None),
        ">": (number + 1, None),
        "<=": (None, number),
        "<": (None, number - 1),
    }.get(one.operator, (None, None))


def _within(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def _number(text: str) -> int | None:
    if text == "unset":
        return 2**32 - 1
    try:
        return int(text, 0)
    except ValueError:
        return None
