"""The children that collect, as the daemon sees them. Python 3.6 grammar."""

import time
from typing import Dict, Iterator, List, NamedTuple, Optional

from shindan.agent import child as children
from shindan.agent import errand as errands
from shindan.agent.child import Child, Ended
from shindan.agent.errand import Errand, Result

_INVENTORY_SECONDS = 1800.0
_GRACE_SECONDS = 120.0


class Done(NamedTuple):
    """A child that ended: what it was sent for, what it has done, how it ended; `asked` to end before its time."""

    errand: Errand
    result: Result
    how: Ended
    asked: bool


class _Job(NamedTuple):
    errand: Errand
    child: Child
    limit: float


class Jobs:
    """At most one child for each of `inventory` and `sampled`."""

    def __init__(self, command: Optional[List[str]] = None) -> None:
        self._command = command
        self._jobs: Dict[str, _Job] = {}
        self._asked: Dict[str, bool] = {}

    def running(self, what: str = "") -> Optional[Errand]:
        """The errand that is under way: of this sort, or any."""
        found = [job.errand for name, job in self._jobs.items() if what in ("", name)]
        return found[0] if found else None

    def start(self, errand: Errand) -> None:
        """Sends a child. Raises OSError, ValueError."""
        child = children.spawn(["collect", "--to-spool"], errands.written(errand), self._command)
        window = errand.seconds + _GRACE_SECONDS if errand.what == "sampled" else _INVENTORY_SECONDS
        self._jobs[errand.what] = _Job(errand, child, window)
        self._asked[errand.what] = False

    def reap(self) -> Iterator[Done]:
        """The children that have ended since; one that takes far too long is ended."""
        for what, job in list(self._jobs.items()):
            how = children.ended(job.child)
            if how is None:
                if time.monotonic() - job.child.begun > job.limit:
                    children.kill(job.child)
                continue
            del self._jobs[what]
            yield Done(job.errand, errands.result(children.output(job.child)), how, self._asked[what])

    def ask(self, what: str) -> None:
        """Asks the child to end what it does, keeping what it has."""
        if what in self._jobs and not self._asked[what]:
            self._asked[what] = True
            children.tell(self._jobs[what].child)

    def kill(self) -> None:
        """Ends every child; what they have not finished is lost."""
        for job in self._jobs.values():
            children.kill(job.child)
