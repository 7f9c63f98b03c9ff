"""Tokens belong to one list and cannot be made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shindan.model.refusals import InvalidInput
from shindan.service.paging import Pager, page, size

PAGER = Pager(b"key", "findings of run 1")


def test_pages_follow_each_other() -> None:
    numbers = list(range(25))
    seen: list[int] = []
    token = None
    while True:
        after = PAGER.after(token)
        start = 0 if after is None else numbers.index(after) + 1
        found = page(numbers[start : start + 11], 10, PAGER, lambda number: number)
        seen += found.items
        token = found.next_token
        if token is None:
            break
    assert seen == numbers


@pytest.mark.parametrize("other", [Pager(b"key", "findings of run 2"), Pager(b"other", "findings of run 1")])
def test_a_token_of_another_list_is_refused(other: Pager) -> None:
    with pytest.raises(InvalidInput) as caught:
        PAGER.after(other.token(7))
    assert caught.value.code == "INVALID_PAGINATION_TOKEN"


@given(st.text(max_size=300))
def test_whatever_somebody_makes_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        PAGER.after(text)


def test_a_token_is_short_enough_for_the_api() -> None:
    assert len(PAGER.token(["0-Ab12Cd34", 2**62, "x" * 100])) <= 300


@pytest.mark.parametrize(
    ("asked", "length"), [(None, 10), (1, 1), (100, 100), (999, 100)], ids=["default", "one", "cap", "clamped"]
)
def test_the_size_of_a_page(asked: int | None, length: int) -> None:
    assert size(asked) == length


@pytest.mark.parametrize("asked", [0, -1, True])
def test_no_page_is_empty_by_wish(asked: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        size(asked)
    assert caught.value.code == "INVALID_MAX_RESULTS"
