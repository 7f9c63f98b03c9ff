"""What kernel parameters will be after the next boot, by the rules of sysctl.d(5) and systemd-sysctl(8)."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.files.texts import drop_ins


class Persisted(NamedTuple):
    """A value and where it is set, `/etc/sysctl.d/60-hardening.conf line 3`."""

    value: str
    place: str


def persisted(host: Examined) -> Mapping[str, Persisted]:
    """Key (with dots) → the last assignment of all files. Raises CannotTell where they could not be read.

    An assignment with a `*` is for every running instance that is not set by name (systemd 247 and newer), and a key
    on a line of its own with `-` before it is left out from such.
    """
    named: dict[str, Persisted] = {}
    globs: dict[str, Persisted] = {}
    excepted: set[str] = set()
    for path, lines in drop_ins(host, "sysctl.d").items():
        for number, key, value in _assignments(lines):
            if value is None:
                excepted.add(key)
            elif "*" in key:
                globs[key] = Persisted(value, f"{path} line {number}")
            else:
                named[key] = Persisted(value, f"{path} line {number}")
    return {**_spread(host, globs, excepted | named.keys()), **named}


def _spread(host: Examined, globs: Mapping[str, Persisted], not_these: set[str]) -> dict[str, Persisted]:
    running = [fact.subject for fact in host.all("sysctl")] if globs else []
    return {
        key: said
        for pattern, said in globs.items()
        for key in running
        if key not in not_these and fnmatch.fnmatchcase(key, pattern)
    }


def _assignments(lines: list[str]) -> Iterator[tuple[int, str, str | None]]:
    """(line, key, value) of a file; value None for a key that is only excepted from globs."""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        key, equals, value = text.partition("=")
        key = key.strip()
        # "-" before the key: failing to set it is no failure.
        if key.startswith("-"):
            key = key[1:].strip()
            if not equals:
                yield number, dotted(key), None
                continue
        if equals:
            yield number, dotted(key), value.strip()


def dotted(key: str) -> str:
    """A key with dots, however it was written: whichever of `.` and `/` comes first is the separator."""
    slash, dot = key.find("/"), key.find(".")
    if slash == -1 or (dot != -1 and dot < slash):
        return key
    return key.translate(str.maketrans("/.", "./"))
