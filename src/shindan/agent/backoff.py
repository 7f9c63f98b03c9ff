"""How long to wait after a failure: exponential, with full jitter, so that a fleet does not come back as one.

Python 3.6 grammar.
"""

import os

LONGEST = 900.0
"""Seconds: nobody waits longer, whatever the server or the number of failures says."""

_FIRST = 2.0
_LEAST = 0.25


class Backoff:
    """Failures in a row, and what follows from them."""

    def __init__(self) -> None:
        self.failures = 0

    def failed(self, told: float = 0.0) -> float:
        """Seconds until the next try; at least `told`, which is the server's Retry-After."""
        ceiling = min(LONGEST, _FIRST * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return min(LONGEST, max(told, _LEAST) + spread(ceiling))

    def worked(self) -> None:
        """The next failure is the first again."""
        self.failures = 0


def spread(most: float) -> float:
    """A random number of seconds from 0 to `most`."""
    return most * int.from_bytes(os.urandom(4), "big") / 2.0**32
