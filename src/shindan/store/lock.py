"""One writer at a time: an advisory lock that the kernel gives back even after `kill -9`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shindan.model.errors import StoreError

_POLL_SECONDS = 0.05


@contextlib.contextmanager
def exclusive(
    path: Path, purpose: str, *, patience: float, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock file at `path` for the body; the file says who holds it and for what.

    Waits up to `patience` seconds for another process (or thread) and calls `waiting` once with a sentence
    that says for whom. Raises StoreError when patience ends or the file cannot be made.
    """
    descriptor = _opened(path)
    try:
        _acquire(descriptor, path, patience, waiting)
        _sign(descriptor, f"process {os.getpid()} ({purpose})")
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"cannot write to the advisory database: {path}: {error.strerror or error}",
            remedy="run as the owner of that folder, or name another with --data DIR",
        ) from error


def _acquire(descriptor: int, path: Path, patience: float, waiting: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + patience
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(path)
        except OSError as error:
            raise StoreError(
                f"cannot lock {path}: {error.strerror or error}",
                remedy="name a folder on a local disk with --data DIR",
            ) from error
        else:
            return
        if time.monotonic() >= deadline:
            raise StoreError(
                f"{holder} is still writing to the advisory database after {patience:g} s of waiting",
                remedy="wait until it has finished, then run this again",
            )
        if waiting and not told:
            waiting(f"waiting for {holder} to finish writing to the advisory database")
            told = True
        time.sleep(_POLL_SECONDS)


def _sign(descriptor: int, holder: str) -> None:
    # Only a courtesy to whoever waits: a full disk must not stop `remove` from making room.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode("utf-8", "replace"), 0)


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip() or "another process"
    except OSError:
        return "another process"
