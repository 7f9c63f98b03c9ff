"""Whole commands as processes: start, `collect` of 3,000 packages, and `scan` of this host on a warm database.

    .venv/bin/python bench/commands.py [DATA]

DATA is a data folder that covers this host; without it one is made by `shindan feeds update` (which may take a
minute). Prints the median wall time of several runs and the peak memory of the process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 7
SHINDAN = str(Path(sys.executable).with_name("shindan"))
SOURCE = Path(__file__).resolve().parent.parent / "src"
COLLECT = (
    f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from shindan.collect.command import main; "
    "raise SystemExit(main(sys.argv[1:]))"
)


def measured(command: Sequence[str]) -> tuple[float, float, float]:
    """Median wall seconds, median CPU seconds, and peak MB of the largest process, over several runs after one."""
    walls, cpus, peak = [], [], 0.0
    for run in range(RUNS + 1):
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} failed with {child.returncode}")
        if run:  # the first warms caches
            walls.append(wall)
            cpus.append(used.ru_utime + used.ru_stime)
        peak = max(peak, used.ru_maxrss / 1024)
    return statistics.median(walls), statistics.median(cpus), peak


def show(name: str, command: Sequence[str], note: str = "") -> None:
    """One line of figures."""
    wall, cpu, peak = measured(command)
    print(f"{name:<28} {wall * 1000:>8,.0f} ms wall  {cpu * 1000:>8,.0f} ms cpu  {peak:>6,.1f} MB  {note}", flush=True)


def stanza(number: int, status: str) -> str:
    """A package as dpkg and apt write it."""
    return (
        f"Package: package-{number}\n{status}Priority: optional\nSection: libs\n"
        f"Installed-Size: {number}\nMaintainer: Somebody <somebody@debian.org>\nArchitecture: amd64\n"
        f"Source: source-{number // 3} (1.{number}-1)\nVersion: 1.{number}-1+b1\n"
        f"Depends: libc6 (>= 2.36), libfoo{number} (>= 1.0)\nDescription: a package\n"
        + " A long description that says what it is for, in several lines of text.\n" * 8
        + "\n"
    )


def large_root(folder: Path, packages: int = 3000) -> Path:
    """A root with so many packages in dpkg's database and in apt's lists."""
    (folder / "etc/apt").mkdir(parents=True)
    (folder / "var/lib/dpkg").mkdir(parents=True)
    (folder / "var/lib/apt/lists").mkdir(parents=True)
    (folder / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    (folder / "etc/apt/sources.list").write_text("deb http://deb.debian.org/debian bookworm main\n")
    # Written one by one: what this process ever held counts as memory of the processes that it starts.
    with (folder / "var/lib/dpkg/status").open("w") as status:
        for number in range(packages):
            status.write(stanza(number, "Status: install ok installed\n"))
    lists = folder / "var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages"
    with lists.open("w") as index:
        for number in range(5 * packages):
            index.write(stanza(number % packages, ""))
    return folder


def main(arguments: list[str]) -> None:
    """Print every figure."""
    print(f"inputs:  median of {RUNS} runs after a first; peak memory is of the whole process")
    show("shindan --help", [SHINDAN, "--help"], "bar: 150 ms")
    with tempfile.TemporaryDirectory(prefix="shindan-bench-") as name:
        root = large_root(Path(name) / "root")
        command = [sys.executable, "-I", "-S", "-c", COLLECT, "--root", str(root)]
        show("collect, 3,000 packages", command, "bar: 30 MB; status of 3,000 and a list of 15,000 entries")
        show("collect, this host", [sys.executable, "-I", "-S", "-c", COLLECT], "bar: 30 MB")
        data = arguments[0] if arguments else name + "/data"
        if not arguments:
            subprocess.run([SHINDAN, "scan", "--data", data], stdout=subprocess.DEVNULL, check=False)
        for form in ("table", "json", "html"):
            command = [SHINDAN, "scan", "--no-update", "--data", data, "--format", form]
            show(f"scan, warm, {form}", command, "bar: 1,000 ms, 120 MB")
        show("scan, warm, as typed", [SHINDAN, "scan", "--data", data], "with the question whether feeds are due")
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
