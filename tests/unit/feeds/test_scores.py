"""CVSS vectors: the specifications' own examples, and no text that breaks the reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds.scores import vector


@pytest.mark.parametrize(
    ("text", "version", "score"),
    [
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "2.0", 7.5),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "3.0", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 9.3),
        (" CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N ", "3.1", 0.0),
    ],
)
def test_vectors_have_their_base_score(text: str, version: str, score: float) -> None:
    found = vector("nvd", text)
    assert found is not None
    assert (found.source, found.version, found.score) == ("nvd", version, score)


@pytest.mark.parametrize("text", ["", "7.5", "medium", "CVSS:3.1/", "CVSS:9.9/AV:N", "CVSS:4.0/AV:N", "AV:N/AC:L"])
def test_what_is_no_vector_is_none(text: str) -> None:
    assert vector("nvd", text) is None


PARTS = ("CVSS:3.1", "CVSS:4.0", "CVSS:3.0", "AV:N", "AC:L", "PR:N", "C:H", "S:", ":", "/", "E:X", "(", "AV:N:N", "ü")


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=12).map("/".join))
@settings(max_examples=200)
def test_no_text_breaks_the_reading(text: str) -> None:
    found = vector("x", text)
    assert found is None or 0.0 <= found.score <= 10.0
