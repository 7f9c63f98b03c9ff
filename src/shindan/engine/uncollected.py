"""Work that makes a great many objects which live until it ends: the collector of cycles would look at them in vain."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_was_on = True


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the collector of cycles from running, in the whole process, until nobody is inside any more.

    For work of seconds: what is let go of is freed as ever, but for cycles.
    """
    global _inside, _was_on
    with _lock:
        if _inside == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _was_on:
                gc.enable()
