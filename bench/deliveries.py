"""The outbox at size: how fast waiting events leave the house, and what 500,000 of them cost a run and the worker.

    .venv/bin/python bench/deliveries.py [sqlite|postgresql …]

Events are delivered by the job's own function, without the job engine: once to a channel that takes no time (what the
outbox itself costs), once to an HTTPS receiver on loopback, in a process of its own. Then 500,000 events of one run
wait, and what looks at them is timed.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import Connection, func, select

from receivers import receiver
from run_world import RunWorld, notifier, run_world
from service_world import ACCOUNT
from shindan.engine import delivering
from shindan.engine.clock import milliseconds
from shindan.engine.delivering import deliver_to
from shindan.model.event import Message, Sent
from shindan.notify import Notifier
from shindan.store import deliveries, outbox, tables
from stores import databases

FEW, MANY, HOST = 2_000, 500_000, 500
"""Events to drain, events to wait, and findings of one host: what one transaction of an evaluation reports."""


class Nowhere:
    """A channel that takes everything at once."""

    def takes(self, address: str) -> bool:
        """See `Channel.takes`."""
        return True

    def send(self, address: str, message: Message) -> Sent:
        """See `Channel.send`."""
        return Sent("SUCCESS")

    introduce = send


def put(living: RunWorld, run: str, topic: str, number: int) -> float:
    """Seconds of writing so many events of a run, a host's at a time."""
    began = time.perf_counter()
    for start in range(0, number, HOST):
        names = range(start, min(start + HOST, number))
        payloads = [{"event": "FINDING_REPORTED", "run": run, "finding": f"{run}/finding/0-{n:08}"} for n in names]
        with living.service.database.write() as connection:
            outbox.add(connection, ACCOUNT, run, "FINDING_REPORTED", [topic], payloads, milliseconds())
    return time.perf_counter() - began


def drained(living: RunWorld, channel: Notifier, topic: str) -> None:
    """Sends everything that waits for a topic, and says how fast."""
    put(living, living.start(name=topic[-12:]).id, topic, FEW)
    work = replace(living.work, notifier=channel)
    began, busy = time.perf_counter(), time.process_time()
    while _waiting(living, topic):
        deliver_to(work, {"topic": topic})
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"  {FEW / seconds:8,.0f} events/s, {busy / FEW * 1e6:6,.0f} us of CPU each: {topic[:20]}")


def _waiting(living: RunWorld, topic: str) -> bool:
    with living.service.database.read() as connection:
        return deliveries.next_due(connection, topic) is not None


def flooded(living: RunWorld) -> None:
    """Many events of one run."""
    topic, run = "nowhere:flood", living.start(name="flood").id
    seconds = put(living, run, topic, MANY)
    print(f"  {MANY:,} events: written in {seconds:.1f} s")
    looks: dict[str, Callable[[Connection], object]] = {
        "who has mail": lambda connection: deliveries.topics(connection, milliseconds()),
        "when to come back": lambda connection: deliveries.next_due(connection),
        "whose turn": lambda connection: deliveries.heads(connection, topic),
        "the first": lambda connection: deliveries.take(connection, topic, run, milliseconds(), milliseconds()),
    }
    for what, look in looks.items():
        began = time.perf_counter()
        with living.service.database.write() as connection:
            look(connection)
        print(f"  {what}: {(time.perf_counter() - began) * 1000:.1f} ms")
    work, began = replace(living.work, notifier=Notifier([Nowhere()])), time.perf_counter()
    delivering.deliver_to(work, {"topic": topic})
    seconds = time.perf_counter() - began
    with living.service.database.read() as connection:
        first = deliveries.take(connection, topic, run, milliseconds(), milliseconds())
    gone = first[0].number - _first(living, run) if first else MANY
    print(f"  one turn: {gone:,} of them in {seconds:.1f} s")


def _first(living: RunWorld, run: str) -> int:
    first = select(func.min(tables.outbox.c.number)).where(tables.outbox.c.run == run)
    with living.service.database.read() as connection:
        return int(connection.execute(first).scalar_one())


@contextmanager
def listening() -> Iterator[tuple[str, Path]]:
    """A receiver in a process of its own: its address and certificate."""
    ours, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as name:
        process = multiprocessing.get_context("spawn").Process(target=_listen, args=(theirs, name), daemon=True)
        process.start()
        yield ours.recv(), Path(name) / "receiver.pem"
        process.kill()
        process.join()


def _listen(pipe: Pipe, folder: str) -> None:
    with receiver(Path(folder)) as made:
        pipe.send(made.url)
        time.sleep(3600)


def main() -> None:
    """Every figure, on every database that is named."""
    with listening() as (address, ca):
        for backend in sys.argv[1:] or ["sqlite", "postgresql"]:
            print(f"── {backend}")
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                for database in databases(backend, folder):
                    with run_world(database, folder / "data", working=False) as living:
                        living.world.target()
                        drained(living, Notifier([Nowhere()]), "nowhere:one")
                        drained(living, notifier(database, folder / "data", ca), address)
                        flooded(living)


if __name__ == "__main__":
    main()
