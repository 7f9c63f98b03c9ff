"""What the outside tells the process: end, read the configuration again, a child has ended. Python 3.6 grammar."""

import os
import select
import signal
import types
from typing import Optional


class Stopping(BaseException):
    """The agent is to end: what it waits for is not worth waiting."""


class Interruptible:
    """`with signals.interruptible:` the wish to end breaks off what is in the block, by Stopping."""

    def __init__(self) -> None:
        self.inside = False

    def __enter__(self) -> "Interruptible":
        self.inside = True
        return self

    def __exit__(self, *_: object) -> None:
        self.inside = False


class Signals:
    """Flags that signals set, and a pipe that wakes whoever waits."""

    def __init__(self) -> None:
        self.stopping = False
        self.reload = False
        self.interruptible = Interruptible()
        self._wakes, wake = os.pipe()
        for end in (self._wakes, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGHUP, self._again)
        signal.signal(signal.SIGCHLD, _nothing)

    def wait(self, seconds: float) -> None:
        """Until the time is over or any signal comes."""
        select.select([self._wakes], [], [], max(0.0, seconds))
        try:
            while os.read(self._wakes, 512):
                pass
        except BlockingIOError:
            pass

    def _end(self, _number: int, _frame: Optional[types.FrameType]) -> None:
        self.stopping = True
        if self.interruptible.inside:
            raise Stopping()

    def _again(self, _number: int, _frame: Optional[types.FrameType]) -> None:
        self.reload = True


def _nothing(_number: int, _frame: Optional[types.FrameType]) -> None:
    """Only the pipe is to be woken."""
