"""Settings in configuration files of several dialects, in the order in which the program that reads them meets them.

Each dialect yields settings with line numbers; what a later or an earlier one means is the reader's affair.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple


class Setting(NamedTuple):
    """One setting: section ("" where there is none), key, value ("" for a key alone), line counted from one."""

    section: str
    key: str
    value: str
    line: int


Reader = Callable[[Iterable[str]], Iterator[Setting]]

_DECLARING = ("export", "readonly", "declare", "typeset", "local")
_FLAG = re.compile(r"-[a-zA-Z]+")
_SECTION = re.compile(r"\[\s*([^\]]+?)\s*\]")
_ASSIGNED = re.compile(r"([^=:\s]+)\s*[=:]\s*(.*)")


def key_value(lines: Iterable[str]) -> Iterator[Setting]:
    """`key = value`, `key: value` or `key value`; `#` and `;` begin comments at the start of a line."""
    for number, text in _meant(lines, "#;"):
        match = _ASSIGNED.fullmatch(text)
        key, value = match.groups() if match else _split(text)
        yield Setting("", key, _unquoted(_uncommented(value)), number)


def ini(lines: Iterable[str]) -> Iterator[Setting]:
    """Sections of `key = value` lines, as GLib, dnf and many daemons have them."""
    section = ""
    for number, text in _meant(lines, "#;"):
        match = _SECTION.match(text)
        if match is not None:
            section = match[1]
            continue
        key, _, value = text.partition("=")
        yield Setting(section, key.strip(), _unquoted(value.strip()), number)


def systemd(lines: Iterable[str]) -> Iterator[Setting]:
    """As systemd.syntax(7) has it: a backslash at the end joins lines, and there are no comments behind values."""
    yield from ini(_joined(lines))


def login_defs(lines: Iterable[str]) -> Iterator[Setting]:
    """login.defs(5): a key, white space, a value."""
    for number, text in _meant(lines, "#"):
        key, value = _split(text)
        yield Setting("", key, _unquoted(value), number)


def shell(lines: Iterable[str]) -> Iterator[Setting]:
    """Assignments of a shell script: `NAME=value`, also after `export`, `readonly`, `declare` and `typeset`."""
    for number, text in _meant(_joined(lines), "#"):
        for statement in re.split(r"\s*(?:;|&&)\s*", text):
            words = _words(statement)
            while words and (words[0] in _DECLARING or _FLAG.fullmatch(words[0])):
                words = words[1:]
            for word in words:
                key, equals, value = word.partition("=")
                if not equals or not key.isidentifier():
                    break
                yield Setting("", key, value, number)


def directives(lines: Iterable[str]) -> Iterator[Setting]:
    """A word and its arguments (chrony, rsyslog's `$Name`, ntp); `!`, `#`, `;`, `%` begin comments."""
    for number, text in _meant(lines, "#;!%"):
        key, value = _split(text)
        yield Setting("", key, _uncommented(value), number)


def limits(lines: Iterable[str]) -> Iterator[Setting]:
    """limits.conf(5): domain, type, item, value; the section is `domain type`."""
    for number, text in _meant(lines, "#"):
        fields = text.split()
        if len(fields) == 4:
            yield Setting(f"{fields[0]} {fields[1]}", fields[2], fields[3], number)


def whole_lines(lines: Iterable[str]) -> Iterator[Setting]:
    """Each line that is no comment, as the value of the key `line`."""
    for number, text in _meant(lines, "#"):
        yield Setting("", "line", text, number)


READERS: Mapping[str, Reader] = {
    "kv": key_value,
    "ini": ini,
    "systemd": systemd,
    "login.defs": login_defs,
    "shell": shell,
    "chrony": directives,
    "rsyslog": directives,
    "limits": limits,
    "lines": whole_lines,
}


def _meant(lines: Iterable[str], comments: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text and text[0] not in comments:
            yield number, text


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Joined lines stand where the last of them does, so that numbers stay right."""
    held = ""
    for line in lines:
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            yield ""
            continue
        yield held + line
        held = ""
    if held:
        yield held


def _split(text: str) -> tuple[str, str]:
    """The first word, and the rest."""
    words = text.split(None, 1)
    return words[0], words[1].strip() if len(words) > 1 else ""


def _uncommented(value: str) -> str:
    """Without what follows ` #`, unless it is in quotes."""
    if value[:1] in "\"'":
        return value
    return re.split(r"\s[#;]", f" {value}", maxsplit=1)[0].strip()


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()
