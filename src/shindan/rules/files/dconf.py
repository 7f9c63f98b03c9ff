"""Settings of dconf(7): profiles, and the key files and locks of system databases.

A profile names databases from the top down; the first that has a key decides, but where a database locks a key, nothing
above it counts. Of the key files of one database the last by name wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.files.texts import within

_PROFILES = ("/etc/dconf/profile", "/usr/share/dconf/profile")
_DATABASES = "/etc/dconf/db"
_GREETERS = ("/etc/gdm3/greeter.dconf-defaults", "/usr/share/gdm/greeter.dconf-defaults")
_TYPE = re.compile(r"(?:@\S+|boolean|byte|u?int(?:16|32|64)|handle|double|string|objectpath|signature)\s+(?=\S)")


class Value(NamedTuple):
    """A value as text, without its type and quotes, and the file that says it."""

    text: str
    path: str


class Database(NamedTuple):
    """A system database by its sources: key → value, and locked keys → file."""

    name: str
    values: Mapping[str, Value]
    locks: Mapping[str, str]


def profile(host: Examined, name: str) -> Sequence[Database]:
    """The system databases of a profile from the top down; none where there is no such profile.

    GDM's own defaults are the last of the profile `gdm`. Raises CannotTell where the files could not be read.
    """
    lines: list[str] = []
    for folder in _PROFILES:
        found = within(host, folder, f"{folder}/*").get(f"{folder}/{name}")
        if found is not None:
            lines = found
            break
    sources = [line.partition("#")[0].strip() for line in lines]
    databases = [_database(host, one[10:]) for one in sources if one.startswith("system-db:")]
    return [*databases, *_greeters(host)] if name == "gdm" else databases


def key_of(written: str) -> str:
    """A key as it is told: `/org/gnome/x/y` and `org/gnome/x/y` are one."""
    return written.strip().strip("/")


def plain(value: str) -> str:
    """A value of GVariant's text form without the type before it and the quotes around it."""
    text = _TYPE.sub("", value.strip(), count=1)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = re.sub(r"\\(['\"\\])", r"\1", text[1:-1])
    return text


def _database(host: Examined, name: str) -> Database:
    folder = f"{_DATABASES}/{name}.d"
    values: dict[str, Value] = {}
    for path, lines in within(host, folder, f"{_DATABASES}/*.d/*").items():
        values.update(_key_file(path, lines))
    locks: dict[str, str] = {}
    for path, lines in within(host, f"{folder}/locks", f"{_DATABASES}/*.d/locks/*").items():
        locks.update({key_of(line): path for line in lines if line.strip().startswith("/")})
    return Database(name, values, locks)


def _key_file(path: str, lines: Sequence[str]) -> dict[str, Value]:
    found = {}
    section = ""
    for line in lines:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = text[1:-1].strip()
        elif text and text[0] not in "#;" and "=" in text:
            key, _, value = text.partition("=")
            # The section "/" is the root.
            found[key_of(f"{section}/{key.strip()}")] = Value(plain(value), path)
    return found


def _greeters(host: Examined) -> list[Database]:
    found = []
    for path in _GREETERS:
        fact = host.inventory.one("text", path)
        if fact is not None and not fact.data.get("absent"):
            lines = [str(line) for line in fact.data.get("lines", ())]
            found.append(Database(path, _key_file(path, lines), {}))
    return found
