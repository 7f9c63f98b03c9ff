"""Network reachability against the kernel: generated rule sets of nft and iptables, and what a client meets.

    .venv/bin/python bench/network.py [SETS] [SEED]

Every rule set is loaded in a network namespace of its own; a client sends first packets from anywhere through a tun
device, and what the kernel answers is compared with what is worked out from the rules. Needs nft, iptables, unshare,
and the right to make namespaces.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
SETS, SEED = 1_000, 60


def judge() -> ModuleType:
    """The test that compares both, as a module."""
    path = ROOT / "tests" / "unit" / "rules" / "network" / "test_kernel_judge.py"
    spec = importlib.util.spec_from_file_location("kernel_judge", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Prints packets, differences, and the time that the answers took; 1 where there is a difference."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SETS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    kernel = judge()
    packets = differences = unknown = sets = 0
    spent = 0.0
    # In portions, as the test's own client has a limit of its own.
    for start in range(0, count, 200):
        for seen in kernel.observed(seed=seed + start, count=min(200, count - start)):
            sets += 1
            answered = {tuple(one) for one in seen.pop("answered")}
            before = time.process_time()
            found = list(kernel.predicted(seen))
            spent += time.process_time() - before
            for packet, may, must in found:
                packets += 1
                unknown += may != must
                differences += (packet in answered and not may) or (must and packet not in answered)
    print(f"rule sets {sets:,}, packets {packets:,}, differences {differences}, not told {unknown}")
    print(f"working it out: {spent / max(sets, 1) * 1000:.1f} ms CPU a rule set")
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
