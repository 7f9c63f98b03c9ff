"""Requests that come at about the same time share one transaction of the database: a commit a request would be the
most of what a poll costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from shindan.model.agent import Contact, Heard
from shindan.service.agent_contacts import Outcome

PAUSE = 0.3
"""Seconds that a poll waits for others; an agent that asks once a minute does not notice."""

_SHORT = 0.05
"""The same for parts of batches, whose agent goes on only when it was answered."""

_MOST = 500


class Together:
    """Has contacts taken note of; all requests of one event loop share it.

    What comes while a transaction is under way waits for others in its turn: to go on at once would mean one
    transaction for each of the few that came meanwhile, and a busy server that makes itself busier.
    """

    def __init__(self, take: Callable[[Sequence[Contact]], list[Outcome]], pause: float = PAUSE) -> None:
        self._take = take
        self._pause = pause
        self._waiting: list[tuple[Contact, asyncio.Future[Heard]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def heard(self, contact: Contact) -> Heard:
        """What comes of it, once it is on disk. Raises AgentRefused, StoreError."""
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting.append((contact, future))
        if self._task is None:
            self._begin_in(self._patience(contact))
        return await future

    def _patience(self, contact: Contact) -> float:
        return self._pause if contact.poll is not None else min(self._pause, _SHORT)

    def _begin_in(self, seconds: float) -> None:
        """Begins then, or earlier if that was agreed."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self._go())

    async def _go(self) -> None:
        some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            await self._one_group(some)
        finally:
            self._task = None
            if len(self._waiting) >= _MOST:
                self._begin_in(0)
            elif self._waiting:
                self._begin_in(min(self._patience(contact) for contact, _ in self._waiting))

    async def _one_group(self, group: Sequence[tuple[Contact, asyncio.Future[Heard]]]) -> None:
        try:
            outcomes: Sequence[Heard | Exception] = await run_in_threadpool(self._take, [one for one, _ in group])
        except Exception as error:  # noqa: BLE001 - whatever it was, it is each request's to answer
            outcomes = [error] * len(group)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if future.done():  # its client went away
                continue
            if isinstance(outcome, Heard):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)
