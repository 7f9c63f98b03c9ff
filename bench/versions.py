"""Version keys made, and keys compared, a second: `python bench/versions.py`."""

from __future__ import annotations

import platform
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from shindan.versions import compare, key

VERSIONS = 20_000
REPEATS = 7
BASES = {
    "deb": "2:2.36.1-8+deb11u1 1:9.2p1-2+deb12u3 6.12.95-1~bpo12+1 3.0.11-1~deb12u2 1.27.1-2+b1 7:6.1.1-3ubuntu5+esm10 "
    "17.0.9+9-1~deb12u1 252.39-1~deb12u1 1.2.13.dfsg-1 5.36.0-7+deb12u2",
    "rpm": "5.14.0-427.13.1.el9_4 1:3.0.7-27.el9 2.34-100.el9_4.2 7.76.1-29.el9_4.1 1.0~rc1-1.el8 2.3.6-150400.6.12.1 "
    "1:1.8.0.392.b08-4.el8 3.6.8-56.module+el8.9.0+20000+b1a2 8.7p1-8.amzn2023.0.9 0^20230101gitabc-1.fc39",
    "apk": "1.36.1-r29 3.3.2-r5 2.12.6-r1 1.2.4_git20230717-r4 9.9_p2-r0 8.2.001-r0 6.6.2p1-r1 20240226-r0 "
    "2.9.11_pre2-r2 0.9.28-r2",
}


def main() -> None:
    """Print the machine, the inputs, and the median of several repeats a scheme."""
    print(f"machine: {_cpu()}, Python {platform.python_version()}")
    print(f"inputs:  {VERSIONS:,} different versions a scheme, made from 10 real ones; median of {REPEATS} repeats")
    for scheme, bases in BASES.items():
        print(_line(scheme, _variants(bases.split())))


def _line(scheme: str, versions: list[str]) -> str:
    pairs = list(zip(versions, versions[1:] + versions[:1], strict=True))
    made = [(key(scheme, a), key(scheme, b)) for a, b in pairs]
    keys = _rate(lambda: [key(scheme, version) for version in versions])
    compares = _rate(lambda: [compare(scheme, a, b) for a, b in pairs])
    ready = _rate(lambda: [a < b for a, b in made])
    characters, size = statistics.mean(map(len, versions)), statistics.mean(len(a) for a, _ in made)
    return (
        f"{scheme}: {keys:>9,.0f} keys/s ({1e6 / keys:.2f} us; {characters:.1f} characters, {size:.1f} bytes)"
        f"  {compares:>9,.0f} compare()/s  {ready:>11,.0f} key < key/s"
    )


def _variants(bases: list[str]) -> list[str]:
    """Different versions of the same shapes: every digit of a base after its first drawn anew."""
    draw = random.Random(1)
    found: dict[str, None] = {}
    while len(found) < VERSIONS:
        base = draw.choice(bases)
        varied = base[0] + "".join(str(draw.randrange(1, 10)) if char.isdigit() else char for char in base[1:])
        found[f"{draw.randrange(1, 100)}.{varied}" if ":" not in varied else varied] = None
    return list(found)


def _rate(work: Callable[[], object]) -> float:
    """How many a second, where `work` does VERSIONS of something; the median of the repeats."""
    spent = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return VERSIONS / statistics.median(spent)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
