"""The daemon's heart: a table of (what, when). One process, one thread. Python 3.6 grammar."""

import time
from typing import Callable, Dict, Optional

from shindan.agent.signals import Signals, Stopping

Duty = Callable[[], None]


class Loop:
    """Duties by name; each runs when it is due, and says itself when it is due again."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._duties: Dict[str, Duty] = {}
        self._due: Dict[str, float] = {}

    def add(self, name: str, duty: Duty) -> None:
        """A duty that is not due yet."""
        self._duties[name] = duty

    def at(self, name: str, seconds: float) -> None:
        """The duty is due in so many seconds, and not before."""
        self._due[name] = time.monotonic() + max(0.0, seconds)

    def never(self, name: str) -> None:
        """The duty is not due."""
        self._due.pop(name, None)

    def is_due(self, name: str) -> bool:
        """Whether it has a time at all."""
        return name in self._due

    def run(self, awake: Duty) -> None:
        """Until the process is told to end; `awake` is called after every wait, due or not."""
        while not self._signals.stopping:
            awake()
            name = self._next()
            if name is None:
                self._signals.wait(self._pause())
                continue
            del self._due[name]
            try:
                self._duties[name]()
            except Stopping:
                return

    def _next(self) -> Optional[str]:
        now = time.monotonic()
        ready = [name for name, due in self._due.items() if due <= now]
        return min(ready, key=lambda name: self._due[name]) if ready else None

    def _pause(self) -> float:
        if not self._due:
            return 60.0
        return min(60.0, min(self._due.values()) - time.monotonic())
