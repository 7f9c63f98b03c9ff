"""Batches on their way: their parts in files, `incoming/HOST/BATCH` of the data folder, until they are whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shindan.service.agent_refused import AgentRefused

FOLDER = "incoming"
MOST_UNFINISHED = 16
"""Batches of one host that may be on their way at once."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a batch as it travels."""

MOST_TOGETHER = 2 * LARGEST
"""Bytes of all unfinished batches of one host."""

KEPT = 86_400
"""Seconds after its last part for which an unfinished batch is kept."""

_ID = re.compile(r"[0-9a-f]{32}")
_HOST = re.compile(r"i-[0-9a-f]{8,17}")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Parts:
    """The folder of unfinished batches."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def have(self, host: str, batch: str) -> int:
        """How many bytes of a batch are here."""
        try:
            return self._path(host, batch).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, host: str, batch: str, offset: int, content: bytes, size: int) -> int:
        """Adds a part and gives how many bytes are here now.

        Raises AgentRefused: WrongOffset unless just `offset` bytes are here, TooLarge where it would be longer than
        `size`, TooMany where the host has too much on its way, NoSpace for a full disk.
        """
        path = self._path(host, batch)
        with _told():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with path.open("ab") as stream:
                # Two connections may bring the same part; of two processes on one folder, too.
                fcntl.flock(stream, fcntl.LOCK_EX)
                have = os.fstat(stream.fileno()).st_size
                if have != offset:
                    raise AgentRefused("WrongOffset", f"go on from byte {have}", have=have)
                if have + len(content) > size:
                    raise AgentRefused("TooLarge", f"the batch was said to have {size:,} bytes")
                if have == 0:
                    self._refuse_more(path, size)
                _write(stream, content, have)
                return have + len(content)

    @contextmanager
    def whole(self, host: str, batch: str) -> Iterator[IO[bytes]]:
        """A batch to be read."""
        with self._path(host, batch).open("rb") as stream:
            yield stream

    def drop(self, host: str, batch: str) -> None:
        """Lets go of a batch; one that is gone already is no error."""
        self._path(host, batch).unlink(missing_ok=True)

    def sweep(self, kept: float = KEPT) -> int:
        """Lets go of batches of which nothing has come for long; how many there were."""
        count, before = 0, time.time() - kept
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        for folder in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                folder.rmdir()  # only where it is empty
        return count

    def _refuse_more(self, path: Path, size: int) -> None:
        others = [one.stat().st_size for one in path.parent.iterdir() if one != path]
        if len(others) >= MOST_UNFINISHED or sum(others) + size > MOST_TOGETHER:
            path.unlink()
            message = "too much of this host is on its way already; finish those batches first"
            raise AgentRefused("TooMany", message, wait=60)

    def _path(self, host: str, batch: str) -> Path:
        # Neither comes from a client unchecked; a path is made of nothing else all the same.
        if not _HOST.fullmatch(host) or not _ID.fullmatch(batch):
            raise AgentRefused("Malformed", "the id of a batch is 32 hexadecimal digits")
        return self._folder / host / batch


def _write(stream: IO[bytes], content: bytes, have: int) -> None:
    try:
        stream.write(content)
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(stream.fileno(), have)  # a torn part would make the next offset wrong
        raise


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise AgentRefused("NoSpace", "the server's disk is full; keep the batch", wait=300) from error
        raise AgentRefused("Unavailable", f"the server cannot keep the batch: {error.strerror}", wait=60) from error
