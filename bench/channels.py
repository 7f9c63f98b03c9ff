"""What channels cost whoever records findings: CPU of 100,000 of them (500 hosts, 200 rules), in batches of 40 hosts.

    .venv/bin/python bench/channels.py [sqlite|postgresql …]

Recording here is what is written of issues and tallies alone, which is less than half of what a run writes: the share
that is printed is an upper bound. With it: putting one message together of all of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from channeled import SNS, flaw
from scheduled import NotedJobs
from service_world import ACCOUNT, REGION, World, world
from shindan.engine.clock import milliseconds
from shindan.engine.digesting import tell
from shindan.engine.happening import note_issues
from shindan.engine.judge import HostVerdict
from shindan.engine.recording import observe
from shindan.service import channels
from shindan.service.channel_text import ChannelText
from shindan.store import happenings, rules, tables, tally
from stores import databases

HOSTS, RULES, BATCH = 500, 200, 40
CHANNELS: dict[str, list[dict[str, Any]]] = {
    "no channel": [],
    "one that wants nothing of it": [{"least": "High"}],
    "one that wants all of it": [{}],
    "ten that want a third of it": [{"least": "Medium", "packages": ("lib*",)}] * 10,
}
FLAWS = [flaw(f"CVE-2026-{number:05}", f"lib{number}", 1 + number % 3) for number in range(RULES)]


def record(here: World, hosts: list[str]) -> tuple[float, float]:
    """CPU seconds of writing it all, and of those for channels."""
    spent, noted = 0.0, 0.0
    for start in range(0, len(hosts), BATCH):
        some = hosts[start : start + BATCH]
        with here.database.write() as connection:
            begun = time.process_time()
            at = milliseconds()
            numbers = rules.numbers(connection, {one.rule for one in FLAWS})
            moves = observe(connection, ACCOUNT, "cve", {host: HostVerdict(FLAWS) for host in some}, numbers, at)
            before = time.process_time()
            note_issues(connection, here.service.jobs, ACCOUNT, moves)
            noted += time.process_time() - before
            tally.apply(connection, moves, at)
            spent += time.process_time() - begun
    return spent, noted


def measure(backend: str, name: str) -> None:
    """One line."""
    with tempfile.TemporaryDirectory() as folder:
        for database in databases(backend, Path(folder)):
            here = world(database, Path(folder), jobs=NotedJobs())
            hosts = [here.host(f"h{number}").id for number in range(HOSTS)]
            for number, wanted in enumerate(CHANNELS[name]):
                text = ChannelText(name=f"c{number}", address=SNS, **wanted)
                channels.create(here.service, here.caller, text)
            spent, noted = record(here, hosts)
            line = f"{backend:10}  {name:30}  {spent:6.2f} s  {noted * 1000:7.1f} ms  {100 * noted / spent:5.2f} %"
            print(line + told(here), flush=True)


def told(here: World) -> str:
    """How long it takes to put a message together."""
    with here.database.read() as connection:
        waiting = happenings.channels(connection)
        rows = len(connection.execute(tables.happening.select()).all())
    if not waiting:
        return ""
    begun = time.process_time()
    with here.database.write() as connection:
        tell(connection, waiting[0][0], milliseconds())
    return f"  {rows:,} rows; a message: {time.process_time() - begun:.2f} s"


if __name__ == "__main__":
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, {REGION}; {HOSTS * RULES:,} findings")
    for each in sys.argv[1:] or ["sqlite"]:
        for case in CHANNELS:
            measure(each, case)
