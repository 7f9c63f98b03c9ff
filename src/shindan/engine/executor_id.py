"""A worker's lasting id: this machine, this data folder, and the first slot that no other process holds.

Whoever restarts gets the id of the process that died, and with it that one's unfinished jobs at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import socket
from pathlib import Path
from typing import IO

_SLOTS = 100


class Slot:
    """A held slot; `id` names the worker. It is let go when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, number = _first_free(folder)
        machine = f"{_machine()} {socket.gethostname()} {folder.resolve()}"
        self.id = f"{hashlib.sha256(machine.encode()).hexdigest()[:16]}-{number}"

    def close(self) -> None:
        """Lets go of it."""
        self._file.close()


def held(folder: Path) -> bool:
    """Whether any process on this machine holds a slot of a folder."""
    for path in sorted(folder.glob("slot-*")):
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
    return False


def _first_free(folder: Path) -> tuple[IO[str], int]:
    for number in range(_SLOTS):
        file = (folder / f"slot-{number}").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        return file, number
    raise RuntimeError(f"{_SLOTS} workers use {folder} already")


def _machine() -> str:
    """The machine's id, which systemd makes (machine-id(5)); a container may have none."""
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""
