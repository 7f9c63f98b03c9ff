"""The state machine of runs as a table."""

from __future__ import annotations

import itertools

import pytest

from shindan.model.run import BEFORE_EVALUATION, ENDED, RUN_STATES, RunState, may_follow

PUBLISHED: list[RunState] = [
    "CREATED", "START_DATA_COLLECTION_PENDING", "START_DATA_COLLECTION_IN_PROGRESS", "COLLECTING_DATA",
    "STOP_DATA_COLLECTION_PENDING", "DATA_COLLECTED", "EVALUATING_RULES", "COMPLETED",
]  # fmt: skip


def test_the_published_sequence_is_allowed() -> None:
    assert all(may_follow(a, b) for a, b in itertools.pairwise(PUBLISHED))


@pytest.mark.parametrize("state", RUN_STATES)
def test_what_may_follow(state: RunState) -> None:
    following = {other for other in RUN_STATES if may_follow(state, other)}
    assert (following == set()) == (state in ENDED)
    assert ("CANCELED" in following) == (state in BEFORE_EVALUATION)
    assert state not in following
    assert {"FAILED", "ERROR"} <= following or state in ENDED


def test_nothing_goes_back() -> None:
    order = {state: number for number, state in enumerate(PUBLISHED)}
    assert not any(may_follow(a, b) for a in order for b in order if order[b] < order[a])
