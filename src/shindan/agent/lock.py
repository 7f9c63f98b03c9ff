"""One agent a state folder. Python 3.6 grammar."""

import errno
import fcntl
import os
from typing import Optional

_NAME = "run.lock"


class Taken(Exception):
    """Another agent has the folder."""


class Lock:
    """Held until the process ends, however it ends."""

    def __init__(self, folder: str) -> None:
        """Raises Taken, OSError."""
        self._stream = os.open(os.path.join(folder, _NAME), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._stream)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise Taken("another shindan-agent runs on {}".format(folder)) from error
            raise
        os.ftruncate(self._stream, 0)
        os.pwrite(self._stream, "{}\n".format(os.getpid()).encode("ascii"), 0)


def holder(folder: str) -> Optional[int]:
    """The process that holds the lock, 0 where it has not said; None where nobody does. Raises OSError."""
    try:
        stream = os.open(os.path.join(folder, _NAME), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        said = os.pread(stream, 20, 0).strip()
        return int(said) if said.isdigit() else 0
    finally:
        os.close(stream)
