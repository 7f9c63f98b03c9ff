"""How the answers of several checks are put together (rules.md, 3.2), and comparisons."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shindan.model.outcome import VERDICTS, Evidence, Verdict
from shindan.rules.checks import comparison
from shindan.rules.checks.comparison import Comparison
from shindan.rules.checks.result import Result, absent, all_of, any_of, judged, negated

GOOD, BAD = (True, Evidence("a", "1", "1")), (False, Evidence("b", "2", "1"))


@pytest.mark.parametrize(
    ("members", "together", "either"),
    [
        (["pass", "pass"], "pass", "pass"),
        (["pass", "fail"], "fail", "pass"),
        (["pass", "error"], "error", "pass"),
        (["fail", "error"], "fail", "error"),
        (["fail", "unknown"], "fail", "unknown"),
        (["fail", "manual"], "fail", "manual"),
        (["unknown", "manual"], "unknown", "unknown"),
        (["pass", "manual"], "manual", "pass"),
        (["not_applicable", "pass"], "pass", "pass"),
        (["not_applicable", "fail"], "fail", "fail"),
        (["not_applicable", "not_applicable"], "not_applicable", "not_applicable"),
    ],
)
def test_all_and_any(members: list[Verdict], together: Verdict, either: Verdict) -> None:
    for order in itertools.permutations(members):
        assert all_of(Result(one) for one in order).verdict == together
        assert any_of(Result(one) for one in order).verdict == either


@given(st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=5))
def test_a_pass_never_comes_from_what_nobody_knows(members: list[Verdict]) -> None:
    assert (all_of(map(Result, members)).verdict == "pass") == (
        set(members) <= {"pass", "not_applicable"} and "pass" in members
    )


def test_not_swaps_pass_and_fail_alone() -> None:
    assert [negated(Result(one)).verdict for one in VERDICTS] == [
        "fail",
        "pass",
        "not_applicable",
        "manual",
        "error",
        "unknown",
    ]


def test_a_fail_shows_the_offenders_alone() -> None:
    assert judged([GOOD, BAD], empty=Result("pass")) == Result("fail", (BAD[1],))
    assert judged([GOOD], empty=Result("fail")) == Result("pass", (GOOD[1],))
    assert judged([], empty=Result("not_applicable")) == Result("not_applicable")


def test_evidence_of_an_any_that_fails_is_that_of_every_member() -> None:
    members = [Result("fail", (GOOD[1],)), Result("fail", (BAD[1],)), Result("not_applicable", reason="no package")]
    assert any_of(members) == Result("fail", (GOOD[1], BAD[1]))


@pytest.mark.parametrize("meaning", ["pass", "fail"])
def test_a_missing_object_means_what_the_rule_says(meaning: Verdict) -> None:
    assert absent(meaning, GOOD[1]) == Result(meaning, (GOOD[1],))


def test_a_missing_object_may_mean_that_the_rule_does_not_apply() -> None:
    assert absent("not_applicable", Evidence("/tmp", "no mount", "nodev")).reason == "/tmp: no mount"


COMPARISONS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("a number as a text is a number", {"eq": 2}, " 2 ", True),
    ("leading zeros do not make it octal", {"eq": 10}, "010", True),
    ("hexadecimal where it says so", {"eq": 16}, "0x10", True),
    ("a text where a number is wanted", {"le": 4}, "no", False),
    ("a text that is equal", {"eq": "no"}, "no", True),
    ("case counts", {"eq": "no"}, "No", False),
    ("one of several", {"in": ["1", 2]}, "2", True),
    ("none of several", {"not_in": ["LEGACY"]}, "DEFAULT", True),
    ("the bounds belong to it", {"between": [1, 4]}, "4", True),
    ("beyond the bounds", {"between": [1, 4]}, "0", False),
    ("above", {"gt": 0}, "0", False),
    ("a pattern anywhere in the text", {"matches": "SHA512$"}, "ENCRYPT SHA512", True),
    ("negative numbers", {"le": -1}, "-2", True),
]


@pytest.mark.parametrize(
    ("wanted", "observed", "holds"), [case[1:] for case in COMPARISONS], ids=[case[0] for case in COMPARISONS]
)
def test_comparisons(wanted: dict[str, Any], observed: str, holds: bool) -> None:
    assert comparison.complaint(wanted) == ""
    found = comparison.comparison(wanted)
    assert found is not None
    assert found.holds(observed) is holds


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        ({"eq": 1, "ne": 2}, "exclude each other"),
        ({"eq": True}, "a number or a text"),
        ({"lt": "4"}, "wants a number"),
        ({"in": []}, "a list of values"),
        ({"in": "ab"}, "a list of values"),
        ({"between": [5, 1]}, "the smaller first"),
        ({"matches": "("}, "cannot be read"),
        ({"matches": "(a+)+b"}, "repeats a repetition"),
        ({"matches": r"(a)\1"}, "refers back"),
        ({"matches": "a(?=b)"}, "looks around"),
        ({"matches": "x" * 301}, "longer than"),
    ],
)
def test_what_is_wrong_with_a_comparison_is_said(wanted: dict[str, Any], wrong: str) -> None:
    assert wrong in comparison.complaint(wanted)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Comparison("eq", 4), "4"),
        (Comparison("ge", 4), "at least 4"),
        (Comparison("between", [1, 5]), "1 to 5"),
        (Comparison("in", ["a", "b"]), "a or b"),
        (Comparison("not_in", ["a", "b"]), "none of a or b"),
    ],
)
def test_what_is_wanted_in_words(said: Comparison, words: str) -> None:
    assert str(said) == words
