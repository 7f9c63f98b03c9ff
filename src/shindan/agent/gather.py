"""In a child: collects the wanted kinds straight into the spool. Python 3.6 grammar."""

import os
import signal
import sys
import time
import types
from typing import Iterator, List, Optional, Tuple

from shindan.agent import errand as errands
from shindan.agent.batch import INVENTORY, SAMPLED
from shindan.agent.child import ready
from shindan.agent.errand import ALL, Errand, Result
from shindan.agent.pressure import Limits, Pause
from shindan.agent.privacy import clean
from shindan.agent.spool import Spool
from shindan.agent.timed import timed
from shindan.agent.version import VERSION
from shindan.agent.writer import Writer
from shindan.collect.collectors import COLLECTORS, known_kinds
from shindan.collect.root import Root
from shindan.collect.sampling import window
from shindan.collect.scap_wanted import Wanted
from shindan.facts.configured import DEAR
from shindan.facts.fact import Fact
from shindan.facts.sampled import SAMPLED as SAMPLED_KINDS
from shindan.facts.wire import dumps

PART_SECONDS = 60.0
"""A window's lines become a batch at least so often: no more than this is lost by a power cut."""

PART_BYTES = 256 * 1024
PART_LINES = 20000


class _Stopped(BaseException):
    """The agent ends."""


def main() -> int:
    """Reads an errand from the input, does it, prints the result; the exit code."""
    wanted = errands.errand(sys.stdin.buffer.read())
    try:
        stop = _Stop(at_once=wanted.what == INVENTORY)
        done = inventory(wanted) if wanted.what == INVENTORY else sampled(wanted, stop)
        code = 0
    except _Stopped:
        done, code = Result(), errands.STOPPED
    except OSError as error:
        done, code = Result(trouble="{}: {}".format(wanted.spool, error.strerror or error)), errands.TROUBLE
    os.write(1, errands.written(done))
    return code


class _Stop:
    """Whether the window is to end: the agent asked, or is gone. Within an inventory it ends at once."""

    def __init__(self, at_once: bool) -> None:
        self._parent = os.getppid()
        self._asked = False
        self._at_once = at_once
        signal.signal(signal.SIGTERM, self._term)
        ready()

    def __call__(self) -> bool:
        return self._asked or os.getppid() != self._parent

    def _term(self, _number: int, _frame: Optional[types.FrameType]) -> None:
        self._asked = True
        if self._at_once:
            raise _Stopped()


def split(kinds: List[str]) -> Tuple[List[str], List[str]]:
    """The kinds that some collector yields, and those that nobody knows. A sampled kind by name: as it is now."""
    known = known_kinds()
    if kinds == [ALL]:
        return [kind for kind in known if kind not in SAMPLED_KINDS and kind not in DEAR], []
    wanted = sorted(set(kinds))
    return [kind for kind in wanted if kind in known], [kind for kind in wanted if kind not in known]


def inventory_facts(wanted: Errand, pause: Pause) -> Iterator[Fact]:
    """What an inventory holds: the facts, gaps for kinds that nobody knows, and what was lost before."""
    kinds, unknown = split(wanted.kinds)
    for fact in _told(wanted.notes):
        yield fact
    if unknown:
        reason = "this agent ({}) knows no kind {}".format(VERSION, ", ".join(unknown))
        yield Fact("gap", "agent", {"reason": reason, "kinds": unknown})
    root = Root(wanted.root, tuple(wanted.paths), scap=Wanted(*wanted.scap) if wanted.scap else None)
    for fact in timed(COLLECTORS, root, kinds, wanted.seconds, pause):
        yield clean(fact, wanted.arguments)


def inventory(wanted: Errand) -> Result:
    """One batch, whole or cut at the limits with a gap that says so. Raises OSError."""
    kinds = split(wanted.kinds)[0]
    writer = Writer(Spool(wanted.spool), wanted.run, INVENTORY, kinds)
    pause = Pause(Limits(wanted.memory, wanted.cpu))
    complete = True
    try:
        for fact in inventory_facts(wanted, pause):
            if writer.count >= wanted.lines - 1 or writer.size >= wanted.bytes:
                writer.line(dumps(_cut(wanted)))
                complete = False
                break
            writer.line(dumps(fact))
        same = complete and writer.digest == wanted.digest and sorted(kinds) == sorted(wanted.known)
        done = writer.close(complete, last=True, same=same)
    except BaseException:
        writer.abort()
        raise
    return Result(1, done.lines, float(pause.waited))


def sampled(wanted: Errand, stop: _Stop) -> Result:
    """A batch a minute, the last one marked. Raises OSError."""
    spool, part = Spool(wanted.spool), 0
    lines = 0
    until = time.monotonic() + wanted.seconds
    kinds = sorted(kind for kind in set(wanted.kinds) if kind in SAMPLED_KINDS)
    writer = Writer(spool, wanted.run, SAMPLED, kinds, part)
    begun, complete = time.monotonic(), not wanted.notes
    try:
        for fact in _window_facts(wanted, kinds, until, stop):
            complete = complete and fact.kind != "gap"
            writer.line(dumps(clean(fact, wanted.arguments)))
            if _is_full(writer, begun):
                writer.close(complete, last=False)
                lines, part = lines + writer.count, part + 1
                writer = Writer(spool, wanted.run, SAMPLED, kinds, part)
                begun, complete = time.monotonic(), True
        early = until - time.monotonic() > 1.0
        if early:
            writer.line(dumps(_early(kinds, until)))
        writer.close(complete and not early, last=not early)
    except BaseException:
        writer.abort()
        raise
    return Result(part + 1, lines + writer.count)


def _window_facts(wanted: Errand, kinds: List[str], until: float, stop: _Stop) -> Iterator[Fact]:
    for fact in _told(wanted.notes):
        yield fact
    unknown = sorted(kind for kind in set(wanted.kinds) if kind not in SAMPLED_KINDS)
    if unknown:
        reason = "this agent ({}) samples no kind {}".format(VERSION, ", ".join(unknown))
        yield Fact("gap", "agent", {"reason": reason, "kinds": unknown})
    for fact in window(Root(wanted.root), kinds, wanted.interval, until, stop):
        yield fact


def _is_full(writer: Writer, begun: float) -> bool:
    return writer.count >= PART_LINES or writer.size >= PART_BYTES or time.monotonic() - begun >= PART_SECONDS


def _told(notes: List[str]) -> Iterator[Fact]:
    for note in notes:
        yield Fact("gap", "agent", {"reason": note})


def _cut(wanted: Errand) -> Fact:
    reason = "the inventory was cut at the server's limits, {} lines or {} bytes".format(wanted.lines, wanted.bytes)
    return Fact("gap", "agent", {"reason": reason, "kinds": wanted.kinds})


def _early(kinds: List[str], until: float) -> Fact:
    reason = "the window was ended {:.0f} seconds early".format(until - time.monotonic())
    return Fact("gap", "agent", {"reason": reason, "kinds": kinds})
