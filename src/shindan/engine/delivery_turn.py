"""One turn at one topic: its runs take turns in it, until nothing is due, time is over, or nobody seems to be there."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence

from sqlalchemy import Connection

from shindan.engine import trying
from shindan.engine.clock import milliseconds
from shindan.engine.work import Work
from shindan.model.event import Sent
from shindan.store import deliveries, turns
from shindan.store.deliveries import Waiting
from shindan.store.turns import Turn

TURN = 20.0
"""Seconds after which a job lets others have its place."""

PATIENCE = 3.0
"""Seconds of a turn that failures may take: a receiver that lets one wait is left alone for a while."""

_log = logging.getLogger("shindan.engine")


class DeliveryTurn:
    """Sends what is due to the topic of a turn, and ends it."""

    def __init__(self, work: Work, turn: Turn) -> None:
        self._work = work
        self._turn = turn
        self._topic = turn.topic
        self._began = self._held = milliseconds()
        self._end = time.monotonic() + TURN
        self._lost = 0.0
        self._arrived = False
        self._failed: Sent | None = None
        self._runs: set[str] = set()
        self._together = work.notifier.together(turn.topic)
        self._groups: deque[str] = deque()

    def serve(self) -> None:
        """Does it. A turn that is lost meanwhile, because sending took too long, is left to whoever has it."""
        with self._work.database.read() as connection:
            heads = deliveries.heads(connection, self._topic)
        self._groups.extend(head.run for head in sorted(heads, key=lambda head: (head.due_at, head.number)))
        taken = self._next([], [])
        while taken:
            began = time.monotonic()
            results = self._sent(taken)
            if not all(sent.arrived for sent in results):
                self._lost += time.monotonic() - began
            taken = self._next(taken, results)

    def _next(self, sent: Sequence[Waiting], results: Sequence[Sent]) -> list[Waiting]:
        """Notes how sending went, and takes more; the turn ends where there is none, all in one transaction."""
        with self._work.database.write() as connection:
            self._note(connection, sent, results)
            taken = [] if self._over() else self._take(connection)
            if not taken:
                deliveries.trim(connection, self._runs)
                self._close(connection)
            return taken

    def _over(self) -> bool:
        return time.monotonic() > self._end or self._lost > PATIENCE

    def _take(self, connection: Connection) -> list[Waiting]:
        """As many as the topic takes at once, of one run after the other; who had a turn goes behind the others."""
        now = milliseconds()
        until = now + trying.TAKEN
        taken: list[Waiting] = []
        if now - self._held > trying.TAKEN // 10:
            if not turns.hold(connection, self._turn, until):
                return taken
            self._held = now
        for _ in range(len(self._groups)):
            run_id = self._groups.popleft()
            most = min(self._together.of_a_group, self._together.most - len(taken))
            mine = deliveries.take(connection, self._topic, run_id, now, until, most)
            if mine:
                taken += mine
                self._groups.append(run_id)
            if len(taken) >= self._together.most:
                break
        return taken

    def _sent(self, taken: Sequence[Waiting]) -> list[Sent]:
        try:
            return self._work.notifier.send_all(self._topic, [one.message for one in taken])
        except Exception as error:  # noqa: BLE001 - a channel's trouble is one message's, and not the job's
            _log.exception("sending failed: %s", self._topic)
            return [Sent("INTERNAL_ERROR", f"{type(error).__name__}: {error}"[:300])] * len(taken)

    def _note(self, connection: Connection, taken: Sequence[Waiting], results: Sequence[Sent]) -> None:
        now = milliseconds()
        arrived = [one for one, sent in zip(taken, results, strict=True) if sent.arrived]
        deliveries.done(connection, arrived, now)
        self._arrived = self._arrived or bool(arrived)
        self._runs.update(one.run for one in taken)
        gone: set[str] = set()
        for one, sent in zip(taken, results, strict=True):
            if sent.arrived or one.run in gone:
                continue
            if one.run in self._groups:
                self._groups.remove(one.run)
            if sent.lasting or one.attempts >= trying.TRIES[sent.status]:
                self._give_up(connection, one.run, sent, now)
                gone.add(one.run)
            else:
                pause = trying.pause_before(one.attempts + 1)
                deliveries.later(connection, one, sent.status, sent.detail[:1000], now + round(pause * 1000))
                self._failed = sent

    def _close(self, connection: Connection) -> None:
        """Ends the turn; where nothing arrived the topic has a pause, and after enough of them all is given up that
        has waited since before they began.
        """
        failures = self._turn.failures + 1
        if self._arrived or self._failed is None:
            turns.end(connection, self._turn)
            return
        now, since, sent = milliseconds(), self._turn.since or self._began, self._failed
        if failures < trying.TRIES[sent.status]:
            resume_at = now + round(trying.pause_before(failures + 1) * 1000)
            turns.fail(connection, self._turn, since, resume_at)
            return
        for head in deliveries.heads(connection, self._topic):
            if head.created_at <= since:
                self._give_up(connection, head.run, sent, now)
        turns.end(connection, self._turn)

    def _give_up(self, connection: Connection, run_id: str, sent: Sent, now: int) -> None:
        """What is behind would go the same way as the first, and every try would hold up other topics."""
        gone = deliveries.give_up(connection, self._topic, run_id, sent.status, sent.detail[:1000], now)
        _log.warning("events given up: %d for %s: %s %s", gone, self._topic, sent.status, sent.detail)
