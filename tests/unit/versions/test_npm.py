"""The judge of the scheme `npm`: node-semver, as npm itself carries it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from shindan.versions import compare, key
from unit.versions import judges, language_pairs, pairs
from unit.versions.tables import table

PAIRS = 20_000


@pytest.mark.system
def test_node_semver_agrees_on_every_pair() -> None:
    draw = random.Random(20250602)
    asked = list(pairs.generated(draw, language_pairs.semver, "0019.-+abAZv=", PAIRS))
    asked += pairs.generated(draw, language_pairs.semver, " \n\t\u00a0\ufeff\x1c\u0661é", PAIRS // 20)
    asked += [("1.0.0-" + "9" * n, "1.0.0-a") for n in (15, 250, 251)]
    theirs = judges.node(asked)
    ours = [compare("npm", a, b) for a, b in asked]
    assert not [(*pair, x, y) for pair, x, y in zip(asked, ours, theirs, strict=True) if x != y]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 20, f"too tame a sample: {found}"


@pytest.mark.system
def test_node_semver_agrees_with_the_table() -> None:
    cases = table("npm")
    theirs = judges.node([(case.a, case.b) for case in cases])
    assert not [(case, answer) for case, answer in zip(cases, theirs, strict=True) if case.expected != answer]


def test_what_node_semver_refuses_is_refused_here() -> None:
    for version, why in REFUSED.items():
        with pytest.raises(ValueError, match=f"not a npm version: .*{why}"):
            key("npm", version)


@pytest.mark.system
def test_node_semver_refuses_it_too() -> None:
    assert judges.node([(version, "1.0.0") for version in REFUSED]) == [None] * len(REFUSED)


REFUSED = dict.fromkeys(
    (
        *(
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-01",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3+",
            "=1.2.3",
            "vv1.2.3",
            "latest",
        ),
        *("1.2.x", "^1.2.3", "1.2.3-é", "1.2.3 - 2", "V1.2.3"),
    ),
    "it is not major",
) | {
    "0.0.9007199254740992": "larger than 9007199254740991",
    "1.0.0-" + "a" * 251: "longer than 256 characters",
}


@pytest.mark.system
def test_rounded_numbers_are_where_we_leave_node_semver() -> None:
    """It calls two numbers equal that a double cannot tell apart, and looks no further."""
    pair = ("1.0.0-9007199254740993.1", "1.0.0-9007199254740992.2")
    assert judges.node([pair]) == [0]
    assert compare("npm", *pair) == 1
