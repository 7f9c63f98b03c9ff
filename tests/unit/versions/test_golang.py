"""What the scheme `golang` refuses; how it sorts, its table and its likeness to `npm` say."""

from __future__ import annotations

import random

import pytest

from shindan.versions import compare, key


@pytest.mark.parametrize(
    "version",
    [
        *("", "v", "(devel)", "vv1.2.3", "V1.2.3", " v1.2.3", "v1.2.3\n", "v01.2.3", "v1.02", "v1.2.3-01", "v1.2.3-"),
        *(
            "v1.2.3+",
            "v1-pre",
            "v1.2-pre",
            "v1+meta",
            "v1.2.3.4",
            "v1.2.3-a..b",
            "v1.2.3-é",
            "go1.21.5",
            "v1.",
            "latest",
        ),
    ],
)
def test_what_go_takes_for_no_version(version: str) -> None:
    with pytest.raises(ValueError, match=r"not a golang version: .*it is not vMAJOR"):
        key("golang", version)


def test_pseudo_versions_sort_by_their_base_then_by_their_moment() -> None:
    draw = random.Random(20250604)
    made = []
    for _ in range(400):
        base, moment = draw.randrange(3), draw.randrange(20150101000000, 20250101000000)
        made.append((base, moment, f"v1.0.{base}-0.{moment}-{draw.randrange(16**12):012x}"))
    expected = [version for *_, version in sorted(made)]
    assert sorted((version for *_, version in made), key=lambda version: key("golang", version)) == expected
    assert compare("golang", "v1.0.0", "v1.0.1-0.20150101000000-abcdef012345") == -1
