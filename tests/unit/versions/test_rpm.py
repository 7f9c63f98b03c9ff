"""The judge of the scheme `rpm`: rpm itself, by its Lua function `rpm.vercmp`."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from shindan.versions import compare
from support import need_tool
from unit.versions import pairs
from unit.versions.tables import table

PAIRS = 6000
SCRIPT = """
for _, pair in ipairs(PAIRS) do
  local taken, answer = pcall(rpm.vercmp, pair[1], pair[2])
  print((taken and answer or "rejected") .. " ")
end
"""


@pytest.mark.system
def test_rpm_agrees_on_every_pair(tmp_path: Path) -> None:
    need_tool("rpm")
    draw = random.Random(20250502)
    asked = list(pairs.generated(draw, pairs.rpm, "0019.~^_+aZ-:", PAIRS))
    asked += pairs.generated(draw, pairs.rpm, " \n\t:-é\udcff%{}", PAIRS // 6)
    asked += [("", "1"), ("1", ""), ("", "")]
    ours = [compare("rpm", a, b) for a, b in asked]
    theirs = vercmp(asked, tmp_path)
    assert not [(*pair, our, rpms) for pair, our, rpms in zip(asked, ours, theirs, strict=True) if our != rpms]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1]) >= PAIRS // 12, f"too tame a sample: {found}"


@pytest.mark.system
def test_rpm_agrees_with_the_table(tmp_path: Path) -> None:
    need_tool("rpm")
    cases = table("rpm")
    theirs = vercmp([(case.a, case.b) for case in cases], tmp_path)
    assert not [(case, rpms) for case, rpms in zip(cases, theirs, strict=True) if case.expected != rpms]


def vercmp(asked: list[pairs.Pair], folder: Path) -> list[int | None]:
    """What rpm says of each pair, None where it rejects one of the two; one process answers all."""
    script = folder / "vercmp.lua"
    script.write_text(
        "PAIRS = {" + ",".join(f"{{{_lua(a)},{_lua(b)}}}" for a, b in asked) + "}" + SCRIPT, encoding="ascii"
    )
    done = subprocess.run(
        ["rpm", "--eval", f"%{{lua: dofile({_lua(str(script))})}}"], capture_output=True, text=True, check=True
    )
    return [None if answer == "rejected" else int(answer) for answer in done.stdout.split()]


def _lua(text: str) -> str:
    """A Lua string of the very bytes that a command line would hold."""
    return '"' + "".join(f"\\{byte:03d}" for byte in os.fsencode(text)) + '"'
