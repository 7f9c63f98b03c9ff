"""A service with a real job engine and advisories about its hosts, for tests of whole runs.

Also a program, the worker that kill tests kill: `python tests/run_world.py ADDRESS FOLDER DRAIN [CA]`. With the
certificate of a receiver on loopback it delivers events, too.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from service_world import REGION, World, world
from shindan.engine.handlers import handlers
from shindan.engine.jobs_dbos import DbosJobs
from shindan.engine.timing import Timing
from shindan.engine.work import Work
from shindan.model.arn import Arn
from shindan.model.run import ENDED, RunView
from shindan.notify import Notifier
from shindan.notify.base import Outside
from shindan.service import runs
from shindan.service.judging import CveJudge
from shindan.service.service import Service
from shindan.service.signing import signer
from shindan.service.vault import open_keys
from shindan.store.blobs import Blobs
from shindan.store.database import Database
from shindan.store.schema_version import migrate
from worlds import import_records, record

QUICK = Timing(drain=0, feed_wait=0)
FLAWS = {
    "CVE-2026-0001": ("openssl", "3.0.17-1~deb12u3", "high"),
    "CVE-2026-0002": ("openssl", "3.0.18-1~deb12u1", "medium"),
    "CVE-2026-0003": ("curl", None, "low"),
}
"""Id → (source package, fixing version, Debian's urgency)."""


@dataclass
class RunWorld:
    """`world` is the service's; `work` what its jobs work with."""

    world: World
    work: Work
    jobs: DbosJobs

    @property
    def service(self) -> Service:
        """The service, for verbs."""
        return self.world.service

    def start(self, target: str | None = None, **more: Any) -> Arn:
        """A run of a new template."""
        name = more.pop("name", f"t{time.monotonic_ns()}")
        template = self.world.template(target or self.world.target(f"target {name}"), name, **more)
        return runs.start(self.service, self.world.caller, template)

    def view(self, arn: Arn) -> RunView:
        """The run as it is."""
        return runs.describe(self.service, self.world.caller, [str(arn)]).items[0]

    def ended(self, arn: Arn, patience: float = 30) -> RunView:
        """The run once it has ended."""
        until(lambda: self.view(arn).run.ended, patience)
        return self.view(arn)


def until(true: Callable[[], bool], patience: float = 30) -> None:
    """Waits for something that other threads or processes do; fails where it does not come."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def advisories(data: Path, flaws: Mapping[str, tuple[str, str | None, str]] = FLAWS) -> None:
    """Puts advisories about Debian 12 in force."""
    records = [record(id_, package, fixed, urgency=word) for id_, (package, fixed, word) in flaws.items()]
    import_records(data, records)


@contextmanager
def run_world(
    database: Database, folder: Path, *, timing: Timing = QUICK, working: bool = True, **service: Any
) -> Iterator[RunWorld]:
    """A world whose jobs are done, unless not `working`."""
    jobs = DbosJobs(database, folder / "jobs", poll=0.1, beat=0.5, dead_after=3)
    jobs.migrate()
    made = world(database, folder, jobs=jobs, **service)
    made = replace(made, service=replace(made.service, timing=timing))
    work = _work(database, folder, jobs, timing)
    if working:
        jobs.start(handlers(work))
    try:
        yield RunWorld(made, work, jobs)
    finally:
        jobs.close()
        # The library's log goes to what stderr was when its first worker began: a test's own, closed by now.
        logging.getLogger("dbos").handlers.clear()


def _work(database: Database, folder: Path, jobs: DbosJobs, timing: Timing) -> Work:
    return Work(database, Blobs(folder / "blobs"), jobs, folder, REGION, {"cve": CveJudge(folder)}, timing)


def notifier(database: Database, folder: Path, ca: Path) -> Notifier:
    """What sends to receivers on loopback, signed with this installation's key."""
    signs = signer(database, open_keys(database, folder))
    return Notifier.to(Outside(REGION, "https://shindan.test", signs, (ip_network("127.0.0.0/8"),), ca))


def _worker(address: str, folder: Path, drain: int, ca: str = "") -> None:
    database = Database(address)
    migrate(database)
    jobs = DbosJobs(database, folder / "jobs", poll=0.1, beat=0.5, dead_after=3)
    work = _work(database, folder, jobs, replace(QUICK, drain=drain))
    if ca:
        work = replace(work, notifier=notifier(database, folder, Path(ca)))
    jobs.start(handlers(work))
    jobs.enqueue("reconcile", {}, key="reconcile")
    while True:
        time.sleep(1)


if __name__ == "__main__":
    _worker(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])

__all__ = ["ENDED", "FLAWS", "QUICK", "RunWorld", "advisories", "notifier", "run_world", "until"]
