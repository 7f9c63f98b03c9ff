"""The judge of the scheme `maven`: `ComparableVersion` of Maven 3.8.7 or later."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from shindan.versions import compare, key
from unit.versions import judges, language_pairs, pairs
from unit.versions.tables import table

PAIRS = 20_000
IN_CIRCLES = re.compile(
    r"-0*(\.0+)*(-|(?<=[0-9])[a-z])|[a-z]0+(\.0+)*-"  # a zero, or nothing, between two hyphens
    r"|\.[a-z]+[.-]"  # a qualifier after a dot, before more
    r"|(\A|[.-])[.-]"  # nothing, which is zero
    r"|\A[a-z]",  # a qualifier where a number is expected
    re.IGNORECASE,
)
"""Where Maven's code leaves its own specification, mostly to sort in circles."""


@pytest.mark.system
def test_maven_agrees_on_every_pair() -> None:
    draw = random.Random(20250606)
    made = pairs.generated(draw, language_pairs.maven, "0019.-abmx", PAIRS)
    asked = [pair for pair in made if all(pair) and not any(map(IN_CIRCLES.search, pair))]
    theirs = judges.java(asked)
    ours = [compare("maven", a, b) for a, b in asked]
    assert not [(*pair, x, y) for pair, x, y in zip(asked, ours, theirs, strict=True) if x != y]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1]) >= PAIRS // 25, f"too tame a sample: {found}"


@pytest.mark.system
def test_maven_agrees_with_the_table() -> None:
    cases = table("maven")
    theirs = judges.java([(case.a, case.b) for case in cases])
    assert not [(case, answer) for case, answer in zip(cases, theirs, strict=True) if case.expected != answer]


@pytest.mark.system
@pytest.mark.parametrize("odd", ["1-0-alpha", "1-0alpha", "1.0.alpha-1"])
def test_maven_sorts_in_circles_where_we_do_not(odd: str) -> None:
    circle = [(odd, "1"), ("1", "1-sp"), ("1-sp", odd)]
    assert judges.java(circle) == [-1, -1, -1]
    assert [compare("maven", a, b) for a, b in circle] == [-1, -1, 1]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1-1.foo-bar1baz-.1", "1-1-foo-bar-1-baz-0.1", 0),
        ("1-0-alpha", "1-alpha", 0),
        ("1-0sp", "1-sp", 0),
        ("1.ga-x", "1-x", 0),
        ("-", "0", 0),
        (".", "0", 0),
        ("foo", "0", 1),
        ("alpha", "0", -1),
        ("1-é", "1-z", 1),
        ("١.٢", "1.2", 0),
        ("1-\ud800", "1-z", 1),
        ("1 2", "1", 1),
    ],
)
def test_as_the_specification_says(a: str, b: str, expected: int) -> None:
    assert compare("maven", a, b) == expected
    assert compare("maven", b, a) == -expected


def test_only_the_empty_string_is_refused() -> None:
    with pytest.raises(ValueError, match="not a maven version: '': it is empty"):
        key("maven", "")
    assert key("maven", "${project.version}")
