"""A window of time: what runs, listens and connects meanwhile, as one stream of facts. Python 3.6 grammar.

Connections come once a minute, each time those of that minute; processes and listeners when they are first seen, and
once more at the end with the moment at which they were last seen.
"""

import json
import select
import time
from typing import Callable, Collection, Dict, Iterator, List, Optional, Tuple

from shindan.collect.base import Collector, collected
from shindan.collect.connections import Connections
from shindan.collect.listeners import Listeners
from shindan.collect.processes import Processes
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact
from shindan.facts.sampled import SAMPLED

SLICE = 60.0
"""Seconds after which connections are told, and forgotten."""

_LEAST = {"process": 60.0, "listener": 30.0}
# The kernel tells of each closed socket by itself: a moment's wait makes many wake-ups one.
_PAUSE = 0.05
_LONGEST_SLEEP = 0.5
_VOLATILE = ("pid", "count", "sockets")


class Seen:
    """Facts of one collector over the window: each is told when it is new."""

    def __init__(self, collector: Collector, every: float) -> None:
        self.due = 0.0
        self._collector, self._every = collector, every
        self._known: Dict[str, Tuple[Fact, int, int]] = {}

    def look(self, root: Root, now: int) -> Iterator[Fact]:
        """Looks, and tells what was not there before."""
        self.due = time.monotonic() + self._every
        for fact in collected([self._collector], root):
            lasting = {name: value for name, value in fact.data.items() if name not in _VOLATILE}
            key = json.dumps([fact.kind, fact.subject, lasting], sort_keys=True)
            known = self._known.get(key)
            self._known[key] = (fact, now, now) if known is None else (known[0], known[1], now)
            if known is None:
                yield fact if fact.kind == "gap" else _between(fact, now, now)

    def last(self) -> Iterator[Fact]:
        """What was seen more than once, with the moments of its first and last time."""
        for fact, first, last in self._known.values():
            if fact.kind != "gap" and last > first:
                yield _between(fact, first, last)


def window(
    root: Root, kinds: Collection[str], interval: float, until: float, stop: Callable[[], bool]
) -> Iterator[Fact]:
    """The facts of the sampled kinds as they come, until `until` (of `time.monotonic()`), or until `stop()` is true.

    It sleeps within, for at most half a second at a time; every `interval` seconds it looks at what is open. Below a
    root nothing runs. What was lost or cannot be seen comes as gaps.
    """
    if not root.live:
        reason = "what runs can be seen on the live host only"
        yield Fact("gap", "sampling", {"reason": reason, "kinds": [kind for kind in kinds if kind in SAMPLED]})
        return
    looks = [
        Seen(collector, max(interval, _LEAST[collector.kinds[0]]))
        for collector in (Processes(), Listeners())
        if set(collector.kinds) & set(kinds) & SAMPLED
    ]
    connections = Connections() if "connection" in kinds else None
    try:
        for fact in _window(root, looks, connections, interval, until, stop):
            yield fact
    finally:
        if connections is not None:
            connections.close()


def _window(
    root: Root,
    looks: List[Seen],
    connections: Optional[Connections],
    interval: float,
    until: float,
    stop: Callable[[], bool],
) -> Iterator[Fact]:
    if connections is not None:
        try:
            connections.open()
        except Unavailable as error:
            yield Fact("gap", "connections", {"reason": str(error), "kinds": ["connection"]})
            connections = None
    snapshot, told = time.monotonic() + interval, time.monotonic() + SLICE
    while True:
        for look in looks:
            if time.monotonic() >= look.due:
                for fact in look.look(root, int(time.time())):
                    yield fact
        now = time.monotonic()
        if now >= until or stop():
            break
        if connections is not None:
            if now >= snapshot:
                _look(connections)
                snapshot = now + interval
            if now >= told:
                for fact in connections.taken():
                    yield fact
                told = now + SLICE
        _wait(connections, min([until, snapshot, now + _LONGEST_SLEEP] + [look.due for look in looks]) - now)
    for look in looks:
        for fact in look.last():
            yield fact
    if connections is not None:
        _look(connections)
        for fact in connections.facts():
            yield fact


def _look(connections: Connections) -> None:
    try:
        connections.snapshot()
    except Unavailable as error:
        connections.note(str(error))


def _wait(connections: Optional[Connections], seconds: float) -> None:
    if connections is None:
        time.sleep(max(0.0, seconds))
        return
    if select.select(connections.filenos(), [], [], max(0.0, seconds))[0]:
        connections.step()
        time.sleep(_PAUSE)


def _between(fact: Fact, first: int, last: int) -> Fact:
    return fact._replace(data=dict(fact.data, first_seen=first, last_seen=last))
