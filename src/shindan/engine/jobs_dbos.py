"""The job engine behind the port: DBOS, in the service's own database; `dbos_library` has what is the library's alone.

What DBOS leaves to its users is done here (docs/decisions/0008-jobs.md): JSON instead of pickles, an application
version that does not change with the code, lasting ids of workers, taking over from dead ones, and clearing up. A key's
uniqueness is ours (`store.job_keys`): DBOS's own lasts until a job ends, and would swallow the wish to run once more.
"""

from __future__ import annotations

import datetime
import logging
import threading
import uuid
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from dbos import DBOS
from sqlalchemy import Connection, event

from shindan.engine import dbos_library as library
from shindan.engine.clock import milliseconds
from shindan.engine.doorbell import Doorbell
from shindan.engine.executor_id import Slot
from shindan.engine.jobs import Handler
from shindan.store import executors, job_keys
from shindan.store.database import Database
from shindan.store.freshness import watch

_ATTEMPTS = 8
_KEPT = 86_400_000
"""Milliseconds that the engine's rows of finished jobs are kept."""

_log = logging.getLogger("shindan.jobs")
_running: DbosJobs | None = None


class DbosJobs:
    """See `engine.jobs.Jobs`. One may be started in a process; others of the same database only enqueue.

    `poll`: seconds between looks for jobs whose delay is over, and for what other processes enqueued; what this one
    does wakes it at once, and on SQLite whatever anybody does within a second. `beat` and `dead_after`: how often a
    worker says that it lives, and after how long a silent one's jobs are taken over.
    `longest_pause`: before what failed is tried again.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        poll: float = 5.0,
        concurrency: int = 4,
        beat: float = 10.0,
        dead_after: float = 30.0,
        longest_pause: float = 300.0,
    ) -> None:
        self._database = database
        self._folder = folder
        self._longest_pause = longest_pause
        self._poll, self._concurrency, self._beat, self._dead_after = poll, concurrency, beat, dead_after
        self._engine = library.engine_of(database)
        self._client = library.client(self._engine)
        self._handlers: Mapping[str, Handler] = {}
        self._crons: dict[str, str] = {}
        self._bell = Doorbell()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._slot: Slot | None = None

    # ── the port ──

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        self._enqueue(name, args, key, delay, conn, 1)

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """See `Jobs.cancel`."""
        with self._database.write() if conn is None else nullcontext(conn) as connection:
            job_keys.release(connection, key)

    def cron(self, name: str, spec: str) -> None:
        """See `Jobs.cron`."""
        self._crons[name] = spec
        if self._slot is not None:
            library.schedule(_tick, name, spec)

    # ── the worker ──

    def migrate(self) -> None:
        """Makes the engine's own tables, or brings them up to date."""
        library.migrate(self._client)

    def start(self, handlers: Mapping[str, Handler]) -> None:
        """Begins to work: `handlers` by name of the job. Jobs that this worker's id left unfinished are resumed."""
        global _running
        if _running is not None:
            raise RuntimeError("this process has a worker already")
        self._handlers, self._slot = handlers, Slot(self._folder)
        self._bell = Doorbell(watch(self._database, ()) if self._database.is_sqlite else None)
        with self._database.write() as connection:
            executors.beat(connection, self._slot.id, milliseconds())
        _running = self
        dbos = library.launch(self._engine, self._slot.id, self._poll)
        queue = library.queue_thread(dbos, self._bell, self._concurrency, self._poll)
        for name, spec in self._crons.items():
            library.schedule(_tick, name, spec)
        self._ended.clear()
        supervisor = threading.Thread(target=self._supervise, name="jobs-supervisor", daemon=True)
        self._threads = [queue, supervisor]
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Ends work; jobs that go on for longer than `patience` seconds are done again by whoever comes next."""
        global _running
        if self._slot is None:
            return
        self._bell.set()
        self._ended.set()
        for thread in self._threads:
            thread.join(patience)
        DBOS.destroy(workflow_completion_timeout_sec=round(patience))
        with suppress(Exception), self._database.write() as connection:
            executors.beat(connection, self._slot.id, 0)
        self._slot.close()
        self._slot, self._threads, _running = None, [], None

    def close(self) -> None:
        """Closes the engine's connections."""
        self.stop()
        self._client.destroy()
        self._engine.dispose()

    @property
    def working(self) -> bool:
        """Whether the worker's threads live."""
        return self._slot is not None and all(thread.is_alive() for thread in self._threads)

    def run(self, job: str, key: str, name: str, args: Mapping[str, Any], attempt: int) -> None:
        """Does one job; called by the engine. What fails is tried again, ever later."""
        with self._database.write() as connection:
            if not job_keys.begin(connection, key, job):
                return
        failed = not self._done(name, args, attempt)
        with self._database.write() as connection:
            job_keys.end(connection, job)
            if failed and attempt < _ATTEMPTS:
                self._enqueue(name, args, key, min(2.0**attempt, self._longest_pause), connection, attempt + 1)
        self._bell.ring()  # there is room for another

    def tick(self, name: str, moment: str) -> None:
        """Does what a timetable asks for; called by the engine."""
        self.enqueue(name, {"at": moment}, key=f"cron {name}")

    def _done(self, name: str, args: Mapping[str, Any], attempt: int) -> bool:
        handler = self._handlers.get(name)
        if handler is None:
            _log.warning("job unknown: %s", name)
            return True
        try:
            handler({**args, "attempt": attempt})
        except Exception:  # noqa: BLE001 - a job's trouble is not the worker's
            _log.exception("job failed: %s, attempt %d of %d, %s", name, attempt, _ATTEMPTS, dict(args))
            return False
        return True

    def _enqueue(
        self, name: str, args: Mapping[str, Any], key: str, delay: float, conn: Connection | None, attempt: int
    ) -> None:
        job = str(uuid.uuid4())
        options: Any = {
            "workflow_name": library.NAME,
            "queue_name": library.QUEUE,
            "workflow_id": job,
            "app_version": library.VERSION,
        }
        if delay > 0:
            options["delay_seconds"] = float(delay)
        with self._database.write() if conn is None else nullcontext(conn) as connection:
            if not job_keys.reserve(connection, key, job):
                return
            with library.untranslated(connection):
                self._client.enqueue_in_transaction(connection, options, job, key, name, dict(args), attempt)
            if delay <= 0:
                event.listen(connection, "commit", lambda _: self._bell.ring(), once=True)

    # ── what the engine leaves to us ──

    def _supervise(self) -> None:
        cleared = 0
        while not self._ended.is_set():
            try:
                self._look_after_others()
                if milliseconds() - cleared > _KEPT / 24:
                    cleared = milliseconds()
                    library.clear(cleared - _KEPT)
            except Exception:  # noqa: BLE001 - it must live on when the database is away for a while
                _log.exception("supervisor failed")
            self._ended.wait(self._beat)

    def _look_after_others(self) -> None:
        assert self._slot is not None
        now = milliseconds()
        before = now - round(self._dead_after * 1000)
        with self._database.write() as connection:
            executors.beat(connection, self._slot.id, now)
            dead = [id_ for id_ in executors.silent(connection, before) if id_ != self._slot.id]
            mine = [id_ for id_ in dead if executors.claim(connection, id_, before, now)]
        for id_ in mine:
            left = DBOS.list_workflows(status="PENDING", executor_id=id_, load_input=False, load_output=False)
            if left:
                _log.warning("worker silent: %s, %d jobs are taken over", id_, len(left))
                DBOS.resume_workflows([job.workflow_id for job in left], queue_name=library.QUEUE)
            with self._database.write() as connection:
                executors.remove(connection, id_)
            self._bell.ring()


@DBOS.workflow(name=library.NAME, max_recovery_attempts=1_000_000)
def _job(job: str, key: str, name: str, args: Mapping[str, Any], attempt: int) -> None:
    if _running is not None:
        _running.run(job, key, name, args, attempt)


@DBOS.workflow(name="timetable")
def _tick(moment: str | datetime.datetime, name: str) -> None:
    if _running is not None:
        _running.tick(name, str(moment))
