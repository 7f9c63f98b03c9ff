"""systemd's unit files and the links between them, indexed in one pass over its folders. Python 3.6 grammar.

Source: systemd.unit(5), "Unit File Load Path" and "[Install] Section Options".
"""

import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

CONFIGURED = "/etc/systemd/system"
FOLDERS: Tuple[str, ...] = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
    "/run/systemd/generator.early", CONFIGURED, "/etc/systemd/system.attached", "/run/systemd/system",
    "/run/systemd/system.attached", "/run/systemd/generator", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
)  # fmt: skip
"""In the order in which they are searched."""

SUFFIXES = (".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount", ".swap", ".slice")
_WANTING = (".wants", ".requires", ".upholds")
MOST = 20000
_LARGEST = 256 * 1024
_INSTALL = ("Alias", "WantedBy", "RequiredBy", "UpheldBy", "Also", "DefaultInstance")
_STARTED = {"Socket": "Service", "Timer": "Unit", "Path": "Unit"}


class Entry(NamedTuple):
    """One name in a folder: `target` is where it leads if it is a link (made absolute), else None."""

    target: Optional[str]


class Said(NamedTuple):
    """What a unit's file and its drop-ins say: values of [Install], and what it starts by name ("" for its own)."""

    install: Dict[str, List[str]]
    starts: str
    empty: bool


class UnitFiles:
    """The index: names of each folder, and links of each folder's `.wants` and `.requires`."""

    def __init__(self, root: Root) -> None:
        self.folders: Dict[str, Dict[str, Entry]] = {}
        self.wanted: Dict[str, Set[str]] = {}
        self._dropped: Dict[str, List[str]] = {}
        self._root = root
        self._said: Dict[str, Said] = {}
        self._left = MOST
        merged = root.link("/lib") is not None
        for folder in FOLDERS:
            if folder != "/lib/systemd/system" or not merged:
                self._index(folder)

    def names(self) -> List[str]:
        """Every unit that has a file or a link, and every instance that something wants; sorted."""
        found = {name for entries in self.folders.values() for name in entries if name.endswith(SUFFIXES)}
        for wanted in self.wanted.values():
            found.update(name for name in wanted if "@" in name and template(name) in found)
        return sorted(found)

    def said(self, path: str, name: str) -> Said:
        """What a unit's file says, its drop-ins included. Raises Unavailable or FileNotFoundError."""
        if path not in self._said:
            parts = [self._parsed(path)]
            parts += [self._parsed(dropped) for dropped in self._dropped.get(name, ())]
            self._said[path] = _united(parts)
        return self._said[path]

    def _index(self, folder: str) -> None:
        entries: Dict[str, Entry] = {}
        wanted: Set[str] = set()
        for one in sorted(self._root.scan(folder), key=lambda entry: entry.name):
            self._left -= 1
            if self._left < 0:
                raise Unavailable("more than {:,} units".format(MOST))
            path = "{}/{}".format(folder, one.name)
            if one.is_symlink():
                entries[one.name] = Entry(self._target(folder, one.name))
            elif one.is_file(follow_symlinks=False):
                entries[one.name] = Entry(None)
            elif one.name.endswith(_WANTING):
                wanted.update(entry.name for entry in self._root.scan(path) if entry.is_symlink())
            elif one.name.endswith(".d") and one.name[:-2].endswith(SUFFIXES):
                found = [path + "/" + name for name in self._root.names(path) if name.endswith(".conf")]
                self._dropped.setdefault(one.name[:-2], []).extend(found)
        if entries or wanted:
            self.folders[folder], self.wanted[folder] = entries, wanted

    def _target(self, folder: str, name: str) -> str:
        target = self._root.link("{}/{}".format(folder, name)) or ""
        return os.path.normpath(os.path.join(folder, target))

    def _parsed(self, path: str) -> Said:
        content = self._root.head(path, _LARGEST)
        return parsed(content.decode("utf-8", "replace").split("\n"))


def parsed(lines: List[str]) -> Said:
    """What matters here of a unit's file (systemd.syntax(7))."""
    install: Dict[str, List[str]] = {}
    starts = section = ""
    for line in _logical(lines):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, equals, value = (piece.strip() for piece in line.partition("="))
        if equals and section == "Install" and key in _INSTALL:
            # An empty assignment throws away what stood before it; DefaultInstance= holds one name.
            kept = [] if not value or key == "DefaultInstance" else install.get(key, [])
            install[key] = kept + value.split()
        elif equals and _STARTED.get(section) == key:
            starts = value
    return Said(install, starts, not any(line.strip() for line in lines))


def _logical(lines: List[str]) -> Iterator[str]:
    held = ""
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text.endswith("\\"):
            held += text[:-1] + " "
            continue
        yield (held + text).strip()
        held = ""
    if held:
        yield held.strip()


def _united(parts: List[Said]) -> Said:
    install: Dict[str, List[str]] = {}
    for part in parts:
        for key, values in part.install.items():
            install.setdefault(key, []).extend(values)
    return Said(install, next((part.starts for part in reversed(parts) if part.starts), ""), parts[0].empty)


def template(name: str) -> str:
    """`getty@.service` of `getty@tty1.service`; "" for what is no instance."""
    match = re.match(r"^([^@]+@).+(\.[a-z]+)$", name)
    return match.group(1) + match.group(2) if match is not None else ""
