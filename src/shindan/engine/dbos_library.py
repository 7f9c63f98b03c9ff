"""The library behind the job engine as we need it: its configuration, its connections, and what it would poll for.

Beside `jobs_dbos` nothing else imports DBOS. The names of it that are not public are all here: the thread of one queue,
the thread that looks for queues, how often it looks for delays that are over, and migrating without starting anything
(docs/decisions/0008-jobs.md).
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, Serializer, _dbos, _workflow_commands
from dbos._queue import queue_worker_thread
from sqlalchemy import Connection, Engine, create_engine, event

from shindan.engine.doorbell import Doorbell
from shindan.store.database import Database

NAME, QUEUE = "shindan", "jobs"
VERSION = "1"
"""Raised by hand when jobs that wait can no longer be done by newer code."""


class Json(Serializer):
    """Whoever can write the database must not be able to run code in a worker, as a pickle would let them."""

    def serialize(self, data: Any) -> str:
        """See `Serializer.serialize`."""
        return json.dumps(data, separators=(",", ":"), default=_as_text)

    def deserialize(self, serialized_data: str) -> Any:
        """See `Serializer.deserialize`."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """See `Serializer.name`."""
        return "shindan_json"


def client(engine: Engine) -> DBOSClient:
    """For enqueuing, without a worker; it connects when it is first used."""
    return DBOSClient(system_database_engine=engine, serializer=Json(), application_name=NAME, lazy=True)


def migrate(of: DBOSClient) -> None:
    """Makes the library's own tables, or brings them up to date."""
    of._sys_db.run_migrations()


def launch(engine: Engine, executor: str, poll: float) -> DBOS:
    """Starts the library under a worker's id. It looks for delays that are over every `poll` seconds."""
    # It would look every second for queues to read, and read one of its own that nobody uses.
    inside: Any = _dbos
    inside.queue_thread = _no_queues
    _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = poll
    dbos = DBOS(config=_config(engine, executor, poll))
    DBOS.launch()
    return dbos


def queue_thread(dbos: DBOS, bell: Doorbell, concurrency: int, poll: float) -> threading.Thread:
    """A thread, not started yet, that takes jobs from the queue: every `poll` seconds and when the bell rings."""
    queue = DBOS.register_queue(
        QUEUE, worker_concurrency=concurrency, polling_interval_sec=poll, on_conflict="always_update"
    )
    queue.database_backed_queue = False  # nobody changes it while we run: it need not be read again each time
    return threading.Thread(target=queue_worker_thread, args=(bell, dbos, queue), name="jobs", daemon=True)


def schedule(workflow: Any, name: str, spec: str) -> None:
    """Has a workflow run on a timetable, in place of an older one of this name."""
    with suppress(Exception):
        DBOS.delete_schedule(name)
    DBOS.create_schedule(schedule_name=name, workflow_fn=workflow, schedule=spec, context=name, queue_name=QUEUE)


def clear(before: int) -> None:
    """Lets the library forget what ended before a moment (ms)."""
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


def engine_of(database: Database) -> Engine:
    """Connections of the library's own to the same database, as it wants them."""
    if not database.is_sqlite:
        return create_engine(database.engine.url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    engine = create_engine(database.engine.url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    return engine


@contextmanager
def untranslated(connection: Connection) -> Iterator[None]:
    """The library leaves its own schema's name on the caller's connection; it is taken off again."""
    before = connection.get_execution_options().get("schema_translate_map")
    yield
    connection.execution_options(schema_translate_map=before or {})


def _config(engine: Engine, executor: str, poll: float) -> DBOSConfig:
    return {
        "name": NAME,
        "system_database_url": engine.url.render_as_string(hide_password=False),
        "system_database_engine": engine,
        "application_version": VERSION,
        "executor_id": executor,
        "serializer": Json(),
        "log_level": "WARNING",
        "scheduler_polling_interval_sec": 60.0,  # every second in the first minute, when timetables are made
        # We send no messages between jobs; on PostgreSQL it would wake a hundred times a second for them.
        "use_listen_notify": False,
        "notification_listener_polling_interval_sec": min(1.0, poll),
    }


def _no_queues(*_: Any) -> None:
    """Stands in for the library's search for queues: ours has a thread of ours, which hears the bell."""


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _as_text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
