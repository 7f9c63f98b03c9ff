"""Hands the spool over, batch by batch and piece by piece; what is acknowledged is forgotten. Python 3.6 grammar."""

from typing import Any, Dict, Optional

from shindan.agent import files
from shindan.agent.batch import INVENTORY, Batch
from shindan.agent.client import Client, Refused
from shindan.agent.link import Unreachable
from shindan.agent.logs import log
from shindan.agent.spool import Spool
from shindan.agent.state import State

PIECE = 256 * 1024
"""Bytes of a piece: small enough for the agent's memory, whatever the server allows."""

_NEVER = (400, 405, 411, 413, 415, 422)
"""Statuses that say: this batch will never be taken."""

_MIXED_UP = ("WrongSum", "WrongDigest")
"""The server has not what was sent, and has thrown it away; what is here was checked before it was sent."""

_TRIES = 3


class Uploader:
    """Remembers where it is in the batch under way; a restart asks the server."""

    def __init__(self, spool: Spool, state: State) -> None:
        self._spool = spool
        self._state = state
        self._batch: Optional[Batch] = None
        self._offset = 0
        self._stuck = 0
        self._mixed_up = 0

    def step(self, client: Client, piece: int = PIECE) -> bool:
        """Sends the next piece; whether there is more to do. Raises Refused, Unreachable, OSError."""
        size = max(1, min(piece, PIECE))
        try:
            batch = self._batch or self._next(client, size)
            if batch is None:
                return False
            self._take(batch, self._sent(client, batch, size))
        except files.Torn as error:
            log("batch set aside", reason=error)
            self._state.note(str(error))
            self._state.reopen()
            self._batch = None
        except FileNotFoundError:
            self._batch = None  # the cap took it meanwhile
        except Refused as error:
            if self._batch is None or not self._answered(self._batch, error):
                raise
        return True

    def _next(self, client: Client, size: int) -> Optional[Batch]:
        batch = self._spool.oldest()
        if batch is None:
            return None
        if batch.size:
            self._spool.check(batch)
        self._batch, self._offset, self._stuck, self._mixed_up = batch, 0, 0, 0
        if batch.size > size:
            self._resume(client, batch)
        return self._batch

    def _resume(self, client: Client, batch: Batch) -> None:
        """Asks how much the server has of a batch of several pieces, which may be all."""
        try:
            self._take(batch, client.call("GET", _path(batch)))
        except Refused as error:
            if error.status != 404:
                raise

    def _sent(self, client: Client, batch: Batch, size: int) -> Dict[str, Any]:
        body = self._spool.piece(batch, self._offset, size) if batch.size else b""
        headers = {"x-shindan-batch": batch.header()}
        if body:
            headers.update({"content-type": "application/x-ndjson", "content-encoding": "gzip"})
        return client.call("POST", _path(batch), "offset={}".format(self._offset), body, headers)

    def _take(self, batch: Batch, said: Dict[str, Any]) -> None:
        if "kept" in said:
            self._acknowledged(batch, said)
        else:
            self._go_on(batch, said.get("have"))

    def _go_on(self, batch: Batch, have: object) -> None:
        if not isinstance(have, int) or isinstance(have, bool) or not 0 <= have <= batch.size:
            raise Unreachable("the server has {} bytes of a batch of {}".format(have, batch.size))
        self._stuck = 0 if have > self._offset else self._stuck + 1
        self._offset = have
        if self._stuck > _TRIES:
            self._batch = None
            raise Unreachable("the server stays at {} bytes of a batch of {}".format(have, batch.size))

    def _acknowledged(self, batch: Batch, said: Dict[str, Any]) -> None:
        """First it is noted what the server holds; a power cut in between sends the batch again, to the same answer."""
        if batch.what == INVENTORY and batch.kinds:
            self._state.holds(batch.digest, batch.kinds, batch.taken)
        self._spool.remove(batch)
        self._batch = None
        log("batch delivered", batch=batch.id, what=batch.what, bytes=batch.size, kept=said.get("kept"))
        if said.get("refused"):
            log("lines refused", batch=batch.id, refused=said.get("refused"), why=said.get("why"))

    def _answered(self, batch: Batch, error: Refused) -> bool:
        """Whether the refusal concerns this batch alone, and has been seen to."""
        if error.code == "WrongOffset":
            self._go_on(batch, error.said.get("have"))
        elif error.code == "Unknown":
            # What was acknowledged is gone from the server: it is collected again, and sent whole.
            self._state.holds_nothing()
            self._state.reopen()
            self._spool.remove(batch)
            self._batch = None
        elif error.code in _MIXED_UP and self._mixed_up < _TRIES:
            self._mixed_up += 1
            self._offset = 0
        elif error.status in _NEVER or error.code in _MIXED_UP or error.code == "UnknownRun":
            log("batch refused", batch=batch.id, reason=error)
            self._state.note("the server refused a batch of {} lines: {}".format(batch.lines, error))
            self._spool.set_aside(batch)
            self._batch = None
        else:
            return False
        return True


def _path(batch: Batch) -> str:
    return "/agent/v1/batches/" + batch.id
