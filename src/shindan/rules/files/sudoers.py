"""sudoers(5): the files in the order in which sudo reads them, their defaults, and the tags of who may do what.

Folders of `@includedir` leave out names that end in `~` or contain a dot. Aliases are only names: what matters here is
said beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.files.texts import below, lines_of

MAIN = "/etc/sudoers"
TAGS = (
    "NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "SETENV", "NOSETENV", "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT",
    "NOLOG_OUTPUT", "MAIL", "NOMAIL", "FOLLOW", "NOFOLLOW", "INTERCEPT", "NOINTERCEPT",
)  # fmt: skip
_DEEPEST = 128  # sudo's own limit
_INCLUDE = re.compile(r"[@#]include(dir)?\s+(\"[^\"]*\"|(?:[^\s\\]|\\.)+)\s*")
# A scope follows without white space: "Defaults !use_pty" is an option that is off.
_DEFAULTS = re.compile(r"Defaults([@:!>]\s*(?:[^\s,\\]|\\.|,\s*)+)?\s+(.*)", re.DOTALL)
_ALIAS = re.compile(r"(?:User|Runas|Host|Cmnd|Cmd)_Alias\s")
_OPTION = re.compile(r"(!*)\s*([A-Za-z_][\w]*)\s*(?:([+-]?=)\s*(\"(?:[^\"\\]|\\.)*\"|(?:[^,\\\"]|\\.)*))?")
_TAG = re.compile(r"(?<![\w\\])(" + "|".join(TAGS) + r")\s*:")


class Default(NamedTuple):
    """One option of a Defaults line. `scope` is "" for everybody, else as written: `:alice`, `@host`, `!cmnd`, `>root`.

    `on` is false for `!option`; `value` is "" for a flag.
    """

    place: str
    scope: str
    name: str
    on: bool
    value: str


class Grant(NamedTuple):
    """A line that allows something: the text, and its tags."""

    place: str
    text: str
    tags: tuple[str, ...]


class Sudoers(NamedTuple):
    """All files together. `defaults` in the order in which they are read: of one scope the last counts."""

    defaults: Sequence[Default]
    grants: Sequence[Grant]


def sudoers(host: Examined) -> Sudoers | None:
    """What sudo has read; None where there is no /etc/sudoers. Raises CannotTell where a file could not be read."""
    lines = lines_of(host, MAIN)
    return _read(_logical(host, MAIN, lines, 0)) if lines is not None else None


def parsed(lines: Iterable[str], path: str = MAIN) -> Sudoers:
    """One file alone, without what it includes."""
    return _read((place, text) for place, text in _joined(lines, path) if not _INCLUDE.fullmatch(text))


def _read(lines: Iterable[tuple[str, str]]) -> Sudoers:
    defaults: list[Default] = []
    grants: list[Grant] = []
    for place, text in lines:
        match = _DEFAULTS.fullmatch(text)
        if match is not None:
            scope = "".join((match[1] or "").split())
            defaults += _options(place, scope, match[2])
        elif not _ALIAS.match(text) and "=" in text:
            grants.append(Grant(place, text, tuple(dict.fromkeys(_TAG.findall(text.partition("=")[2])))))
    return Sudoers(defaults, grants)


def _options(place: str, scope: str, text: str) -> Iterator[Default]:
    at = 0
    while at < len(text):
        match = _OPTION.match(text, at)
        if match is None:
            at += 1
            continue
        negated, name, _, value = match.groups()
        yield Default(place, scope, name, len(negated) % 2 == 0, _unquoted((value or "").strip()))
        at = max(match.end(), at + 1)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


def _logical(host: Examined, path: str, lines: Sequence[str], depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        raise CannotTell("error", f"{path}: files of sudo include each other in a circle")
    for place, text in _joined(lines, path):
        match = _INCLUDE.fullmatch(text)
        if match is None:
            yield place, text
            continue
        target = re.sub(r"\\(.)", r"\1", match[2].strip('"'))
        if not target.startswith("/"):
            target = f"{path.rpartition('/')[0]}/{target}"
        if match[1]:
            for name, inner in below(host, target.rstrip("/"), "").items():
                base = name.rpartition("/")[2]
                if "." not in base and not base.endswith("~"):
                    yield from _logical(host, name, inner, depth + 1)
            continue
        found = lines_of(host, target)
        if found is None:
            raise CannotTell("error", f"{place} includes {target}, which is not there: sudo refuses to run")
        yield from _logical(host, target, found, depth + 1)


def _joined(lines: Iterable[str], path: str) -> Iterator[tuple[str, str]]:
    """(place, text) of every line that means something; a backslash at the end joins lines."""
    held, begun = "", 0
    for number, line in enumerate(lines, 1):
        begun = begun or number
        if line.endswith("\\"):
            held += line[:-1]
            continue
        text, place = (held + line).strip(), f"{path} line {begun}"
        held, begun = "", 0
        if not _INCLUDE.fullmatch(text):
            text = _uncommented(text)
        if text:
            yield place, text


def _uncommented(text: str) -> str:
    """Without a comment; `#` before a number is a user's or a group's id."""
    quoted = False
    for at, char in enumerate(text):
        if char == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif char == "#" and not quoted and (at == 0 or text[at - 1] != "\\"):
            follows = text[at + 1 : at + 2]
            is_number = follows.isdigit() or (follows == "-" and text[at + 2 : at + 3].isdigit())
            if not (is_number and (at == 0 or text[at - 1] in " \t,(%:!>")):
                return text[:at].strip()
    return text
