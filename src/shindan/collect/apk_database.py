"""apk's database of installed packages, and what its administrator asked for. Python 3.6 grammar.

Source: apk-tools, apk-package(5) and `src/database.c`: records of `letter:value` lines with an empty line after each;
what follows `F:` in a record speaks of files. `world` lists names with their conditions (apk-world(5)).
"""

import re
from typing import Dict, Iterable, Iterator, NamedTuple, Optional

from shindan.collect.root import Root, first_of
from shindan.collect.unavailable import Unavailable

_DATABASES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_WORLD = "/etc/apk/world"
_WANTED = frozenset(b"PVAotmLCs")
_MOST_FIELD = 4096
_CONDITION = re.compile(r"^([^!@=<>~][^@=<>~]*)([@=<>~].*)?$")


class Entry(NamedTuple):
    """One record: its fields by their letter, or what is wrong with it."""

    fields: Dict[str, str]
    damage: str = ""


def find(root: Root) -> Optional[str]:
    """The path of the database; None where the host has none."""
    return first_of(root, _DATABASES)


def entries(root: Root, path: str) -> Iterator[Entry]:
    """Every record, streamed; what cannot be read comes as an entry that says so."""
    try:
        for entry in records(root.lines(path, ends=True)):
            yield entry
    except (FileNotFoundError, Unavailable) as error:
        yield Entry({}, str(error))


def records(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The records of lines that keep their newlines; apk ends every record with an empty line."""
    fields: Dict[str, str] = {}
    whole = True
    for line in lines:
        whole = line == b"\n"
        if whole:
            if fields:
                yield _entry(fields)
            fields = {}
        elif line[1:2] == b":" and line[0] in _WANTED and line.endswith(b"\n"):
            fields.setdefault(chr(line[0]), line[2:_MOST_FIELD].decode("utf-8", "replace").strip())
    if not whole:
        yield Entry({}, "the file ends in the record of {}".format(fields.get("P") or "a package"))


def _entry(fields: Dict[str, str]) -> Entry:
    missing = [word for letter, word in (("P", "name"), ("V", "version")) if not fields.get(letter)]
    if missing:
        return Entry({}, "{} has no {}".format(fields.get("P") or "a package", " and no ".join(missing)))
    return Entry(fields)


def world(root: Root) -> Dict[str, str]:
    """Name to its condition (`=1.2-r0`, `@edge`; mostly "") of all that was asked for. Raises Unavailable."""
    try:
        text = " ".join(root.text(_WORLD))
    except FileNotFoundError:
        return {}
    matches = (_CONDITION.match(word) for word in text.split())
    return {match.group(1): match.group(2) or "" for match in matches if match is not None}
