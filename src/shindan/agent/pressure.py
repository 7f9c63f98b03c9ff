"""Whether the host is short of memory or processors: pressure stall information. Python 3.6 grammar.

Source: the kernel's Documentation/accounting/psi.rst. A kernel without it (before 4.20, or `psi=0`) is never pressed.
"""

import re
import time
from typing import Callable, NamedTuple

FOLDER = "/proc/pressure"
_AVERAGE = re.compile(rb"^some avg10=([0-9.]+)")


class Limits(NamedTuple):
    """Percent of the last 10 s in which some task waited; 0 switches a limit off."""

    memory: float
    cpu: float


def pressed(limits: Limits, folder: str = FOLDER) -> str:
    """What the host is short of, in words; empty where of nothing."""
    for name, limit in (("memory", limits.memory), ("cpu", limits.cpu)):
        share = _average("{}/{}".format(folder, name))
        if limit and share > limit:
            return "{} pressure {:g} % is above {:g} %".format(name, share, limit)
    return ""


class Pause:
    """Waits while the host is pressed, but not for ever: a host that is always busy is to be assessed, too."""

    def __init__(
        self,
        limits: Limits,
        most: float = 300.0,
        folder: str = FOLDER,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._left = most
        self.waited = 0.0
        self._folder = folder
        self._sleep = sleep

    def wait(self, most: float = 300.0) -> float:
        """Seconds that were waited; at most `most`, and at most what is left of all."""
        waited = 0.0
        while self._left > 0 and waited < most and pressed(self._limits, self._folder):
            self._sleep(1.0)
            waited += 1.0
            self._left -= 1.0
            self.waited += 1.0
        return waited


def _average(path: str) -> float:
    try:
        with open(path, "rb") as stream:
            match = _AVERAGE.match(stream.read(200))
            return float(match.group(1)) if match else 0.0
    except (OSError, ValueError):
        return 0.0
