"""Requests that come at about the same time share one transaction of the database: a commit a request would be the
most of what a poll costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from shindan.model.agent import Contact, Heard
from shindan.service.agent_contacts import Outcome

PAUSE = 0.1
"""Seconds that the first one waits for others; an agent that asks once a minute does not notice."""

_MOST = 500


class Together:
    """Has contacts taken note of; all requests of one event loop share it."""

    def __init__(self, take: Callable[[Sequence[Contact]], list[Outcome]], pause: float = PAUSE) -> None:
        self._take = take
        self._pause = pause
        self._waiting: list[tuple[Contact, asyncio.Future[Heard]]] = []
        self._task: asyncio.Task[None] | None = None

    async def heard(self, contact: Contact) -> Heard:
        """What comes of it, once it is on disk. Raises AgentRefused, StoreError."""
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting.append((contact, future))
        if self._task is None:
            self._task = asyncio.create_task(self._go())
        return await future

    async def _go(self) -> None:
        try:
            await asyncio.sleep(self._pause)
            while self._waiting:
                some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._one_group(some)
        finally:
            self._task = None

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
