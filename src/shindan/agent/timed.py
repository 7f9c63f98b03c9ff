"""Collectors, one after the other, each with a limit to its time. Python 3.6 grammar."""

import time
from typing import Collection, Iterator, List

from shindan.agent.deadline import Deadline, TimeUp
from shindan.agent.pressure import Pause
from shindan.collect.base import Collector, collected
from shindan.collect.root import Root
from shindan.facts.fact import Fact


def timed(
    collectors: List[Collector], root: Root, kinds: Collection[str], seconds: float, pause: Pause
) -> Iterator[Fact]:
    """The facts of the wanted kinds; a collector that takes longer than `seconds` ends in a gap.

    Before each, the host is given time to breathe where it is pressed.
    """
    for collector in collectors:
        if set(collector.kinds) & set(kinds):
            pause.wait(60.0)
            for fact in _limited(collector, root, kinds, seconds):
                yield fact


def _limited(collector: Collector, root: Root, kinds: Collection[str], seconds: float) -> Iterator[Fact]:
    """The clock runs only while the collector does: a slow disk under the spool is not its fault."""
    facts = collected([collector], root, kinds)
    left = seconds
    while True:
        begun = time.monotonic()
        try:
            with Deadline(left):
                fact = next(facts, None)
        except TimeUp:
            yield collector.gap("took longer than {:g} seconds and was ended".format(seconds))
            return
        if fact is None:
            return
        left -= time.monotonic() - begun
        yield fact
