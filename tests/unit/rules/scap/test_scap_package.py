"""Results of SCAP content as outcomes: every word, what is missing, and what is of another content."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.collect.xccdf import RESULTS
from shindan.facts.fact import Fact
from shindan.rules.scap.package import PACKAGE
from shindan.rules.tailored import Tailored, asked_for

ASKED = {"content": "ds.xml", "profile": "standard", "sha256": ""}


def about(rules: int, **changes: Any) -> Fact:
    data = {
        "content": "/content/ds.xml", "digest": "d" * 64, "profile": "org_profile_standard", "profile_title": "Standard",
        "benchmark": "b", "version": "1", "tool": "cpe:/a:redhat:openscap:1.3.7", "rules": rules,
    }  # fmt: skip
    return fact("scap", "benchmark", **{**data, **changes})


def rule(id_: str, result: str, **data: Any) -> Fact:
    return fact("scap", id_, result=result, **{"severity": "medium", **data})


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("pass", "pass"), ("fixed", "pass"), ("fail", "fail"), ("error", "error"), ("unknown", "unknown"),
        ("notapplicable", "not_applicable"), ("notchecked", "manual"), ("informational", "manual"), ("odd", "unknown"),
    ],
)  # fmt: skip
def test_every_word_has_a_verdict(word: str, verdict: str) -> None:
    outcomes = list(PACKAGE.evaluate(host(about(2), rule("a", word), rule("other", "pass")), {}))
    assert [one.verdict for one in outcomes] == [verdict, "pass"]
    assert outcomes[0].reason or verdict in ("pass", "fail", "unknown")


def test_the_words_are_all_that_the_collector_knows() -> None:
    known = {"pass", "fixed", "fail", "error", "unknown", "notapplicable", "notchecked", "informational"}
    assert known == set(RESULTS) - {"notselected"}


def test_a_failed_rule_speaks_in_the_contents_words() -> None:
    facts = rule(
        "rule_x", "fail", title="It is so", severity="high", why="Since.", how="Do it.", fix="true",
        idents=["CCE-1"], references=[
            "https://www.cisecurity.org/benchmark/debian_linux/: 5.1.20, 5.1.21",
            "https://www.cisecurity.org/controls/: 4.8", "https://nvd.example: AC-2",
        ],
    )  # fmt: skip
    (one,) = PACKAGE.evaluate(host(about(1), facts), {})
    assert (one.verdict, one.rule.id, one.rule.title, one.rule.severity) == (
        "fail",
        "scap:b:rule_x",
        "It is so",
        "High",
    )
    assert (one.rule.why, one.rule.remedy, one.rule.fix.shell) == ("Since.", "Do it.", "true")
    assert one.rule.references == (
        "CCE-1", "CIS 5.1.20, 5.1.21", "https://www.cisecurity.org/controls/: 4.8", "https://nvd.example: AC-2",
    )  # fmt: skip
    assert one.controls == (), "numbers are the content's claim, not our benchmark"
    assert one.evidence[0].observed == "fail by openscap 1.3.7, profile Standard of /content/ds.xml"


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        ((), "unknown", "nobody looked"),
        ((gap("scap", "oscap is missing", "scap"),), "error", "oscap is missing"),
        ((about(2), rule("a", "pass")), "error", "a part of the results is missing"),
        ((rule("a", "pass"),), "error", "a part of the results is missing"),
    ],
    ids=["nobody looked", "no oscap", "cut", "no head"],
)
def test_what_is_not_there_is_no_pass(facts: tuple[Fact, ...], verdict: str, reason: str) -> None:
    (one,) = PACKAGE.evaluate(host(*facts), {})
    assert (one.rule.id, one.verdict) == ("scap", verdict)
    assert reason in one.reason


def test_content_for_another_system_is_an_error() -> None:
    whole, *rest = PACKAGE.evaluate(host(about(2), rule("a", "notapplicable"), rule("b", "notchecked")), {})
    assert (whole.rule.id, whole.verdict) == ("scap", "error")
    assert "decided nothing about this host (notapplicable, notchecked)" in whole.reason
    assert [one.verdict for one in rest] == ["not_applicable", "manual"]


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"profile": "org_profile_standard"}, True),
        ({"sha256": "d" * 64}, True),
        ({"sha256": "e" * 64}, False),
        ({"content": "other.xml"}, False),
        ({"profile": "ndard"}, False),
    ],
)
def test_results_of_another_content_are_not_those_of_a_run(changes: dict[str, str], good: bool) -> None:
    wanted = asked_for({**ASKED, **changes}, Tailored({"x": {}}, {"y": "off"}))
    assert (wanted["x"], wanted.off) == ({}, {"y": "off"})
    (one,) = PACKAGE.evaluate(host(about(1), rule("a", "pass")), wanted)
    assert (one.verdict == "pass") is good
    assert good or (one.verdict == "unknown" and "are of another" in one.reason)
