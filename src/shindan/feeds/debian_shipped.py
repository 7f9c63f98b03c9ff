"""Which version of each source package a Debian release ships, by the indices of its suites."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from shindan.feeds.deb_indices import sources
from shindan.feeds.debian_releases import Kind, suite_of
from shindan.model.errors import FeedError
from shindan.model.progress import Progress, silent
from shindan.versions import compare

_INDEX = re.compile(r"(?:^|_)(?:Sources|Packages)(?:\.(?:xz|gz|bz2|zst))?$")
_COMPLETE: frozenset[Kind] = frozenset({"base", "security"})


class Shipped:
    """Codename → source → the newest version in any suite that was read."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[str, str]] = {}
        self._kinds: dict[str, set[Kind]] = {}
        self.unplaced: list[str] = []

    @property
    def codenames(self) -> tuple[str, ...]:
        """Releases of which any index was read."""
        return tuple(sorted(self._versions))

    def version(self, codename: str, source: str) -> str:
        """The newest version of a source in a release; "" where no index that was read has it."""
        return self._versions.get(codename, {}).get(source, "")

    def is_complete(self, codename: str) -> bool:
        """Whether base and security suite were both read: only then does a missing version mean anything."""
        return self._kinds.get(codename, set()) >= _COMPLETE

    def add(self, path: Path, named: str) -> None:
        """Reads one index, whose suite `named` tells. Raises FeedError for a torn one."""
        suite = suite_of(named)
        if suite is None:
            self.unplaced.append(path.name)
            return
        held = self._versions.setdefault(suite.codename, {})
        self._kinds.setdefault(suite.codename, set()).add(suite.kind)
        for entry in sources(path):
            known = held.get(entry.package)
            if known is None:
                held[sys.intern(entry.package)] = sys.intern(entry.version)
            elif known != entry.version and compare("deb", entry.version, known) == 1:
                held[entry.package] = sys.intern(entry.version)


def shipped(folder: Path, progress: Progress = silent) -> Shipped:
    """Reads every `Sources` and `Packages` index below a folder (or the one that a path is).

    The release is told by the path: a mirror's layout, apt's own `lists`, or any that names the suite. Raises
    FeedError where there is none, or one is torn.
    """
    found = Shipped()
    indices = list(_indices(folder))
    for number, (path, named) in enumerate(indices):
        progress("debian: indices", number, len(indices))
        found.add(path, named)
    if not found.codenames:
        raise FeedError(
            f"{folder} holds no index of a Debian release",
            remedy="give a folder with files such as dists/bookworm/main/source/Sources.xz",
        )
    return found


def _indices(folder: Path) -> Iterable[tuple[Path, str]]:
    """(index, the part of its path that tells the suite)."""
    if not folder.is_dir():
        return [(folder, folder.name)]
    return _below(folder)


def _below(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if _INDEX.search(path.name) and path.is_file() and not path.name.startswith("."):
            yield path, f"{folder.resolve().name}/{path.relative_to(folder)}"
