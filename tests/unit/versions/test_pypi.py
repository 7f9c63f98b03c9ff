"""The judge of the scheme `pypi`: the library `packaging`, which pip itself uses."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from packaging.version import InvalidVersion, Version

from shindan.versions import compare, key
from unit.versions import language_pairs, pairs
from unit.versions.tables import Case, table

PAIRS = 20_000


def judged(a: str, b: str) -> int | None:
    try:
        left, right = Version(a), Version(b)
    except InvalidVersion:
        return None
    return (left > right) - (left < right)


def test_packaging_agrees_on_every_pair() -> None:
    draw = random.Random(20250601)
    asked = list(pairs.generated(draw, language_pairs.pypi, "0019..!-_+abcrvpostdev", PAIRS))
    asked += pairs.generated(draw, language_pairs.pypi, " \n\t\u00a0\u0661éſK\0~^", PAIRS // 20)
    ours = [compare("pypi", a, b) for a, b in asked]
    assert not [(a, b, our, judged(a, b)) for (a, b), our in zip(asked, ours, strict=True) if our != judged(a, b)]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 20, f"too tame a sample: {found}"


@pytest.mark.parametrize("case", table("pypi"), ids=str)
def test_packaging_agrees_with_the_table(case: Case) -> None:
    assert judged(case.a, case.b) == case.expected


@pytest.mark.parametrize(
    "version", ["", " ", "1.0-foo", "1.0.", "1..0", "a1", "1!", "1+", "1+a..b", "1.0.*", "==1", "1.0 1", "1.0\0", "١.0"]
)
def test_what_pep_440_does_not_allow_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=r"not a pypi version: .*PEP 440"):
        key("pypi", version)
    with pytest.raises(InvalidVersion):
        Version(version)


def test_numbers_have_no_largest_one() -> None:
    assert compare("pypi", "9" * 5000, "1" + "0" * 5000) == -1
    assert compare("pypi", "1rc" + "9" * 300, "1rc1" + "0" * 300) == -1
