"""The scheme `apk` against a second implementation of apk's own way of comparing, there being no apk to ask."""

from __future__ import annotations

import random
from collections import Counter
from itertools import permutations

import pytest

from shindan.versions import compare
from unit.versions import apk_reference, pairs
from unit.versions.tables import Case, table

PAIRS = 20_000


@pytest.mark.parametrize("case", table("apk"), ids=str)
def test_the_reference_is_as_the_table_says(case: Case) -> None:
    assert apk_reference.compare(case.a, case.b) == case.expected


def test_the_reference_agrees_on_every_pair() -> None:
    draw = random.Random(20250503)
    asked = list(pairs.generated(draw, pairs.apk, "0019.ab_pr-~", PAIRS))
    asked += pairs.generated(draw, pairs.apk, " \n:-AZé^+", PAIRS // 20)
    ours = [compare("apk", a, b) for a, b in asked]
    theirs = [apk_reference.compare(a, b) for a, b in asked]
    assert not [(*pair, x, y) for pair, x, y in zip(asked, ours, theirs, strict=True) if x != y]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 20, f"too tame a sample: {found}"


def test_apks_way_of_comparing_is_an_order_at_all() -> None:
    """Only then a sortable key can exist: no three versions may sort in a circle."""
    draw = random.Random(20250504)
    for first, second in pairs.generated(draw, pairs.apk, "0019.ab_pr", PAIRS // 10):
        for a, b, c in permutations((first, second, pairs.apk(draw))):
            ab, bc = apk_reference.compare(a, b), apk_reference.compare(b, c)
            if ab is not None and bc is not None and ab <= 0 and bc <= 0:
                assert apk_reference.compare(a, c) == (0 if ab == bc == 0 else -1), (a, b, c)
