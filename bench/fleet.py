"""Judging a fleet: verdicts alone, and with the facts' parsing and the findings' writing.

    .venv/bin/python bench/fleet.py [HOSTS]

10,000 hosts of 600 packages each, of two Debian releases, against 50,000 advisories with 125,000 affected rows; each
host is at one of three states of its updates, which makes some 15,000 distinct packages. Every figure is of one core.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from shindan.model.advisory import Advisory, Affected
from shindan.rules.cve.fleet import Fleet
from shindan.rules.cve.match import Matcher
from shindan.service.fleet import FleetFacts
from shindan.store.advisories import AdvisoryStore

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
            matcher = Fleet(Matcher(reader))
            facts = FleetFacts(matcher)
            begun = time.process_time()
            numbered = [facts.packages(blob)[1] for blob in fleet]
            parsed = time.process_time() - begun
            begun = time.process_time()
            judged = matcher.judge()
            verdicts = sum(len(matcher.verdicts(packages)) for packages in numbered)
            matched = time.process_time() - begun
            begun = time.process_time()
            count = _written(folder, matcher, numbered)
            written = time.process_time() - begun
    print(f"facts to numbers   {parsed:>8.2f} s cpu   {hosts / parsed:>10,.0f} hosts/s")
    print(f"verdicts           {matched:>8.2f} s cpu   {judged:,} distinct packages, {verdicts:,} affected packages")
    print(f"findings written   {written:>8.2f} s cpu   {count:,} rows, {count / written:,.0f} rows/s")
    total = parsed + matched + written
    print(f"all of it          {total:>8.2f} s cpu   {hosts / total:,.0f} hosts/s; bar: verdicts 1.5 s, all 15 s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak RSS           {peak:,.0f} MB, the made fleet of {sum(map(len, fleet)) / 1e6:,.0f} MB included")


def _written(folder: Path, fleet: Fleet, numbered: list[list[int]]) -> int:
    """Every finding as a thin row of host and rule; a rule is one package's one id, and its texts stand once.

    A host's rows are one statement: its rules travel as one JSON list and become rows inside SQLite, which takes a
    third of the time of binding them one by one (PostgreSQL has `unnest` for it).
    """
    connection = sqlite3.connect(folder / "findings.sqlite", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        "CREATE TABLE rule (number INTEGER PRIMARY KEY, id TEXT); CREATE TABLE finding (host INTEGER, rule INTEGER)"
    )
    rules: list[str] = []
    of_package: list[str] = []
    for package in range(len(fleet)):
        begun = len(rules)
        rules += [decision.lead for _, decisions in fleet.affected([package]) for decision in decisions]
        of_package.append(",".join(map(str, range(begun, len(rules)))))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO rule VALUES (?, ?)", enumerate(rules))
    connection.execute("COMMIT")
    for host, packages in enumerate(numbered):
        if host % 50 == 0:
            connection.execute("BEGIN")
        found = ",".join(filter(None, map(of_package.__getitem__, packages)))
        connection.execute("INSERT INTO finding SELECT ?, value FROM json_each(?)", (host, f"[{found}]"))
        if host % 50 == 49 or host == len(numbered) - 1:
            connection.execute("COMMIT")
    (count,) = connection.execute("SELECT count(*) FROM finding").fetchone()
    connection.close()
    return int(count)


if __name__ == "__main__":
    main(sys.argv[1:])
