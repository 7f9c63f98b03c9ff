"""That a host's feeds were looked after a moment ago: the next `scan` then need not even load the feeds' code.

A look counts for ten minutes, for the same packages and repositories, addresses of feeds and generations in force, and
only where there was nothing to tell: after a failure or an update everything is looked at again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from shindan.service.hosts import HostFacts

SECONDS = 600.0

_FILE = Path("feeds", "looked.json")
_CATALOGUE = Path("advisories", "current.json")


class Look:
    """One look: whether the last one still counts, and a note that this one may count for the next."""

    def __init__(self, host: HostFacts, data: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = data / _FILE
        self._catalogue = data / _CATALOGUE
        self._host = _digest(host)
        self._clock = clock

    def counts(self) -> bool:
        """Whether somebody looked for the very same, not long ago, and nothing has changed since."""
        try:
            said = json.loads(self._path.read_text("utf-8"))
            since = self._clock() - float(said["at"])
            return bool(self._of()) and said["of"] == self._of() and 0 <= since < SECONDS
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def note(self) -> None:
        """Keeps that somebody looked just now; where that cannot be written, the next one looks again."""
        beside = self._path.with_name(f".looked.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"of": self._of(), "at": self._clock()}), "utf-8")
            beside.replace(self._path)

    def _of(self) -> str:
        try:
            found = self._catalogue.stat()
        except OSError:
            return ""  # no generation is in force: that is no state to rest on
        return f"{self._host} {found.st_mtime_ns} {found.st_size}"


def _digest(host: HostFacts) -> str:
    found = hashlib.sha256()
    platform = host.inventory.platform
    found.update((platform.key if platform else "").encode())
    for name in sorted(name for name in os.environ if name.startswith("SHINDAN_FEED")):
        found.update(f"\0{name}={os.environ[name]}".encode())
    for fact in host.inventory.all("repository"):
        found.update(f"\0{fact.subject}{sorted(fact.data.items())}".encode())
    for subject in host.subjects:
        found.update(f"\0{subject.type} {subject.source} {subject.source_version}".encode())
    return found.hexdigest()[:32]
