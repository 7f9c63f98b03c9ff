"""`cargo` and `golang` keep to Semantic Versioning as `npm`, which has a judge, and differ in what they take."""

from __future__ import annotations

import random
import re
from collections import Counter

from shindan.versions import compare
from unit.versions import language_pairs, pairs

PAIRS = 10_000
OTHERWISE = re.compile(r"\s|v|[0-9]{16}|.{257}", re.DOTALL)


def test_versions_that_all_three_take_sort_alike() -> None:
    draw = random.Random(20250603)
    asked = list(pairs.generated(draw, language_pairs.semver, "0019.-+abAZ", PAIRS))
    found: Counter[int | None] = Counter()
    for a, b in asked:
        if OTHERWISE.search(a) or OTHERWISE.search(b):
            continue
        npm = compare("npm", a, b)
        assert compare("cargo", a, b) == npm, (a, b)
        if npm is not None:
            assert compare("golang", "v" + a, "v" + b) == compare("golang", a, "v" + b) == npm, (a, b)
        found[npm] += 1
    assert min(found.values()) >= PAIRS // 20, f"too tame a sample: {found}"
    assert len(found) == 4
