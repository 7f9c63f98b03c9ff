"""Speed of the advisory database: building a generation, and looking up a host's packages.

    .venv/bin/python bench/store.py [ROWS ...]

Builds synthetic generations of the given numbers of affected rows (three platforms, a version named by six rows
as in AlmaLinux's errata; 12.6 rows an advisory as there, or 2.5 as in Debian's) and, for each, prints rows stored
per second and core, peak memory, the file's size, and the time of `rows()` for 600 package names. Parsing is no
part of it: the making of the records is timed alone beforehand and taken off.
"""

from __future__ import annotations

import platform
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from shindan.model.advisory import Advisory, Affected
from shindan.store.advisories import AdvisoryStore

CREATED = "2026-11-24T00:00:00Z"
NAMES = 600
LOOKUPS = 7
PACKAGES = 2_500
"""Source packages that ever had an advisory: about as many as Debian's."""


def advisories(rows: int, per_advisory: float = 2.5) -> Iterator[Advisory]:
    """Synthetic records, made as they are asked for; a few packages have most of the rows, as in life."""
    dice = random.Random(20261124)
    weights = [1 / (rank + 20) for rank in range(PACKAGES)]
    packages = dice.choices(range(PACKAGES), weights, k=10_000)
    versions = [_version(dice) for _ in range(rows // 6)]
    made = 0
    while made < rows:
        size = min(rows - made, int(dice.triangular(1, 2 * per_advisory, per_advisory)) or 1)
        yield _advisory(made, tuple(_affected(dice, packages, versions) for _ in range(size)))
        made += size


def _version(dice: random.Random) -> str:
    return (
        f"{dice.randrange(10)}.{dice.randrange(90)}.{dice.randrange(90)}-{dice.randrange(9)}+deb12u{dice.randrange(9)}"
    )


def _affected(dice: random.Random, packages: list[int], versions: list[str]) -> Affected:
    version = versions[dice.randrange(len(versions))]
    return Affected(
        platform=f"debian:{dice.randrange(11, 14)}",
        package=f"source-{packages[dice.randrange(10_000)]}",
        scheme="deb",
        fixed=version,
        state="fixed",
        vendor_state="resolved",
        severity=dice.choice(("low", "medium", "high", "")),
    )


def _advisory(number: int, affected: tuple[Affected, ...]) -> Advisory:
    return Advisory(
        id=f"DSA-{number}",
        feed="bench",
        title=f"security update {number}",
        affected=affected,
        cves=(f"CVE-2026-{number}", f"CVE-2026-{number + 1}"),
        description="A flaw was found in how input is handled. " * 8,
        references=("https://example.org/advisory", "https://example.org/commit"),
        published="2026-01-02",
        modified="2026-02-03",
    )


def build(folder: Path, rows: int, per_advisory: float) -> None:
    """Build one generation and print its figures; run in a process of its own, for its memory is measured."""
    start = time.process_time()
    for _ in advisories(rows, per_advisory):
        pass
    making = time.process_time() - start
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    records = advisories(rows, per_advisory)
    generation = AdvisoryStore(folder).write("bench", "", records, knows="states", created=CREATED)
    spent = time.process_time() - start - making
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(path.stat().st_size for path in folder.glob("*.sqlite"))
    print(f"{rows:>9,} rows, {generation.advisories:,} advisories")
    print(f"  stored          {rows / spent:>12,.0f} rows/s/core  ({spent:.2f} s, {size / 1e6:.0f} MB)")
    print(f"  peak RSS        {peak / 1024:>12,.0f} MB  ({before / 1024:.0f} MB before)")


def look_up(folder: Path) -> None:
    """Print the median time of `rows()` for a host of 600 packages, the busiest ones among them."""
    names = [f"source-{number}" for number in range(NAMES)]
    times, found = [], 0
    start = time.perf_counter()
    with AdvisoryStore(folder).open() as reader:
        opened = time.perf_counter() - start
        for _ in range(LOOKUPS):
            start = time.perf_counter()
            found = sum(map(len, reader.rows("debian:12", names).values()))
            times.append(time.perf_counter() - start)
    print(f"  open            {opened * 1000:>12,.1f} ms")
    print(f"  rows({NAMES} names) {statistics.median(times) * 1000:>12,.1f} ms median, {found:,} rows")
    print(f"                  {times[0] * 1000:>12,.1f} ms the first time in a process")


def main(arguments: list[str]) -> None:
    """Run every size and shape in processes of their own."""
    match arguments:
        case ["build", folder, rows, per_advisory]:
            build(Path(folder), int(rows), float(per_advisory))
            return
        case ["look_up", folder]:
            look_up(Path(folder))
            return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()},", end=" ")
    print(f"SQLite {sqlite3.sqlite_version}; synthetic records, CPU seconds of one process", flush=True)
    for size in [int(argument) for argument in arguments] or [125_000, 1_000_000]:
        for per_advisory in ("2.5", "12.6"):
            with tempfile.TemporaryDirectory(prefix="shindan-bench-") as folder:
                _run("build", folder, str(size), per_advisory)
                _run("look_up", folder)


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, __file__, *arguments], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
