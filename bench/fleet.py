"""Judging a fleet as the service does: verdicts alone, and with the facts' reading and the findings' writing.

    .venv/bin/python bench/fleet.py [HOSTS]

10,000 hosts of 600 packages each, of two Debian releases, against 50,000 advisories with 125,000 affected rows; each
host is at one of three states of its updates, which makes some 15,000 distinct packages. Every figure is of one core.

The verdicts alone are which packages of each host are affected: the matcher on each distinct package, and look-ups.
All of it is the judge of a run, in the batches of a run (facts read, verdicts, texts, one flaw a host and CVE), and
each of its flaws written as a thin row. Issues and exclusions, which a run writes, too, are in `bench/runs.py`.
"""

from __future__ import annotations

import datetime
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from shindan.engine.evaluating import BATCH
from shindan.engine.judge import Flaw, HostVerdict
from shindan.model.advisory import Advisory, Affected
from shindan.rules.cve.match import Matcher
from shindan.service.fleet_lines import HostLines, Lines
from shindan.service.judging import CveJudging
from shindan.store.advisories import AdvisoryReader, AdvisoryStore

CREATED = "2026-11-24T00:00:00Z"
ADVISORIES, ROWS, SOURCES, INSTALLED = 50_000, 125_000, 7_800, 600
RELEASES, STEPS = ("12", "13"), 3


def advisories(dice: random.Random) -> Iterator[Advisory]:
    """As many advisories and rows as the figure is about; versions of one package rise from advisory to advisory."""
    per = ROWS / ADVISORIES
    made = 0
    for number in range(ADVISORIES):
        rows = []
        while made < (number + 1) * per:
            package = min(int(dice.expovariate(1 / 1200)), SOURCES - 1)
            fixed = f"1.{dice.randrange(40)}.{dice.randrange(20)}-{dice.randrange(1, 5)}"
            rows.append(
                Affected(f"debian:{dice.choice(RELEASES)}", f"source-{package}", "deb", fixed=fixed, state="fixed")
            )
            made += 1
        yield Advisory(f"CVE-2025-{number:05}", "bench", affected=tuple(rows), modified="2026-11-20")


def line(package: int, step: int) -> bytes:
    """A package fact as the collector writes it."""
    version = f"1.{38 - step}.{package % 20}-1"
    data = {
        "type": "deb",
        "version": version,
        "arch": "amd64",
        "source": f"source-{package}",
        "source_version": version,
        "maintainer": "Somebody Or Other <somebody@debian.org>",
        "repository": "http://deb.debian.org/debian bookworm main",
    }
    fact = {"kind": "package", "subject": f"package-{package}", "data": data}
    return json.dumps(fact, separators=(",", ":")).encode()


def host(dice: random.Random, lines: list[list[bytes]]) -> bytes:
    """One host's facts."""
    release = dice.choice(RELEASES)
    platform = {"kind": "platform", "subject": "os", "data": {"id": "debian", "version_id": release}}
    packages = dice.sample(range(2_500), INSTALLED)
    step = dice.randrange(STEPS)
    return b"\n".join([json.dumps(platform).encode(), *(lines[package][step] for package in packages), b""])


def main(arguments: list[str]) -> None:
    """Print the figures."""
    hosts = int(arguments[0]) if arguments else 10_000
    dice = random.Random(20261124)
    lines = [[line(package, step) for step in range(STEPS)] for package in range(2_500)]
    with tempfile.TemporaryDirectory(prefix="shindan-bench-") as name:
        folder = Path(name)
        store = AdvisoryStore(folder / "advisories")
        generation = store.write("osv", "", advisories(dice), knows="states", created=CREATED)
        fleet = [host(dice, lines) for _ in range(hosts)]
        print(
            f"inputs:  {hosts:,} hosts x {INSTALLED} packages,"
            f" {generation.advisories:,} advisories, {generation.rows:,} rows"
        )
        with store.open() as reader:
            verdicts(reader, fleet)
        with store.open() as reader:
            everything(reader, fleet, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak RSS           {peak:,.0f} MB, the made fleet of {sum(map(len, fleet)) / 1e6:,.0f} MB included")


def verdicts(reader: AdvisoryReader, fleet: Sequence[bytes]) -> None:
    """Which packages of each host are affected."""
    begun = time.process_time()
    read = Lines()
    hosts = [read.host(facts) for facts in fleet]
    parsed = time.process_time() - begun
    by_platform: dict[str, list[HostLines]] = {}
    for one in hosts:
        if one.inventory.platform is not None:
            by_platform.setdefault(one.inventory.platform.key, []).append(one)
    begun = time.process_time()
    matcher, judged, affected = Matcher(reader), 0, 0
    for platform, members in by_platform.items():
        numbers = {number for one in members for number in one.packages}
        subjects = {number: read.subjects[number] for number in numbers}
        matcher.load(platform, subjects.values())
        hit = {number for number, subject in subjects.items() if matcher.judge(subject, platform).affected}
        affected += sum(len(list(filter(hit.__contains__, one.packages))) for one in members)
        judged += len(subjects)
    matched = time.process_time() - begun
    print(f"facts to numbers   {parsed:>8.2f} s cpu   {len(fleet) / parsed:>10,.0f} hosts/s")
    print(f"verdicts           {matched:>8.2f} s cpu   {judged:,} distinct packages, {affected:,} affected packages")


def everything(reader: AdvisoryReader, fleet: Sequence[bytes], folder: Path) -> None:
    """The whole way from facts to stored findings."""
    judge = CveJudging(reader, datetime.datetime.fromisoformat(CREATED))
    writer = Writer(folder / "findings.sqlite")
    judging = writing = 0.0
    for start in range(0, len(fleet), BATCH):
        begun = time.process_time()
        said = judge.judge(fleet[start : start + BATCH])
        between = time.process_time()
        writer.write(start, said)
        judging += between - begun
        writing += time.process_time() - between
    count = writer.finish()
    print(f"judged as in a run {judging:>8.2f} s cpu   {len(fleet) / judging:>10,.0f} hosts/s, facts' reading included")
    print(f"findings written   {writing:>8.2f} s cpu   {count:,} rows, {count / writing:,.0f} rows/s")
    total = judging + writing
    print(f"all of it          {total:>8.2f} s cpu   {len(fleet) / total:,.0f} hosts/s; bar: verdicts 1.5 s, all 15 s")


class Writer:
    """Keeps every finding as a thin row of host and rule; a rule's texts stand once.

    A host's rows are one statement: its rules travel as one JSON list and become rows inside SQLite, which takes a
    third of the time of binding them one by one (PostgreSQL has `unnest` for it).
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
            "CREATE TABLE rule (number INTEGER PRIMARY KEY, id TEXT, text TEXT);"
            "CREATE TABLE finding (host INTEGER, rule INTEGER)"
        )
        self._numbers: dict[int, str] = {}
        self._kept: list[Flaw] = []  # alive, so that no other takes its identity

    def write(self, first: int, batch: Sequence[HostVerdict]) -> None:
        """Keeps a batch of hosts, numbered from `first` on."""
        self._connection.execute("BEGIN")
        for host_number, verdict in enumerate(batch, first):
            try:
                rules = [self._numbers[id(flaw)] for flaw in verdict.flaws]
            except KeyError:
                rules = [self._number(flaw) for flaw in verdict.flaws]
            statement = "INSERT INTO finding SELECT ?, value FROM json_each(?)"
            self._connection.execute(statement, (host_number, f"[{','.join(rules)}]"))
        self._connection.execute("COMMIT")

    def finish(self) -> int:
        """The number of findings."""
        (count,) = self._connection.execute("SELECT count(*) FROM finding").fetchone()
        self._connection.close()
        return int(count)

    def _number(self, flaw: Flaw) -> str:
        known = self._numbers.get(id(flaw))
        if known is None:
            known = self._numbers[id(flaw)] = str(len(self._kept))
            self._kept.append(flaw)
            row = (len(self._kept) - 1, flaw.rule.id, flaw.rule.description)
            self._connection.execute("INSERT INTO rule VALUES (?, ?, ?)", row)
        return known


if __name__ == "__main__":
    main(sys.argv[1:])
