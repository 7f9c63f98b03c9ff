"""The judge of the scheme `deb`: dpkg itself."""

from __future__ import annotations

import os
import platform
import random
import shlex
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shindan.versions import compare, key
from support import need_tool
from unit.versions import pairs
from unit.versions.tables import table

PAIRS = 3000
# dpkg sorts characters as C's `char`: where that is unsigned (ARM, POWER), what is not ASCII sorts elsewhere.
SIGNED_CHAR = platform.machine() in ("x86_64", "i686")
ODD = " \t\n:-_!(" + ("éü\udcff" if SIGNED_CHAR else "")
RELATIONS = {-1: "lt", 0: "eq", 1: "gt"}


@pytest.mark.system
def test_dpkg_agrees_on_every_pair() -> None:
    need_tool("dpkg")
    draw = random.Random(20250501)
    asked = list(pairs.generated(draw, pairs.deb, "00129.+~aZ-:~.09", PAIRS))
    asked += pairs.generated(draw, pairs.deb, ODD, PAIRS // 6)
    asked = [pair for pair in asked if all(pair)]  # "" means "not installed" on dpkg's command line
    ours = [compare("deb", a, b) for a, b in asked]
    assert not disagreements(asked, ours)
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 12, f"too tame a sample: {found}"


@pytest.mark.system
def test_dpkg_agrees_with_the_table() -> None:
    need_tool("dpkg")
    cases = table("deb")
    assert not disagreements([(case.a, case.b) for case in cases], [case.expected for case in cases])


@pytest.mark.system
def test_the_empty_string_is_no_version_to_dpkg_either() -> None:
    dpkg = need_tool("dpkg")
    refused = subprocess.run([dpkg, "--validate-version", ""], capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    with pytest.raises(ValueError, match="it is empty"):
        key("deb", "")


def disagreements(asked: list[pairs.Pair], ours: list[int | None]) -> list[tuple[str, str, int | None, int]]:
    """(a, b, our answer, dpkg's exit code) of each pair of which dpkg thinks otherwise.

    dpkg exits 0 if what it is asked holds and 2 if it rejects a version: so it is asked for just what we say, and
    for equality where we say None.
    """
    half = (len(asked) + 1) // 2
    with ThreadPoolExecutor(2) as pool:
        codes = [*pool.map(_exit_codes, (asked[:half], asked[half:]), (ours[:half], ours[half:]))]
    answers = zip(asked, ours, codes[0] + codes[1], strict=True)
    return [(a, b, our, code) for (a, b), our, code in answers if code != (2 if our is None else 0)]


def _exit_codes(asked: list[pairs.Pair], ours: list[int | None]) -> list[int]:
    """What `dpkg --compare-versions` exits with for each; one shell asks them all, being much quicker than we."""
    lines = [
        f"dpkg --compare-versions -- {shlex.quote(a)} {RELATIONS[our or 0]} {shlex.quote(b)}; echo $?\n"
        for (a, b), our in zip(asked, ours, strict=True)
    ]
    done = subprocess.run(
        ["sh"], input=os.fsencode("".join(lines)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return [int(line) for line in done.stdout.split()]
