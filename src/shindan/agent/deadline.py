"""A limit to what may take for ever, by the alarm signal. One process, one thread. Python 3.6 grammar."""

import signal
import types
from typing import Optional


class TimeUp(BaseException):
    """The time is over. No Exception: code that outlives every error must not outlive this."""


class Deadline:
    """`with Deadline(seconds):` raises TimeUp inside the block when the time is over, and again each second after.

    Only in the main thread, and not nested.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = max(0.001, seconds)
        self._armed = False

    def __enter__(self) -> "Deadline":
        self._armed = True
        signal.signal(signal.SIGALRM, self._over)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, 1.0)
        return self

    def __exit__(self, *_: object) -> None:
        self._armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _over(self, _number: int, _frame: Optional[types.FrameType]) -> None:
        if self._armed:
            raise TimeUp()
