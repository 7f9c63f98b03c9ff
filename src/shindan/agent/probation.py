"""The time in which a new agent must prove itself; one that fails gives way to the one before. Python 3.6 grammar.

`update.json` in the state folder lasts from the moment before the new file is in place until its first successful
poll. Each start counts: after three that came to nothing, or after the trial time without a poll, `previous.pyz` is put
back and started. This runs first at each start, before anything that could fail.
"""

import os
import time
from typing import Any, Dict, Optional

from shindan.agent import files, release
from shindan.agent.logs import log
from shindan.agent.state import State
from shindan.agent.version import VERSION

PREVIOUS = "previous.pyz"
_NAME = "update.json"
_CRASHES = 3
_DAY_MS = 24 * 3600 * 1000


def begin(folder: str, old: str, new: str) -> None:
    """The next start is the new one's first. Raises OSError."""
    files.save(os.path.join(folder, _NAME), {"from": old, "to": new, "starts": 0})


class Probation:
    """Of the agent that runs, if it is new."""

    def __init__(self, folder: str, home: str) -> None:
        self._path = os.path.join(folder, _NAME)
        self._home = home
        self._values: Dict[str, Any] = _read(self._path)
        if self._values and self._values.get("to") != VERSION:
            # The file was never put in place, or someone has installed another since.
            self._end()

    @property
    def is_on(self) -> bool:
        """Whether this agent has to prove itself."""
        return bool(self._values)

    def started(self) -> Optional[str]:
        """Counts this start; why it was one too many, or None."""
        if not self.is_on:
            return None
        starts = self._values.get("starts", 0)
        self._values["starts"] = starts + 1 if isinstance(starts, int) else 1
        try:
            files.save(self._path, self._values)
        except OSError as error:
            log("probation not kept", reason=error)
        return "it crashed {} times".format(_CRASHES) if self._values["starts"] > _CRASHES else None

    def healthy(self) -> None:
        """It has polled: it stays."""
        if self.is_on:
            log("update proven", version=VERSION, before=self._values.get("from"))
            self._end()

    def roll_back(self, state: State, reason: str, for_good: bool) -> bool:
        """Puts the agent before back in place; whether that could be done. Not for good: for a day."""
        until = 0 if for_good else int(time.time() * 1000) + _DAY_MS
        state.refuse(VERSION, reason, until)
        try:
            with open(os.path.join(self._home, PREVIOUS), "rb") as stream:
                files.replace(os.path.join(self._home, release.FILE), stream.read(release.MAX_FILE), 0o755)
        except OSError as error:
            log("roll-back failed", reason=error)
            self._end()
            return False
        log("rolled back", version=VERSION, to=self._values.get("from"), reason=reason)
        self._end()
        return True

    def _end(self) -> None:
        self._values = {}
        try:
            files.remove(self._path)
        except OSError as error:
            log("probation not ended", reason=error)


def _read(path: str) -> Dict[str, Any]:
    try:
        return files.load(path) or {}
    except (files.Torn, OSError) as error:
        log("update.json unreadable", reason=error)
        return {}
