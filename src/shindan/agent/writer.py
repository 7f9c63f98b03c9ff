"""Lines to a batch: each is compressed, counted and hashed as it comes, and forgotten. Python 3.6 grammar."""

import hashlib
import os
import time
import zlib
from typing import List

from shindan.agent import batch as batches
from shindan.agent import files
from shindan.agent.batch import Batch
from shindan.agent.spool import Spool

_LEVEL, _GZIP = 9, 31


class Writer:
    """One batch in the making. `close` makes it count, `abort` removes it."""

    def __init__(self, spool: Spool, run: str, what: str, kinds: List[str], part: int = 0) -> None:
        """Raises OSError."""
        self._spool = spool
        self._batch = Batch(
            batches.new_id(), run, what, kinds, 0, "", "", 0, int(time.time() * 1000), part, last=what != "sampled"
        )
        self._path = spool.lines_path(self._batch.name, finished=False)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._stream = os.fdopen(os.open(self._path, flags, 0o600), "wb")
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._packed, self._plain = hashlib.sha256(), hashlib.sha256()
        self.size = self.count = 0

    def line(self, text: str) -> None:
        """Adds a line, given without its newline. Raises OSError."""
        content = text.encode("utf-8") + b"\n"
        self.count += 1
        self._plain.update(content)
        self._put(self._packer.compress(content))

    @property
    def digest(self) -> str:
        """SHA-256 of the lines so far."""
        return self._plain.hexdigest()

    def close(self, complete: bool, last: bool, same: bool = False) -> Batch:
        """The batch, which counts from now on, also after a power loss. Raises OSError.

        With `same` only its digest is kept: the server has the lines.
        """
        if not same:
            self._put(self._packer.flush())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        done = self._batch._replace(
            size=self.size, sha256=self._packed.hexdigest(), digest=self.digest, lines=self.count,
            complete=complete, last=last,
        )  # fmt: skip
        if same:
            done = done._replace(size=0, sha256="")
            files.remove(self._path)
        else:
            os.rename(self._path, self._spool.lines_path(done.name))
        self._spool.add(done)
        return done

    def abort(self) -> None:
        """As if it had never begun. Raises OSError."""
        try:
            self._stream.close()
        finally:
            files.remove(self._path)

    def _put(self, content: bytes) -> None:
        if content:
            self._packed.update(content)
            self._stream.write(content)
            self.size += len(content)
