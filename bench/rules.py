"""Host rules: loading them, and evaluating the packages for one host from its facts, in CPU milliseconds.

    .venv/bin/python bench/rules.py [REPETITIONS]

Hosts: the two of tests/configured and this machine, looked at anew. Each evaluation is a host never seen before: the
lines are read anew, nothing that was made of an earlier host is there. `network` and `runtime` see one sample, or none.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIGURED = ROOT / "tests" / "configured"
LOADED = """
import resource, time
before = time.process_time()
from shindan.rules.packages import HOST_PACKAGES
from shindan.rules.cis.benchmarks import library
packages = list(HOST_PACKAGES.values())
imported = time.process_time()
library()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(imported - before, time.process_time() - imported, memory)
"""


def looked_at(*where: str) -> bytes:
    """The facts that the packages want of a root, else of this machine; as much of them as this user may see."""
    from shindan.engine.wants import united
    from shindan.model.packages import PACKAGES

    wants = united([one.name for one in PACKAGES])
    kinds = ",".join(dict.fromkeys((*wants.kinds, *wants.sampled)))
    command = [sys.executable, "-m", "shindan.cli", "collect", "--kinds", kinds, *where]
    return subprocess.run(command, check=False, capture_output=True).stdout


def spent(times: int, work: Callable[[], object]) -> float:
    """CPU seconds of one repetition, the median of them."""
    found = []
    for _ in range(times):
        gc.collect()
        before = time.process_time()
        work()
        found.append(time.process_time() - before)
    return statistics.median(found)


def load() -> None:
    """Importing and loading in processes of their own."""
    # As it is installed: what was compiled and parsed once is there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", LOADED]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    rows = [
        [
            float(word)
            for word in subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True).stdout.split()
        ]
        for _ in range(5)
    ]
    modules, content, memory = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"load:      {modules * 1000:.0f} ms modules, {content * 1000:.0f} ms content, {memory / 1000:.0f} MB peak")


def evaluate(name: str, lines: bytes, times: int) -> None:
    """One host: each package by itself, and all that are evaluated from facts over one examined host."""
    from shindan.model.inventory import Inventory
    from shindan.rules.examined import Examined
    from shindan.rules.packages import HOST_PACKAGES
    from shindan.service.host_judging import facts_of

    kinds = frozenset(kind for one in HOST_PACKAGES.values() for kind in (*one.wants.kinds, *one.wants.sampled))
    facts = list(facts_of(lines, kinds | {"platform", "container", "gap"}))
    read = spent(times, lambda: Inventory(facts_of(lines, kinds | {"platform", "container", "gap"})))
    parts = []
    for one in HOST_PACKAGES.values():
        took = spent(times, lambda one=one: list(one.evaluate(Examined(Inventory(facts)), {})))  # type: ignore[misc]
        parts.append(f"{one.name} {took * 1000:.1f}")

    def all_of_them() -> Sequence[object]:
        host = Examined(Inventory(facts))
        return [outcome for one in HOST_PACKAGES.values() for outcome in one.evaluate(host, {})]

    whole = spent(times, all_of_them)
    print(
        f"{name + ':':10} {len(facts):6,} facts; read {read * 1000:.1f}; {', '.join(parts)}; all {whole * 1000:.1f} ms"
    )


def main() -> None:
    """Prints the figures."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    load()
    for path in sorted(CONFIGURED.iterdir()):
        evaluate(path.name, looked_at("--root", str(path / "root")), times)
    evaluate("here", looked_at(), times)
    print(f"memory:    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB peak")


if __name__ == "__main__":
    main()
