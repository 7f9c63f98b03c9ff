"""The server's process: listens, answers, works in the background, and stops without dropping anything."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette

from shindan.app import logs
from shindan.app.house import House
from shindan.app.listening import url
from shindan.app.shortcut import shortcut
from shindan.app.web import application
from shindan.app.worker import Worker
from shindan.service.certificates import WARN_DAYS, checked

_KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: boto3 comes back to it, and spares itself a handshake."""


def serve(house: House, listening: socket.socket, tls: tuple[Path, Path] | None, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; SIGHUP reads the certificate again. `ready` is told the address.

    Raises CertificateError before anything has begun.
    """
    if tls is not None:
        _look_at(tls)
    settings = house.settings
    worker = Worker(house)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.threads
        # Only one process of many may bring a schema up to date, and none may serve an older one.
        await to_thread.run_sync(worker.start)
        logs.log().info("server.ready", address=url(listening, tls=tls is not None), data=str(settings.data))
        ready(url(listening, tls=tls is not None))
        try:
            yield
        finally:
            await to_thread.run_sync(worker.stop)

    whole = application(house, lambda: worker.working, lifespan)
    config = uvicorn.Config(
        whole,
        http=shortcut(whole.api),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=settings.stop_patience,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    with listening:
        _Server(config, tls).run([listening])
    logs.log().info("server.stopped")


class _Server(uvicorn.Server):
    """Wakes once a second instead of ten times, and ends with code 0 when it is asked to end."""

    def __init__(self, config: uvicorn.Config, tls: tuple[Path, Path] | None) -> None:
        super().__init__(config)
        self._tls = tls
        self._asked = asyncio.Event()

    async def main_loop(self) -> None:
        """See `uvicorn.Server.main_loop`."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), 1.0)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """See `uvicorn.Server.capture_signals`; a second signal does not wait any more."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._read_again)
        yield

    def _stop(self, number: signal.Signals) -> None:
        logs.log().info("server.stopping", signal=number.name)
        self.force_exit = self.should_exit
        self.should_exit = True
        self._asked.set()

    def _read_again(self) -> None:
        if self._tls is None or not isinstance(self.config.ssl, ssl.SSLContext):
            return
        try:
            _look_at(self._tls)
            # New connections use it; those that are open go on.
            self.config.ssl.load_cert_chain(*self._tls)
        except Exception as error:  # noqa: BLE001 - a certificate that is no good must not end a server that runs
            logs.log().error("certificate.refused", error=str(error))
        else:
            logs.log().info("certificate.read_again")


def _look_at(tls: tuple[Path, Path]) -> None:
    """Raises CertificateError for what no server could begin with; warns of one that ends soon."""
    found = checked(*tls)
    if found.days_left < WARN_DAYS:
        logs.log().warning(
            "certificate.expires", path=str(found.path), days=found.days_left, remedy="run `shindan cert renew`"
        )
