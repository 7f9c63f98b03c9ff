"""Reports and exports at size: CPU seconds and peak memory, each made by a process of its own.

    .venv/bin/python bench/reports.py [FINDINGS [HOSTS [FORM …]]]

A report of a run with 3,000 findings as HTML and PDF (the bar: 3 s, 300 MB), and a run of 10,000 hosts with 50 findings
each, of 5,000 rules, as HTML and in every form of export (the bar: 500 MB), from a database in a file (SQLite).
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import insert

from run_reports import large
from service_world import ACCOUNT, REGION, world
from shindan.engine.fleet_of_run import fleet_of_run
from shindan.engine.gathering import gather
from shindan.engine.reporting import render
from shindan.model.arn import parse
from shindan.model.fleet import FORMS
from shindan.render.fleet import load
from shindan.render.plain_stream import PlainStream
from shindan.store import findings, rules, runs
from shindan.store.database import Database
from shindan.store.findings import NewFinding
from shindan.store.rules import Rule
from shindan.store.tables import run_host
from stores import databases

RULES, AT_ONCE = 5_000, 40
_ABOUT = (
    "A missing check of a length lets whoever can send a packet to the service write behind the end of a buffer. " * 4
)


def furnish(folder: Path, number: int, members: int) -> str:
    """A database with a run of so many findings on so many hosts; the run's id."""
    for database in databases("sqlite", folder):
        made = world(database, folder)
        dice = random.Random(7)
        template = made.template(made.target())
        arn = made.run(parse(template), "COMPLETED")
        texts = [_rule(count) for count in range(RULES)]
        with database.write() as connection:
            numbers = list(rules.numbers(connection, texts).items())
        for start in range(0, members, AT_ONCE):
            with database.write() as connection:
                hosts = [f"i-{host:017x}" for host in range(start, min(start + AT_ONCE, members))]
                rows = [_member(arn.id, host) for host in hosts]
                connection.execute(insert(run_host), rows)
                new = [
                    NewFinding(host, 0, key, dice.randrange(4), f"{rule.component}-0:1.2.3-4")
                    for host in hosts
                    for rule, key in dice.sample(numbers, number // members)
                ]
                findings.add(connection, ACCOUNT, arn.id, new, (), 1_795_521_600_000)
        return arn.id
    raise AssertionError


def _rule(count: int) -> Rule:
    id_, name = f"CVE-2026-{count:05}", f"package-{count // 8}"
    remedy = f"Bring {name} to 1.2.3-5 or newer. Reference: [{id_}](https://www.cve.org/CVERecord?id={id_})."
    shown = (("CVE_ID", id_), ("CVSS3_SCORE", "7.5"), ("CVSS3_VECTOR", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"))
    return Rule("cve", id_, f"Instance {{agent}} is vulnerable to {id_}", _ABOUT, remedy, shown, name, "1.2.3-5", "deb")


def _member(run_id: str, host: str) -> dict[str, object]:
    asset = {
        "agent": host, "hostname": f"{host}.example.org", "scaling_group": "", "image": "", "tags": [], "addresses": [],
        "network": [],
    }  # fmt: skip
    return {
        "run": run_id, "host": host, "health": "HEALTHY", "health_code": "IDLE", "telemetry": [], "asset": asset,
        "delivered_at": 1, "looked": {"packages": 420, "judged": {"debian": 409}, "not": {"foreign-origin": 11}},
    }  # fmt: skip


# ── the process that is measured ──


def child(what: str, folder: Path, run_id: str) -> None:
    """Makes one thing and prints what it cost."""
    begun = resource.getrusage(resource.RUSAGE_SELF)
    size = _size(what, folder, run_id)
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = mine.ru_utime + mine.ru_stime - begun.ru_utime - begun.ru_stime + theirs.ru_utime + theirs.ru_stime
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    print(json.dumps({"cpu": spent, "peak": max(peak, theirs.ru_maxrss), "size": size}))


def _size(what: str, folder: Path, run_id: str) -> int:
    if what in ("html", "pdf"):
        return len(render(large(3000), what.upper()))
    database = Database(f"sqlite:///{next(folder.glob('*.sqlite'))}")
    if what == "report":
        with database.read() as connection:
            run = runs.get(connection, run_id)
            assert run is not None
            made = gather(connection, REGION, run, "FULL")
        return len(render(made, "HTML"))
    fleet = fleet_of_run(database, REGION, run_id)
    assert fleet is not None
    path = folder / "export"
    with path.open("w", encoding="utf-8", newline="") as stream:
        load(what)(fleet, PlainStream(stream))
    return path.stat().st_size


def measure(name: str, what: str, folder: Path, run_id: str) -> None:
    """One line of the table."""
    argv = [sys.executable, __file__, "--child", what, str(folder), run_id]
    begun = time.monotonic()
    said = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    wall = time.monotonic() - begun
    peak, size = said["peak"] / 1024, said["size"] / 1e6
    print(f"{name:32} {said['cpu']:7.2f} s CPU {wall:7.1f} s  {peak:6.0f} MB  {size:8.1f} MB out", flush=True)


def main(number: int, members: int, forms: Sequence[str]) -> None:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="shindan-bench-") as name:
        folder = Path(name)
        for what in ("html", "pdf") if forms == FORMS else ():
            measure(f"3,000 findings as {what.upper()}", what, folder, "")
        run_id = furnish(folder, number, members)
        print(f"a run with {number:,} findings on {members:,} hosts:")
        if forms == FORMS:
            measure("report as HTML, FULL", "report", folder, run_id)
        for form in forms:
            measure(form, form, folder, run_id)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        total, on = [*map(int, sys.argv[1:3]), *(500_000, 10_000)[len(sys.argv[1:3]) :]]
        main(total, on, sys.argv[3:] or FORMS)
