"""How many requests a second an access key may make: a token bucket each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from shindan.api.errors import FrontError

_MOST_KEYS = 10_000


@dataclass(slots=True)
class Throttle:
    """`rate` requests a second on average and `burst` at once, for each key; a rate of 0 allows any number."""

    rate: float = 0
    burst: int = 1
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, now: float) -> None:
        """Takes one request of `key` at `now` (seconds). Raises FrontError (ThrottlingException) if none is left."""
        if self.rate <= 0:
            return
        with self._lock:
            left, at = self._buckets.pop(key, (float(self.burst), now))
            # A clock that was set back must not take anything away.
            left = min(float(self.burst), left + max(0.0, now - at) * self.rate)
            self._buckets[key] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > _MOST_KEYS:  # the one unused longest has long been full again
                self._buckets.popitem(last=False)
        if left < 1:
            raise FrontError("ThrottlingException", f"Rate exceeded: at most {self.rate:g} requests a second")
