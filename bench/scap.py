"""A CIS benchmark by `oscap` and by us, side by side: `python bench/scap.py [REPETITIONS] [--here]`, as root.

The root is Ubuntu 22.04 as debootstrap makes it, in private namespaces; with `--here` it is this machine with all its
files, under the name of Ubuntu 22.04, for which there is content. `oscap` evaluates its content's profile of the
second level for servers, we collect all that the benchmark's rules want, the walk over the file systems among it, and
evaluate the same level. Wall and CPU seconds are medians; memory is the larger peak of collecting and evaluating.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from system.confined import Confined, confined_over
from system.oscap_carried import OSCAP, PROFILE, carried
from system.oscap_variants import BASE
from system.roots import ubuntu_root
from system.test_oscap_judge import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
MEASURE = """
import json, os, sys, time
begun = time.monotonic()
pid = os.fork()
if pid == 0:
    quiet = os.open("/dev/null", os.O_WRONLY)
    os.dup2(quiet, 1); os.dup2(quiet, 2)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - begun
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.WEXITSTATUS(status)]))
"""
EVALUATE = """
import sys
from shindan.facts.wire import read
from shindan.model.inventory import Inventory
from shindan.rules.cis.package import CisPackage
from shindan.rules.examined import Examined
with open(sys.argv[1], "rb") as stream:
    host = Examined(Inventory(fact for _, fact in read(stream) if not isinstance(fact, str)))
print(sum(1 for _ in CisPackage(2, "server", "ubuntu-22.04").evaluate(host, {})))
"""


COLLECT = """
import sys
sys.pycache_prefix = "/opt/out/compiled"
sys.path.insert(0, "/opt/shindan")
from shindan.collect.command import main
sys.exit(main(sys.argv[1:]))
"""
UBUNTU = """
printf 'NAME="Ubuntu"\\nID=ubuntu\\nID_LIKE=debian\\nVERSION_ID="22.04"\\nVERSION_CODENAME=jammy\\n' > /tmp/os-release
cat /tmp/os-release > /etc/os-release
printf 'DISTRIB_ID=Ubuntu\\nDISTRIB_RELEASE=22.04\\nDISTRIB_CODENAME=jammy\\n' > /etc/lsb-release
"""


class Cost(NamedTuple):
    """Seconds of the clock, seconds of processors, MB at most."""

    wall: float
    cpu: float
    memory: float


def measured(said: str, good: tuple[int, ...] = (0,)) -> Cost:
    """What `MEASURE` printed. Raises RuntimeError where the program failed."""
    *figures, code = json.loads(said)
    if code not in good:
        raise RuntimeError(f"status {code}")
    return Cost(*figures)


def oscap(root: Confined) -> Cost:
    """One evaluation; 2 says that rules failed."""
    content = "/opt/content/ssg-ubuntu2204-ds.xml"
    command = [*OSCAP, "xccdf", "eval", "--profile", f"{PROFILE}cis_level2_server"]
    words = [*command, "--results", "/opt/out/results.xml", content]
    return measured(root.run("/usr/bin/python3", "-c", MEASURE, *words).stdout, (0, 2))


def ours(root: Confined) -> Cost:
    """Collecting in the root, and evaluating here."""
    kinds = ",".join(sorted({"platform", "host", "kernel", "package", "gap", *wanted()} - {"gap"}))
    words = ["/usr/bin/python3", "-I", "-S", "-c", COLLECT, "--kinds", kinds, "--out", "/opt/out/facts.ndjson"]
    collected = measured(root.run("/usr/bin/python3", "-c", MEASURE, *words).stdout)
    evaluate = [sys.executable, "-c", MEASURE, sys.executable, "-c", EVALUATE, str(root.out / "facts.ndjson")]
    evaluated = measured(subprocess.run(evaluate, check=True, capture_output=True, text=True).stdout)
    return Cost(collected.wall + evaluated.wall, collected.cpu + evaluated.cpu, max(collected.memory, evaluated.memory))


def wanted() -> tuple[str, ...]:
    """The kinds that rules of benchmarks want."""
    from shindan.rules.cis.package import PACKAGE

    return PACKAGE.wants.kinds


def median(costs: list[Cost]) -> Cost:
    """Figure by figure."""
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def main() -> None:
    """Both in turn, so that what else the machine does meets both."""
    words = [word for word in sys.argv[1:] if word != "--here"]
    times, here = int(words[0]) if words else 5, "--here" in sys.argv
    # An overlay's upper layer may not lie in a lower one: in memory it lies in none.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        shared = {**carried(Path(folder) / "carried"), "/opt/shindan": ROOT / "src"}
        base = Path("/") if here else ubuntu_root("jammy", *PACKAGES)
        with confined_over(base, Path(folder) / "root", shared) as root:
            root.run("/bin/bash", "-c", UBUNTU if here else BASE)
            files = int(root.run("/bin/sh", "-c", "find / -xdev | wc -l").stdout)
            ours(root)  # what was compiled once is there
            pairs = [(oscap(root), ours(root)) for _ in range(times)]
    theirs, own = (median(list(column)) for column in zip(*pairs, strict=True))
    where = "this machine" if here else "Ubuntu 22.04"
    print(f"{where}, {files:,} files, median of {times}; CIS level 2, server")
    for name, cost in (("oscap", theirs), ("shindan", own)):
        print(f"{name:8} {cost.wall:7.2f} s wall {cost.cpu:7.2f} s CPU {cost.memory:7.1f} MB peak")
    print(f"{theirs.wall / own.wall:.1f} times faster, {theirs.cpu / own.cpu:.1f} times less CPU, "
          f"{own.memory / theirs.memory:.1%} of its memory")  # fmt: skip


if __name__ == "__main__":
    main()
