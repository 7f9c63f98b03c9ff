"""What the agent must not forget: its sequence, what the server has, and how far it is in a run. Python 3.6 grammar."""

import os
import time
from typing import Any, Callable, Dict, List

from shindan.agent import files

_NAME = "state.json"
_RESERVE = 600 * 1000
"""Sequence numbers that are written down ahead: as they follow the clock in ms, one write in ten minutes."""

_NOTES = 20


class State:
    """Values of `state.json`. Where it cannot be written (a full disk), `trouble` says so and the agent goes on."""

    def __init__(self, folder: str, wall: Callable[[], float] = time.time) -> None:
        """Reads the file; a torn one is set aside and told. Raises OSError where the folder cannot be read."""
        self._path = os.path.join(folder, _NAME)
        self._wall = wall
        self.trouble = ""
        self._values: Dict[str, Any] = {}
        try:
            self._values = files.load(self._path) or {}
        except files.Torn as error:
            os.replace(self._path, self._path + ".torn")
            self.note("the agent's state was lost: {}".format(error))
        self._last = self._reserved = _natural(self._values.get("sequence"))

    # sequence

    def next_sequence(self) -> int:
        """A number above every one before, also before the last power loss."""
        self._last = max(self._last + 1, int(self._wall() * 1000))
        if self._last >= self._reserved:
            self._reserved = self._last + _RESERVE
            self._set("sequence", self._reserved)
        return self._last

    def seen(self, number: int) -> None:
        """The server has seen this number: the next lies above."""
        self._last = max(self._last, number)

    # what the server holds

    @property
    def inventory(self) -> Dict[str, Any]:
        """`digest`, `kinds` and `taken` (ms) of the inventory that was acknowledged last; empty before any."""
        found = self._values.get("inventory")
        return found if isinstance(found, dict) and isinstance(found.get("digest"), str) else {}

    def holds(self, digest: str, kinds: List[str], taken: int) -> None:
        """The server has acknowledged this inventory."""
        self._set("inventory", {"digest": digest, "kinds": sorted(kinds), "taken": taken})

    def holds_nothing(self) -> None:
        """The server says that it does not have what it acknowledged."""
        self._set("inventory", {})

    # how far a run is

    def progress(self, run: str, part: str) -> str:
        """`""`, `begun` or `done`: how far the part (`inventory`, `sampled`) of a run is."""
        kept = self._values.get("run")
        return str(kept.get(part, "")) if isinstance(kept, dict) and kept.get("id") == run else ""

    def reached(self, run: str, part: str, how_far: str) -> None:
        """Notes it; another run's progress is forgotten."""
        kept = self._values.get("run")
        values = dict(kept) if isinstance(kept, dict) and kept.get("id") == run else {"id": run}
        values[part] = how_far
        self._set("run", values)

    def reopen(self) -> None:
        """What was collected for the run is gone: its inventory is to be taken again."""
        kept = self._values.get("run")
        if isinstance(kept, dict) and kept.get("inventory"):
            self._set("run", dict(kept, inventory=""))

    # what is to be told

    @property
    def notes(self) -> List[str]:
        """What was lost since the last batch; each becomes a gap in the next."""
        found = self._values.get("notes")
        return [note for note in found if isinstance(note, str)] if isinstance(found, list) else []

    def note(self, what: str) -> None:
        """Adds a note; the oldest of many are forgotten."""
        self._set("notes", (self.notes + [what])[-_NOTES:])

    def told(self, count: int) -> None:
        """The first notes are in a batch now."""
        if count:
            self._set("notes", self.notes[count:])

    # updates

    @property
    def refused(self) -> Dict[str, Any]:
        """`version`, `reason`, `until` (ms; 0: for good) of the release that was refused last."""
        found = self._values.get("refused")
        return found if isinstance(found, dict) else {}

    def refuse(self, version: str, reason: str, until: int = 0) -> None:
        """Remembers a release that is not to be tried again, or not before `until`."""
        self._set("refused", {"version": version, "reason": reason, "until": until})

    def refuse_nothing(self) -> None:
        """The release is in force."""
        if self.refused:
            self._set("refused", {})

    def recover(self) -> None:
        """Writes again what could not be written."""
        if self.trouble:
            self._keep()

    def _set(self, name: str, value: object) -> None:
        self._values[name] = value
        self._keep()

    def _keep(self) -> None:
        try:
            files.save(self._path, self._values)
            self.trouble = ""
        except OSError as error:
            self.trouble = "{} cannot be written: {}".format(self._path, error.strerror or error)


def _natural(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else 0
