"""Batches on disk until the server has acknowledged them; they survive an outage and a power loss.

A batch is `NAME.gz` (its lines) and `NAME.json` (its header). The header is written last and makes the batch count;
lines without one were never finished. Nothing is deleted that was not acknowledged, but by the cap: the oldest sampled
batches go first, inventories last, and what went is counted. Python 3.6 grammar.
"""

import hashlib
import os
from typing import Iterator, List, NamedTuple, Optional

from shindan.agent import batch as batches
from shindan.agent import files
from shindan.agent.batch import Batch

_LINES, _HEADER, _UNFINISHED, _ASIDE = ".gz", ".json", ".part", ".aside"
_TRIAL = "trial.new"
_BLOCK = 64 * 1024


class Usage(NamedTuple):
    """What the spool holds."""

    bytes: int
    batches: int


class Dropped(NamedTuple):
    """What the cap took."""

    batches: int
    lines: int
    inventories: int


class Spool:
    """One folder of batches; one process puts in order what others finish there."""

    def __init__(self, folder: str) -> None:
        """Makes the folder where it is missing. Raises OSError."""
        self.folder = folder
        os.makedirs(folder, 0o700, exist_ok=True)

    def clean(self) -> int:
        """Removes what was never finished; how many there were. Raises OSError."""
        left = [name for name in os.listdir(self.folder) if self._is_unfinished(name)]
        for name in left:
            files.remove(os.path.join(self.folder, name))
        return sum(not name.endswith(".new") for name in left)

    def try_out(self) -> None:
        """Writes a block, and takes it away again. Raises OSError where that cannot be done, as on a full disk."""
        path = os.path.join(self.folder, _TRIAL)
        try:
            files.replace(path, bytes(_BLOCK))
        finally:
            files.remove(path)

    def oldest(self) -> Optional[Batch]:
        """The batch to send next; None where there is none. Raises files.Torn for one that was set aside now."""
        for name in self._names():
            return self._load(name)
        return None

    def oldest_waits(self) -> bool:
        """Whether there is any batch to send. Raises OSError."""
        return bool(self._names())

    def has(self, what: str, run: str) -> bool:
        """Whether such a batch of the run waits."""
        return any(one.what == what and one.run == run for one in self._all())

    def piece(self, batch: Batch, offset: int, size: int) -> bytes:
        """Bytes of a batch's compressed lines. Raises OSError."""
        with open(self._path(batch.name, _LINES), "rb") as stream:
            stream.seek(offset)
            return stream.read(size)

    def check(self, batch: Batch) -> None:
        """Raises files.Torn, and sets the batch aside, where the lines are not those that were written."""
        known = hashlib.sha256()
        with open(self._path(batch.name, _LINES), "rb") as stream:
            for block in iter(lambda: stream.read(_BLOCK), b""):
                known.update(block)
        if known.hexdigest() != batch.sha256:
            raise self._torn(batch.name, "its lines are not those that were written")

    def add(self, batch: Batch) -> None:
        """Makes a batch count whose lines are in place. Raises OSError."""
        files.save(self._path(batch.name, _HEADER), batch._asdict())

    def remove(self, batch: Batch) -> None:
        """Forgets an acknowledged batch. Raises OSError."""
        self._forget(batch.name)
        files.sync_folder(self.folder)

    def set_aside(self, batch: Batch) -> None:
        """Keeps a batch that the server will never take out of the way. Raises OSError."""
        self._move_aside(batch.name)

    def usage(self) -> Usage:
        """Bytes on disk and batches that wait. Raises OSError."""
        size = waiting = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                waiting += entry.name.endswith(_HEADER)
                try:
                    size += entry.stat().st_size
                except FileNotFoundError:
                    continue
        return Usage(size, waiting)

    def keep_below(self, most: int) -> Dropped:
        """Deletes until the spool is no larger: what lies aside, then sampled batches, then inventories; oldest first.

        Raises OSError.
        """
        size = self.usage().bytes
        gone = Dropped(0, 0, 0)
        if size <= most:
            return gone
        for name in sorted(os.listdir(self.folder)):
            if size > most and name.endswith(_ASIDE):
                size -= _size(os.path.join(self.folder, name))
                files.remove(os.path.join(self.folder, name))
        for what in (batches.SAMPLED, batches.INVENTORY):
            for one in list(self._all()):
                if size > most and one.what == what:
                    size -= _size(self._path(one.name, _LINES)) + _size(self._path(one.name, _HEADER))
                    self._forget(one.name)
                    gone = Dropped(gone.batches + 1, gone.lines + one.lines, gone.inventories + (what != "sampled"))
        files.sync_folder(self.folder)
        return gone

    def lines_path(self, name: str, finished: bool = True) -> str:
        """Where a batch's lines are, or are being written."""
        return self._path(name, _LINES if finished else _UNFINISHED)

    def _names(self) -> List[str]:
        return sorted(name[: -len(_HEADER)] for name in os.listdir(self.folder) if name.endswith(_HEADER))

    def _all(self) -> Iterator[Batch]:
        for name in self._names():
            try:
                yield self._load(name)
            except (files.Torn, FileNotFoundError):
                continue

    def _load(self, name: str) -> Batch:
        try:
            values = files.load(self._path(name, _HEADER))
            found = batches.read(values or {})
        except files.Torn as error:
            raise self._torn(name, str(error)) from error
        if found.name != name or (found.size and _size(self._path(name, _LINES)) != found.size):
            raise self._torn(name, "its lines are not as long as they were")
        return found

    def _torn(self, name: str, reason: str) -> files.Torn:
        self._move_aside(name)
        return files.Torn("batch {} was set aside: {}".format(name.rpartition("-")[2], reason))

    def _move_aside(self, name: str) -> None:
        # The header first: without it the lines are nobody's, and with it alone the batch would be torn.
        for ending in (_HEADER, _LINES):
            path = self._path(name, ending)
            if os.path.exists(path):
                os.rename(path, path + _ASIDE)
        files.sync_folder(self.folder)

    def _forget(self, name: str) -> None:
        files.remove(self._path(name, _HEADER))
        files.remove(self._path(name, _LINES))

    def _path(self, name: str, ending: str) -> str:
        return os.path.join(self.folder, name + ending)

    def _is_unfinished(self, name: str) -> bool:
        if name.endswith((_UNFINISHED, ".new")):
            return True
        return name.endswith(_LINES) and not os.path.exists(self._path(name[: -len(_LINES)], _HEADER))


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
