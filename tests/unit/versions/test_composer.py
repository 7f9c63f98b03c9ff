"""The judges of the scheme `composer`: `Composer\\Semver` and PHP's `version_compare`."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import product

import pytest

from shindan.versions import compare, key
from unit.versions import judges, language_pairs, pairs
from unit.versions.tables import table

PAIRS = 20_000
A_DATE = re.compile(r"\s*v?[0-9]{4}")
"""Of these, later releases of composer/semver take more than those of distributions do."""
DATES = (
    "2010.01.02",
    "20100102",
    "2010-01-02-10",
    "2010.1.2",
    "2010.01.02.3",
    "2010-10-20-5-p1",
    "201001021530",
    "2010-01",
)


@pytest.mark.system
def test_composer_agrees_on_every_pair() -> None:
    draw = random.Random(20250607)
    made = list(pairs.generated(draw, language_pairs.composer, "0019..-+abxdevRCp*_@", PAIRS))
    made += pairs.generated(draw, language_pairs.composer, " \n\t,\u00a0\u0661éſ\0", PAIRS // 20)
    asked = [pair for pair in made if not any(map(A_DATE.match, pair))]
    asked += product(DATES, (*DATES, "1.0", "99999", "2010", "2011.0.1"))
    theirs = judges.php(asked)
    ours = [compare("composer", a, b) for a, b in asked]
    assert not [(*pair, x, y) for pair, x, y in zip(asked, ours, theirs, strict=True) if x != y]
    found = Counter(ours)
    assert min(found[-1], found[0], found[1], found[None]) >= PAIRS // 20, f"too tame a sample: {found}"


@pytest.mark.system
def test_composer_agrees_with_the_table() -> None:
    cases = table("composer")
    theirs = judges.php([(case.a, case.b) for case in cases])
    assert not [(case, answer) for case, answer in zip(cases, theirs, strict=True) if case.expected != answer]


@pytest.mark.parametrize(
    ("version", "why"),
    [
        *(
            (text, "it is a branch")
            for text in ("dev-main", "DEV-x", "master", "trunk", "default", "dev-master as 1.0")
        ),
        *(
            (text, "it is neither")
            for text in ("", "a", "1.0.0.0.0", "1.0-foo", "1.0--", "feature-dev", "^1.0", "1.0 2.0")
        ),
        *((text, "it is neither") for text in ("1.x", "100x", "1.0é", "1.0,2.0", "١", "1.0ſtable")),
    ],
)
def test_what_has_no_place_in_the_order(version: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"not a composer version: .*{why}"):
        key("composer", version)


def test_a_stability_flag_and_an_alias_are_dropped() -> None:
    assert compare("composer", " 1.0-beta1@dev ", "1.0b1") == 0
    assert compare("composer", "1.0 as 2.0", "1.0") == 0
    assert compare("composer", "1.0-STABLE", "1.0-dev") == -1
