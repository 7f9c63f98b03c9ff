"""Which score leads and which severity shows."""

from __future__ import annotations

import pytest

from shindan.model.advisory import Vector
from shindan.service.scores import leading, nvd_severity, severity

NVD_3 = Vector("nvd", "3.1", "CVSS:3.1/a", 7.5)
NVD_2 = Vector("nvd", "2.0", "AV:N", 10.0)
NVD_4 = Vector("nvd", "4.0", "CVSS:4.0/a", 9.3)
RED_HAT = Vector("redhat", "3.1", "CVSS:3.1/b", 5.3)


@pytest.mark.parametrize(
    ("vectors", "chosen"),
    [
        ([NVD_2, RED_HAT, NVD_3, NVD_4], NVD_3),
        ([NVD_2, NVD_4], NVD_4),
        ([RED_HAT, NVD_2], RED_HAT),
        ([NVD_2], NVD_2),
    ],
    ids=["3.1 of NVD leads", "4.0 before 2.0", "3.1 of a vendor before 2.0", "2.0 where nothing else is"],
)
def test_the_leading_vector(vectors: list[Vector], chosen: Vector) -> None:
    found = leading(vectors)
    assert found is not None
    assert (found.score, found.version, found.source) == (chosen.score, chosen.version, chosen.source)


def test_nobody_scored_is_undefined() -> None:
    assert (leading([]), nvd_severity([RED_HAT]), severity([], None)) == (None, "Undefined", ("Undefined", ""))


@pytest.mark.parametrize(
    ("words", "vectors", "expected"),
    [
        (["", "low"], [NVD_3], ("Low", "low")),
        (["not yet assigned"], [NVD_3], ("High", "")),
        (["unimportant**"], [NVD_3], ("Informational", "unimportant**")),
        (["moderate", "critical"], [], ("Medium", "moderate")),
        (["end-of-life"], [NVD_4], ("Critical", "")),
    ],
    ids=["the vendor's word before NVD's score", "no word of the vendor: the score", "unimportant", "the row's own word before the advisory's", "a word that is no severity"],
)  # fmt: skip
def test_the_severity_to_show(words: list[str], vectors: list[Vector], expected: tuple[str, str]) -> None:
    assert severity(words, leading(vectors)) == expected
