"""What runs, listens and connects over a window of time. Python 3.6 grammar.

Processes and listeners are looked at now and again, and told when they are new or changed; connections are watched all
the time, and told at the end, counted together. Looking takes a twentieth of one processor at most.
"""

import hashlib
import select
import time
from typing import Callable, Collection, Dict, Iterator, List, Optional

from shindan.collect.base import Collector, collected
from shindan.collect.connections import Connections
from shindan.collect.listeners import Listeners
from shindan.collect.processes import Processes
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact
from shindan.facts.wire import dumps

_CONNECTION = "connection"
_NAP = 0.5
_SHARE = 20
"""A look is followed by so many times its own duration without one."""


def window(
    root: Root, kinds: Collection[str], interval: float, until: float, stop: Callable[[], bool]
) -> Iterator[Fact]:
    """Facts and gaps of the sampled `kinds`, from now to `until` (monotonic seconds), or until `stop()` says so.

    `interval` seconds lie between two looks at least.
    """
    if not root.live:
        yield Fact("gap", "sampling", {"reason": "what runs can be seen on the live host only", "kinds": list(kinds)})
        return
    told = _Told()
    looks: List[Collector] = [Processes(), Listeners()]
    connections = Connections() if _CONNECTION in kinds else None
    try:
        while True:
            begun = time.monotonic()
            for fact in collected(looks, root, [kind for kind in kinds if kind != _CONNECTION]):
                if told.is_news(fact):
                    yield fact
            for fact in _looked(connections):
                if told.is_news(fact):
                    yield fact
            took = time.monotonic() - begun
            _watch(connections, min(until, begun + max(interval, took * _SHARE)), stop)
            if stop() or time.monotonic() >= until:
                break
        if connections is not None:
            for fact in connections.facts():
                yield fact
    finally:
        if connections is not None:
            connections.close()


class _Told:
    """Digests of what was told, so that nothing is told twice without news in it."""

    def __init__(self) -> None:
        self._known: Dict[bytes, bytes] = {}

    def is_news(self, fact: Fact) -> bool:
        """Whether it is new, or other than it was when it was told."""
        subject = hashlib.sha256((fact.kind + "\0" + fact.subject).encode("utf-8", "replace")).digest()[:12]
        content = hashlib.sha256(dumps(fact).encode("utf-8")).digest()[:12]
        if self._known.get(subject) == content:
            return False
        self._known[subject] = content
        return True


def _looked(connections: Optional[Connections]) -> Iterator[Fact]:
    """Looks at the connections that are open; a gap where nobody can."""
    if connections is not None:
        try:
            connections.snapshot()
        except (Unavailable, OSError) as error:
            yield Fact("gap", "connections", {"reason": str(error), "kinds": [_CONNECTION]})


def _watch(connections: Optional[Connections], until: float, stop: Callable[[], bool]) -> None:
    """Takes what the kernel tells, as it tells it; in naps, for the wish to end does not end a wait."""
    while not stop():
        left = until - time.monotonic()
        if left <= 0:
            return
        told = connections.filenos() if connections is not None else []
        ready = select.select(told, [], [], min(left, _NAP))[0]
        if ready and connections is not None:
            connections.step()
