"""The judge of the scheme `gem`: Ruby's own `Gem::Version`."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from shindan.versions import compare, key
from unit.versions import judges, language_pairs, pairs
from unit.versions.tables import table

PAIRS = 20_000


@pytest.mark.system
def test_rubygems_agrees_on_every_pair() -> None:
    draw = random.Random(20250605)
    asked = list(pairs.generated(draw, language_pairs.gem, "000119..-abAZ", PAIRS))
    asked += pairs.generated(draw, language_pairs.gem, " \n\t\v\u00a0\u0661é_+~", PAIRS // 20)
    asked += [("", "0"), (" ", "0.0"), ("\n", "1")]
    theirs = judges.ruby(asked)
    ours = [compare("gem", a, b) for a, b in asked]
    assert not [(*pair, x, y) for pair, x, y in zip(asked, ours, theirs, strict=True) if x != y]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 20, f"too tame a sample: {found}"


@pytest.mark.system
def test_rubygems_agrees_with_the_table() -> None:
    cases = table("gem")
    theirs = judges.ruby([(case.a, case.b) for case in cases])
    assert not [(case, answer) for case, answer in zip(cases, theirs, strict=True) if case.expected != answer]


REFUSED = ("1.", ".1", "1..2", "a", "v1", "1.0_1", "1.0+1", "1 2", "1.0-", "1.0-a.", "1é", "١", "-1", "1\0")


@pytest.mark.parametrize("version", REFUSED)
def test_what_rubygems_calls_malformed(version: str) -> None:
    with pytest.raises(ValueError, match=r"not a gem version: .*it is not digits"):
        key("gem", version)


@pytest.mark.system
def test_rubygems_refuses_it_too() -> None:
    assert judges.ruby([(version, "1") for version in REFUSED]) == [None] * len(REFUSED)


def test_the_more_zeros_before_a_number_the_smaller_and_before_text_the_larger() -> None:
    for zeros in (0, 1, 9, 10, 254, 255, 256, 300):
        fewer, more = "1.a" + ".0" * zeros, "1.a" + ".0" * (zeros + 1)
        assert compare("gem", more + ".1", fewer + ".1") == -1
        assert compare("gem", fewer + ".b", more + ".b") == -1
        assert compare("gem", more + ".b", "1.a") == -1
        assert compare("gem", "1.a", more + ".1") == -1
