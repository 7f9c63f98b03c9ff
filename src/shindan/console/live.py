"""Server-sent events (HTML standard, 9.2): a part of a page, whenever it changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

LONGEST = 600.0
STREAM = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Proxies must not gather what comes."""

_SIGN_OF_LIFE = 15.0


async def events(request: Request, ask: Callable[[], str | None], every: float) -> AsyncIterator[str]:
    """What `ask` gives, each time it is another than before; None ends with `reload`."""
    begun = spoke = time.monotonic()
    before: str | None = ""
    while time.monotonic() - begun < LONGEST and not await request.is_disconnected():
        now = await run_in_threadpool(ask)
        if now is None:
            yield "event: end\ndata: reload\n\n"
            return
        if now != before:
            before, spoke = now, time.monotonic()
            yield "".join(f"data: {line}\n" for line in now.splitlines()) + "\n"
        elif time.monotonic() - spoke > _SIGN_OF_LIFE:
            spoke = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(every)
