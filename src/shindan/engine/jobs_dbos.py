"""The job engine behind the port: DBOS, in the service's own database; nothing else imports it.

What DBOS leaves to its users is done here (docs/decisions/0008-jobs.md): JSON instead of pickles, an application
version that does not change with the code, lasting ids of workers, taking over from dead ones, and clearing up. A key's
uniqueness is ours (`store.job_keys`): DBOS's own lasts until a job ends, and would swallow the wish to run once more.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import uuid
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, Serializer, _workflow_commands
from dbos._queue import queue_worker_thread
from sqlalchemy import Connection, Engine, create_engine, event

from shindan.engine.clock import milliseconds
from shindan.engine.doorbell import Doorbell
from shindan.engine.executor_id import Slot
from shindan.engine.jobs import Handler
from shindan.store import executors, job_keys
from shindan.store.database import Database

_NAME, _QUEUE = "shindan", "jobs"
_VERSION = "1"
"""Raised by hand when jobs that wait can no longer be done by newer code."""

_ATTEMPTS = 8
_KEPT = 86_400_000
"""Milliseconds that the engine's rows of finished jobs are kept."""

_log = logging.getLogger("shindan.jobs")
_running: DbosJobs | None = None


class _Json(Serializer):
    """Whoever can write the database must not be able to run code in a worker, as a pickle would let them."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, separators=(",", ":"), default=_as_text)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "shindan_json"


class DbosJobs:
    """See `engine.jobs.Jobs`. One may be started in a process; others of the same database only enqueue.

    `poll`: seconds between looks for what other processes enqueued; what this one does wakes it at once. `beat` and
    `dead_after`: how often a worker says that it lives, and after how long a silent one's jobs are taken over.
    `longest_pause`: before what failed is tried again.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        poll: float = 2.0,
        concurrency: int = 4,
        beat: float = 5.0,
        dead_after: float = 30.0,
        longest_pause: float = 300.0,
    ) -> None:
        self._database = database
        self._folder = folder
        self._longest_pause = longest_pause
        self._poll, self._concurrency, self._beat, self._dead_after = poll, concurrency, beat, dead_after
        self._engine = _engine(database)
        self._client = DBOSClient(
            system_database_engine=self._engine, serializer=_Json(), application_name=_NAME, lazy=True
        )
        self._handlers: Mapping[str, Handler] = {}
        self._crons: dict[str, str] = {}
        self._bell = Doorbell()
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
            _schedule(name, spec)

    # ── the worker ──

    def migrate(self) -> None:
        """Makes the engine's own tables, or brings them up to date."""
        self._client._sys_db.run_migrations()

    def start(self, handlers: Mapping[str, Handler]) -> None:
        """Begins to work: `handlers` by name of the job. Jobs that this worker's id left unfinished are resumed."""
        global _running
        if _running is not None:
            raise RuntimeError("this process has a worker already")
        self._handlers, self._slot = handlers, Slot(self._folder)
        self._bell = Doorbell()
        with self._database.write() as connection:
            executors.beat(connection, self._slot.id, milliseconds())
        _running = self
        dbos = DBOS(config=self._config(self._slot.id))
        DBOS.listen_queues([])  # the queue's thread is ours: it hears the bell
        dbos._registry.get_internal_queue()._polling_interval_sec = 60.0  # nobody uses it
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = self._poll  # how often it looks for delays that are over
        DBOS.launch()
        queue = DBOS.register_queue(
            _QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=self._poll, on_conflict="always_update"
        )
        for name, spec in self._crons.items():
            _schedule(name, spec)
        self._thread("jobs", queue_worker_thread, self._bell, dbos, queue)
        self._thread("jobs-supervisor", self._supervise)

    def stop(self, patience: float = 10.0) -> None:
        """Ends work; jobs that go on for longer than `patience` seconds are done again by whoever comes next."""
        global _running
        if self._slot is None:
            return
        self._bell.set()
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
        options: Any = {"workflow_name": _NAME, "queue_name": _QUEUE, "workflow_id": job, "app_version": _VERSION}
        if delay > 0:
            options["delay_seconds"] = float(delay)
        with self._database.write() if conn is None else nullcontext(conn) as connection:
            if not job_keys.reserve(connection, key, job):
                return
            with _untranslated(connection):
                self._client.enqueue_in_transaction(connection, options, job, key, name, dict(args), attempt)
            if delay <= 0:
                event.listen(connection, "commit", lambda _: self._bell.ring(), once=True)

    def _config(self, executor: str) -> DBOSConfig:
        return {
            "name": _NAME,
            "system_database_url": self._engine.url.render_as_string(hide_password=False),
            "system_database_engine": self._engine,
            "application_version": _VERSION,
            "executor_id": executor,
            "serializer": _Json(),
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 5.0,
            "notification_listener_polling_interval_sec": min(1.0, self._poll),
        }

    def _thread(self, name: str, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    # ── what the engine leaves to us ──

    def _supervise(self) -> None:
        cleared = 0
        pause = threading.Event()
        while not self._bell.is_set():
            try:
                self._look_after_others()
                if milliseconds() - cleared > _KEPT / 24:
                    cleared = milliseconds()
                    _clear(cleared - _KEPT)
            except Exception:  # noqa: BLE001 - it must live on when the database is away for a while
                _log.exception("supervisor failed")
            for _ in range(max(1, round(self._beat / 0.25))):
                if self._bell.is_set():
                    return
                pause.wait(min(self._beat, 0.25))

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
                DBOS.resume_workflows([job.workflow_id for job in left], queue_name=_QUEUE)
            with self._database.write() as connection:
                executors.remove(connection, id_)
            self._bell.ring()


@DBOS.workflow(name=_NAME, max_recovery_attempts=1_000_000)
def _job(job: str, key: str, name: str, args: Mapping[str, Any], attempt: int) -> None:
    if _running is not None:
        _running.run(job, key, name, args, attempt)


@DBOS.workflow(name="timetable")
def _tick(moment: str | datetime.datetime, name: str) -> None:
    if _running is not None:
        _running.tick(name, str(moment))


def _schedule(name: str, spec: str) -> None:
    with suppress(Exception):
        DBOS.delete_schedule(name)
    DBOS.create_schedule(schedule_name=name, workflow_fn=_tick, schedule=spec, context=name, queue_name=_QUEUE)


def _clear(before: int) -> None:
    """Lets the engine forget what ended before a moment (ms)."""
    moment = datetime.datetime.fromtimestamp(before / 1000, datetime.UTC).isoformat()
    while True:
        old = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=moment,
            limit=500,
            load_input=False,
            load_output=False,
        )
        if not old:
            return
        DBOS.delete_workflows([job.workflow_id for job in old])


def _engine(database: Database) -> Engine:
    """Connections of the engine's own to the same database, as it wants them."""
    if not database.is_sqlite:
        return create_engine(database.engine.url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    engine = create_engine(database.engine.url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _untranslated(connection: Connection) -> Any:
    """The engine leaves its own schema's name on the caller's connection; it is taken off again."""
    before = connection.get_execution_options().get("schema_translate_map")
    yield
    connection.execution_options(schema_translate_map=before or {})


def _as_text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
