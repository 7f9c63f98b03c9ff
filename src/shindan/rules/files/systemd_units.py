"""Unit files of systemd: sections of `Key=value` lines (systemd.syntax(7)), and what mount units say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.files.texts import FIRST_WINS, drop_ins


class MountUnit(NamedTuple):
    """A mount unit: where, type of the file system ("" for any), options."""

    where: str
    fstype: str
    options: tuple[str, ...]


Sections = Mapping[str, Mapping[str, list[str]]]
"""Section → key → every value in order; an empty assignment has thrown away those before it."""


def mounts(host: Examined) -> Iterator[MountUnit]:
    """Every mount unit that is no generated one. Raises CannotTell where the folders could not be read."""
    for lines in drop_ins(host, "systemd/system", FIRST_WINS, ".mount").values():
        mount = sections(lines).get("Mount", {})
        where = (mount.get("Where") or [""])[-1]
        if where:
            options = tuple(",".join(mount.get("Options", ())).split(",")) if mount.get("Options") else ()
            yield MountUnit(where.rstrip("/") or "/", (mount.get("Type") or [""])[-1], options)


def sections(lines: Iterable[str]) -> Sections:
    """The sections of a file; `;` and `#` begin comments, a backslash at the end joins lines."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in _logical(lines):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if equals:
            values = found.setdefault(section, {}).setdefault(key.strip(), [])
            if not value.strip():
                values.clear()
            else:
                values.append(value.strip())
    return found


def _logical(lines: Iterable[str]) -> Iterator[str]:
    held = ""
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;":
            # Comments between the parts of a joined line are passed over.
            continue
        if text.endswith("\\"):
            held += text[:-1] + " "
            continue
        yield (held + text).strip()
        held = ""
    if held:
        yield held.strip()
