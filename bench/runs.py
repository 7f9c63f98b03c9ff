"""Runs at size: evaluating and storing 1,000 hosts × 600 packages with 500,000 findings, and reading them by page.

    .venv/bin/python bench/runs.py [sqlite|postgresql …]

The hosts have one release and are at one of three states of their updates. What a run does is done here without the job
engine, by one worker: reading the inventories, judging, writing findings, issues, exclusions and usage, ending the run.
Pages are timed with 1,000,000 findings stored, by the verb that the API calls (no HTTP, no signature).
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from run_world import QUICK, RunWorld, run_world
from shindan.engine.advance import advance
from shindan.model.advisory import Advisory, Affected
from shindan.model.host import Host
from shindan.service import runs, stored_findings
from shindan.service.service import Quotas
from shindan.service.stored_findings import FindingFilter
from shindan.store import hosts
from shindan.store.advisories import AdvisoryStore
from stores import databases

CREATED = "2026-11-24T00:00:00Z"
HOSTS, PACKAGES, FLAWS, STEPS = 1_000, 600, 500, 3


def advisories() -> Iterator[Advisory]:
    """As many CVEs as a host has findings of, most of them about a few packages, as it is with kernels and browsers."""
    dice = random.Random(7)
    for number in range(FLAWS):
        package = min(int(dice.expovariate(1 / 80)), PACKAGES - 1)
        row = Affected("debian:12", f"source-{package}", "deb", fixed="2.0-1", state="fixed", severity="high")
        text = "A flaw that lets somebody far away do what they should not. " * 8
        yield Advisory(f"CVE-2025-{number:05}", "bench", affected=(row,), modified="2026-11-20", description=text)


def inventory(number: int) -> bytes:
    """One host's facts; the newest of three versions of each package are as vulnerable as the others."""
    dice = random.Random(number)
    lines = [
        {"kind": "platform", "subject": "os", "data": {"id": "debian", "version_id": "12", "name": "Debian 12"}},
        {"kind": "kernel", "subject": "running", "data": {"release": "6.1.0-37-amd64"}},
    ]
    for package in range(PACKAGES):
        version = f"1.{dice.randrange(STEPS)}-1"
        data = {
            "type": "deb",
            "version": version,
            "arch": "amd64",
            "source": f"source-{package}",
            "source_version": version,
            "maintainer": "Somebody Or Other <somebody@debian.org>",
        }
        lines.append({"kind": "package", "subject": f"package-{package}", "data": data})
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def furnish(living: RunWorld) -> None:
    """Hosts with inventories, as rows and blobs."""
    now = time.time_ns() // 1_000_000
    account = living.world.caller.account
    kept = [(living.service.blobs.put(inventory(number)), number) for number in range(HOSTS)]
    with living.service.database.write() as connection:
        for digest, number in kept:
            host = Host(f"i-{number:017x}", account, f"host-{number}", now, platform="debian:12")
            hosts.add(connection, replace(host, facts=digest, facts_at=now, last_seen=now), f"host-{number}")


def evaluated(living: RunWorld, name: str) -> float:
    """Seconds of a run from its start to its end."""
    arn = living.start(name=name)
    began, busy = time.perf_counter(), time.process_time()
    advance(living.work, {"run": arn.id})
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    view = living.view(arn)
    assert view.run.state == "COMPLETED", view.run.state
    print(f"{name}: {seconds:.1f} s ({busy:.1f} s of this process), {sum(dict(view.run.counts).values()):,} findings")
    return seconds


def on_disk(folder: Path, backend: str) -> int:
    """Bytes of a folder's files. Where the database is SQLite it is among them, its write-ahead log written back."""
    if backend == "sqlite":
        for file in folder.rglob("*.sqlite"):
            with sqlite3.connect(file) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def pages(living: RunWorld) -> None:
    """Medians and 99th percentiles of reading pages and describing what they name."""
    caller, service = living.world.caller, living.service
    newest = runs.list_(service, caller, max_results=1).items
    filters: dict[str, dict[str, Any]] = {
        "all runs": {},
        "one run": {"runs": newest},
        "one run, High": {"runs": newest, "filter": FindingFilter(severities=("High",))},
        "one host": {"filter": FindingFilter(hosts=("i-00000000000000001",))},
        "one CVE": {"filter": FindingFilter(rules=("CVE-2025-00001",))},
    }
    for what, wanted in filters.items():
        taken, token = [], None
        for _ in range(200):
            began = time.perf_counter()
            page = stored_findings.list_(service, caller, token=token, max_results=100, **wanted)
            taken.append((time.perf_counter() - began) * 1000)
            token = page.next_token
            if token is None:
                break
        print(f"ListFindings, 100 of {what}: {_spread(taken)}")
    taken = []
    names = stored_findings.list_(service, caller, max_results=100).items
    for start in range(0, 100, 10):
        for _ in range(10):
            began = time.perf_counter()
            stored_findings.describe(service, caller, names[start : start + 10])
            taken.append((time.perf_counter() - began) * 1000)
    print(f"DescribeFindings of 10: {_spread(taken)}")


def _spread(taken: list[float]) -> str:
    ordered = sorted(taken)
    worst = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return (
        f"median {statistics.median(ordered):.2f} ms, 99 % {worst:.2f} ms, first {taken[0]:.2f}, last {taken[-1]:.2f}"
    )


def main() -> None:
    for backend in sys.argv[1:] or ["sqlite", "postgresql"]:
        print(f"── {backend}")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            store = AdvisoryStore(folder / "data/advisories")
            store.write("bench", "bench", advisories(), knows="states", created=CREATED)
            for database in databases(backend, folder):
                quotas = Quotas(hosts_in_runs=100_000)
                with run_world(database, folder / "data", timing=QUICK, working=False, quotas=quotas) as living:
                    furnish(living)
                    before = on_disk(folder, backend)
                    for name in ("first run", "second run"):
                        evaluated(living, name)
                        after = on_disk(folder, backend)
                        print(f"{name}: {(after - before) / 1e6:.0f} MB more on disk, now {after / 1e6:.0f} MB")
                        before = after
                    pages(living)
        print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
