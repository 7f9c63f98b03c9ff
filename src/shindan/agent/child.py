"""Short-lived processes of the agent's own program: they collect, and take their memory with them when they end.

Python 3.6 grammar. Only the program itself is started, never another; the tools that collectors run are theirs.
"""

import os
import select
import signal
import sys
import time
from typing import List, NamedTuple, NoReturn, Optional

_MOST_REQUEST = 60 * 1024
_BLOCK = 64 * 1024


class Child(NamedTuple):
    """A running process: its id, the end of the pipe that it prints into, and when it began (monotonic seconds)."""

    pid: int
    out: int
    begun: float


class Ended(NamedTuple):
    """How a process ended: its exit code, or minus the signal that ended it."""

    code: int

    @property
    def said(self) -> str:
        """In words."""
        return "signal {}".format(-self.code) if self.code < 0 else "status {}".format(self.code)


def program() -> List[str]:
    """The command that started this very process, without its arguments."""
    return [sys.executable, "-I", "-S", os.path.abspath(sys.argv[0])]


def spawn(arguments: List[str], request: bytes = b"", command: Optional[List[str]] = None) -> Child:
    """Starts the program with these arguments; `request` is its whole input. Raises OSError, ValueError."""
    if len(request) > _MOST_REQUEST:
        raise ValueError("a request to a child is at most {} bytes".format(_MOST_REQUEST))
    argv = (command or program()) + arguments
    inner, feed = os.pipe()
    out, outer = os.pipe()
    # Held back until the child can take it (`ready`): else a wish to end that comes early would cost what it has.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    pid = os.fork()
    if pid == 0:
        _become(argv, inner, outer)
    ready()
    os.close(inner)
    os.close(outer)
    try:
        # A pipe holds 64 kB: nobody need read yet.
        os.write(feed, request)
    except BrokenPipeError:
        pass
    finally:
        os.close(feed)
    return Child(pid, out, time.monotonic())


def ready() -> None:
    """The process takes the wish to end from now on."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def _become(argv: List[str], inner: int, outer: int) -> NoReturn:
    try:
        os.dup2(inner, 0)
        os.dup2(outer, 1)
        os.execv(argv[0], argv)
    finally:
        os._exit(127)


def ended(child: Child) -> Optional[Ended]:
    """How it ended; None while it runs. Its output is still to be read."""
    pid, status = os.waitpid(child.pid, os.WNOHANG)
    return None if pid == 0 else _ended(status)


def output(child: Child, most: int = 1024 * 1024) -> bytes:
    """What it printed, up to `most` bytes, read until it closes the pipe; the pipe is closed here."""
    parts, size = [], 0
    while size < most:
        block = os.read(child.out, _BLOCK)
        if not block:
            break
        parts.append(block)
        size += len(block)
    os.close(child.out)
    return b"".join(parts)[:most]


def finished(child: Child, seconds: float) -> bytes:
    """What it prints within the time, after which it is ended. Raises OSError where it fails or takes too long."""
    deadline = child.begun + seconds
    parts = []
    try:
        while select.select([child.out], [], [], max(0.0, deadline - time.monotonic()))[0]:
            block = os.read(child.out, _BLOCK)
            if not block:
                break
            parts.append(block)
        else:
            kill(child)
    finally:
        os.close(child.out)
    how = _ended(os.waitpid(child.pid, 0)[1])
    if how.code != 0:
        raise OSError("a process of the agent's ended with {}".format(how.said))
    return b"".join(parts)


def tell(child: Child) -> None:
    """Asks it to end."""
    _signal(child, signal.SIGTERM)


def kill(child: Child) -> None:
    """Ends it."""
    _signal(child, signal.SIGKILL)


def _signal(child: Child, number: int) -> None:
    try:
        os.kill(child.pid, number)
    except ProcessLookupError:
        pass


def _ended(status: int) -> Ended:
    return Ended(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
