"""The document as a YAML file: read with the line of everything that may be wrong, and written.

Texts are texts: `yes`, `1:30`, `0123` and `2027-01-31` are not turned into something else, as YAML 1.1 would have it;
what is to be a number or a yes is read as one where the document wants it. PyYAML parses and writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shindan.model.errors import ShindanError
from shindan.service.fleet.document import Fleet, plain

LARGEST = 4_000_000
"""Bytes of a file."""

_MOST_NODES = 200_000
_DEEPEST = 20
_NULLS = ("", "~", "null")
_PLACE = re.compile(r"(.*) - at `(?:key in )?\$\.?([^`]*)`", re.DOTALL)
_TYPED = re.compile(r"tailoring\[[0-9]+\]\.set\.")
"""Where numbers are numbers: values of rules."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_ODD = re.compile(r"[^\x20-\x7e\xa1-\u1fff\u2010-\u2027\u2030-\ud7ff\ue000-\ufdff\ufe10-\ufef0]")
_LINES = re.compile(r"([!-~]([ -~]*[!-~])?\n+)+")
"""Several lines of plain characters, as files of settings are: they are written as they stand."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FleetFileError(ShindanError):
    """The file cannot be read as a document."""


@dataclass(slots=True)
class Read:
    """One document of a file, and the lines of its parts by their places (`templates[2].duration`)."""

    fleet: Fleet
    file: str
    lines: dict[str, int] = field(default_factory=dict)

    def line(self, place: str) -> int:
        """The line of a place, or of the nearest part around it that is known."""
        while place not in self.lines and place:
            place = re.sub(r"(\.?[^.\[\]]+|\[[^\]]*\])$", "", place) if not place.endswith(".") else place[:-1]
        return self.lines.get(place, 1)

    def where(self, message: str) -> str:
        """A message of the service that begins with a place, with file and line before it."""
        found = re.match(r"[a-z]+(\[[0-9]+\](\.[a-z_]+)*)?(?=: )", message)
        line = self.line(found[0]) if found else 0
        return f"{self.file}:{line}: {message}" if line else f"{self.file}: {message}"


def read(text: str | bytes, file: str) -> list[Read]:
    """The documents of a file. Raises FleetFileError that names file and line."""
    if len(text) > LARGEST:
        raise FleetFileError(f"{file} has more than {LARGEST:,} bytes")
    try:
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        why = error.problem or error.context
        raise FleetFileError(f"{file}:{line}: this is no YAML: {why}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FleetFileError(f"{file}: this is no YAML: {str(error)[:300]}") from None
    found = [_document(node, file) for node in nodes if node is not None and not _is_null(node)]
    if not found:
        raise FleetFileError(f"{file} is empty", remedy="`shindan export` writes one to begin with")
    return found


def written(fleet: Fleet) -> str:
    """The document as YAML; `read` gives the same document again."""
    return str(yaml.dump(_listed(plain(fleet)), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100))


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.style and node.value.lower() in _NULLS


def _typed(node: ScalarNode) -> Any:
    if node.style or node.value in _NULLS:
        return node.value
    if node.value in ("true", "false"):
        return node.value == "true"
    found = _NUMBER.fullmatch(node.value)
    return node.value if found is None else float(node.value) if found[2] else int(node.value)


class _Writer(yaml.SafeDumper):  # type: ignore[misc]
    """Writes texts with line ends or other control characters in double quotes: folded, some would not come back."""


def _text(writer: yaml.SafeDumper, text: str) -> Node:
    style = "|" if _LINES.fullmatch(text) else '"' if _ODD.search(text) else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def _document(node: Node, file: str) -> Read:
    build = _Builder(file)
    read_ = build.value(node, "", 0)
    _resolve(read_, Read(Fleet(), file, build.lines))
    try:
        fleet = msgspec.convert(read_, Fleet, strict=False)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        why, place = (found[1], found[2]) if found else (str(error), "")
        why = why.replace("Expected `bool`, got `str`", "write true or false")
        told = Read(Fleet(), file, build.lines)
        raise FleetFileError(
            f"{file}:{told.line(place)}: {f'{place}: ' if place else ''}{why}",
            remedy="docs/configuration.md shows what a document may hold",
        ) from None
    return Read(fleet, file, build.lines)


def _resolve(document: Any, at: Read) -> None:
    """Puts secrets in place of what says where they are: `{env: NAME}`, `{file: PATH}` for addresses and headers."""
    entries = document.get("channels") if isinstance(document, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict):
            continue
        place = f"channels[{number}]"
        if isinstance(entry.get("address"), dict):
            entry["address"] = _secret(entry["address"], f"{place}.address", at)
        headers = entry.get("headers")
        for name, value in list(headers.items()) if isinstance(headers, dict) else ():
            if isinstance(headers, dict) and isinstance(value, dict):
                headers[name] = _secret(value, f"{place}.headers.{name}", at)


def _secret(reference: dict[str, Any], place: str, at: Read) -> str:
    where = f"{at.file}:{at.line(place)}: {place}"
    kinds: dict[str, Callable[[str], str | None]] = {"env": os.environ.get, "file": _content}
    ((kind, name),) = reference.items() if len(reference) == 1 else (("", ""),)
    if kind not in kinds or not isinstance(name, str):
        raise FleetFileError(f"{where}: write a text, {{env: NAME}} or {{file: PATH}}")
    found = kinds[kind](name)
    if not found:
        what = "the environment variable" if kind == "env" else "the file"
        raise FleetFileError(f"{where}: {what} {name[:200]} is missing or empty")
    return found


def _content(name: str) -> str | None:
    try:
        return Path(name).read_text(encoding="utf-8").strip()[:10_000]
    except (OSError, ValueError):
        return None


class _Builder:
    """Makes plain values of YAML's nodes, and remembers where they stand."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._nodes = 0
        self.lines: dict[str, int] = {}

    def value(self, node: Node, place: str, depth: int) -> Any:
        """The value of a node. An alias counts each time, so that few lines cannot become very many."""
        self._nodes += 1
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if self._nodes > _MOST_NODES or depth > _DEEPEST:
            raise FleetFileError(f"{self._file}:{line}: the document is too large or too deep")
        if isinstance(node, ScalarNode):
            return _typed(node) if _TYPED.match(place) else None if _is_null(node) else node.value
        if isinstance(node, SequenceNode):
            return [self.value(item, f"{place}[{number}]", depth + 1) for number, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return dict(self._pairs(node, place, depth))

    def _pairs(self, node: MappingNode, place: str, depth: int) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise FleetFileError(f"{self._file}:{line}: a key must be a text")
            if key.value in seen:
                raise FleetFileError(f"{self._file}:{line}: {key.value[:60]!r} stands here twice")
            seen.add(key.value)
            under = f"{place}.{key.value}" if place else key.value
            self.lines[under] = line
            yield key.value, self.value(value, under, depth + 1)


def _listed(value: Any) -> Any:
    """With lists for tuples, which YAML does not know."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
