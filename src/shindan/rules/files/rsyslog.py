"""What rsyslog writes, sends and takes in, by its configuration in both its languages (rsyslog.conf(5), RainerScript).

`$IncludeConfig` and `include(file=…)` are followed where the files are known; what is in the usual folder is read
whether it is included or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.files.texts import texts_of

FILES = ("/etc/rsyslog.conf", "/etc/rsyslog.d/*.conf")
_OBJECT = re.compile(r"\b(action|module|input|global|template)\s*\(", re.IGNORECASE)
_PARAMETER = re.compile(r"([A-Za-z][\w.]*)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^\s)]+))")
# A selector (`*.info;mail.none`) or a property filter, then what is done.
_SELECTED = re.compile(r"(?:[\w*,!=.]+\.[\w*!=,]+(?:;\s*[\w*,!=.]+\.[\w*!=]+)*|:\w[\w.-]*\s*,.*\"|&)\s+(.+)")
_DIRECTIVE = re.compile(r"\$(\w+)\s+(.*)")


class Statement(NamedTuple):
    """An object of RainerScript: `action`, `module`, `input`, `global`; parameters with small names. Or a directive of
    old (`directive`, its name in `name`, its value in `value`), or what a selector leads to (`selected`).
    """

    place: str
    sort: str
    parameters: dict[str, str]


def statements(host: Examined) -> list[Statement]:
    """Everything in rsyslog's files. Raises CannotTell where they could not be read."""
    return host.view("rsyslog", lambda _: [one for path, lines in texts_of(host, FILES) for one in parsed(lines, path)])


def parsed(lines: Iterable[str], path: str) -> Iterator[Statement]:
    """The statements of one file."""
    for number, text in _logical(lines):
        place = f"{path} line {number}"
        directive = _DIRECTIVE.fullmatch(text)
        if directive is not None:
            yield Statement(place, "directive", {"name": directive[1].lower(), "value": directive[2].strip()})
            continue
        objects = list(_objects(text))
        for sort, parameters in objects:
            yield Statement(place, sort, parameters)
        selected = None if objects else _SELECTED.fullmatch(text)
        if selected is not None:
            yield Statement(place, "selected", {"value": selected[1].strip()})


def output_files(host: Examined) -> dict[str, str]:
    """Path → where it is configured, of every file that is written to; names that are made while it runs left out."""
    found: dict[str, str] = {}
    for one in statements(host):
        path = ""
        if one.sort == "action" and one.parameters.get("type", "").lower() == "omfile":
            path = one.parameters.get("file", "")
        elif one.sort == "selected":
            # "-" before a path: not synchronized. After ";" comes a template.
            path = one.parameters["value"].partition(";")[0].strip().lstrip("-")
        if path.startswith("/") and not path.startswith("/dev/"):
            found.setdefault(path, one.place)
    return found


def remote_targets(host: Examined) -> list[tuple[str, str]]:
    """(where it is configured, target) of everything that is sent to other hosts."""
    found = []
    for one in statements(host):
        if one.sort == "action" and one.parameters.get("type", "").lower() in ("omfwd", "omrelp"):
            target = one.parameters.get("target", "")
        elif one.sort == "selected" and one.parameters["value"].startswith(("@", ":omrelp:")):
            target = one.parameters["value"].removeprefix(":omrelp:").lstrip("@").partition(";")[0]
        else:
            continue
        name = re.sub(r"^\([^)]*\)", "", target).strip()
        if name and not name.startswith(("127.", "localhost", "[::1]")):
            found.append((one.place, name))
    return found


def taking_in(host: Examined) -> list[tuple[str, str]]:
    """(where it is configured, statement) of everything that takes messages from other hosts."""
    modules = ("imtcp", "imudp", "imrelp", "imptcp", "imgssapi")
    found = []
    for one in statements(host):
        named = one.parameters
        if one.sort == "input" and named.get("type", "").lower() in modules:
            found.append((one.place, f'input(type="{named["type"]}")'))
        elif one.sort == "module" and named.get("load", "").lower() in modules:
            found.append((one.place, f'module(load="{named["load"]}")'))
        elif one.sort == "directive" and (
            named["name"] in ("inputtcpserverrun", "udpserverrun", "inputrelpserverrun", "inputptcpserverrun")
            or (named["name"] == "modload" and named["value"].lower().removesuffix(".so") in modules)
        ):
            found.append((one.place, f"${named['name']} {named['value']}"))
    return found


def _objects(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for match in _OBJECT.finditer(text):
        inner = _in_parentheses(text, match.end())
        parameters = {
            one[1].lower(): next(value for value in one.groups()[1:] if value is not None)
            for one in _PARAMETER.finditer(inner)
        }
        yield match[1].lower(), parameters


def _in_parentheses(text: str, start: int) -> str:
    quote = ""
    for at in range(start, len(text)):
        char = text[at]
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char == ")":
            return text[start:at]
    return text[start:]


def _logical(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines without comments; an object of RainerScript that goes on over several lines is one."""
    held, begun = "", 0
    for number, line in enumerate(lines, 1):
        text = _uncommented(line).strip()
        joined = f"{held} {text}".strip()
        begun = begun or number
        if text.endswith("\\"):
            held = joined[:-1]
            continue
        if _OBJECT.search(joined) and _is_open(joined) and len(joined) < 65536:
            held = joined
            continue
        first, held, begun = begun, "", 0
        if joined:
            yield first, joined
    if held:
        yield begun, held


def _is_open(text: str) -> bool:
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", "", text)
    return bare.count("(") > bare.count(")")


def _uncommented(line: str) -> str:
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote and line[at - 1] != "\\" else quote
        elif char == '"':
            quote = char
        elif char == "#":
            return line[:at]
    return line
