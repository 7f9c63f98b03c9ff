"""Outcomes of host rules become flaws and exclusions."""

from __future__ import annotations

import json
from typing import Any

from shindan.model.outcome import Evidence, Outcome
from shindan.model.rule import Rule
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.rules.packages import HOST_PACKAGES
from shindan.service.host_flaws import exclusions_of, flaw_of, observed
from shindan.service.host_judging import HostJudge, HostJudging, facts_of

RULE = Rule("x", "A rule", "Critical", "Because.", "Mend it.", flaw="Instance {agent} is open")
OTHER = Rule("y", "Another", "Low", "Because.", "Mend it.")


def facts(*lines: tuple[str, str, dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps({"kind": k, "subject": s, "data": d}).encode() for k, s, d in lines)


def test_a_flaw_is_under_the_rules_title_with_its_evidence() -> None:
    flaw = flaw_of("practices", Outcome(RULE, "fail", evidence=(Evidence("a", "1", "2"),)))
    assert (flaw.rule.package, flaw.rule.id, flaw.rule.title) == ("practices", "A rule", "Instance {agent} is open")
    assert flaw.rule.description == "Because.\n\nObserved: {subject}." and flaw.subject == "a: 1 (wanted: 2)"
    assert SHOWN_SEVERITIES[flaw.severity] == "High", "the API knows no Critical"
    assert flaw_of("practices", Outcome(OTHER, "fail")).rule.title == "Instance {agent}: Another"


def test_texts_of_a_rule_do_not_depend_on_the_host() -> None:
    """They are kept once for all of them."""
    one, other = (flaw_of("runtime", Outcome(RULE, "fail", evidence=(Evidence(x, "1", "2"),))) for x in "ab")
    assert one.rule == other.rule and one.subject != other.subject


def test_evidence_says_once_what_neighbours_want_and_has_an_end() -> None:
    same = (Evidence("a", "1", "0"), Evidence("b", "2", "0"), Evidence("c", "3", "9"))
    assert observed(same) == "a: 1; b: 2 (wanted: 0); c: 3 (wanted: 9)"
    many = observed([Evidence(f"path {n} " + "x" * 1000, "open", "closed") for n in range(500)])
    assert len(many) <= 2000
    assert observed([Evidence(str(n), "open", "closed") for n in range(500)]).endswith("; and 488 more")
    assert observed((Evidence("a\0b\ud800", "c\nd", "e"),)) == "ab?: c d (wanted: e)"


def test_rules_that_share_a_reason_share_an_exclusion() -> None:
    outcomes = [
        Outcome(RULE, "error", reason="not root"),
        Outcome(OTHER, "error", reason="not root"),
        Outcome(RULE, "unknown", reason="nobody looked"),
        Outcome(OTHER, "manual", reason="by hand"),
        Outcome(OTHER, "not_applicable", reason="none"),
        Outcome(OTHER, "pass"),
    ]
    assert list(exclusions_of(outcomes)) == [
        ("NOT_OBSERVED", "A rule, Another: not root"),
        ("NOT_LOOKED_AT", "A rule: nobody looked"),
    ]


def test_a_host_of_which_nothing_is_known_has_no_flaw_and_is_not_whole() -> None:
    for name in ("practices", "runtime"):
        (verdict,) = HostJudging(HOST_PACKAGES[name]).judge([b"no facts\n\n{}"])
        assert not verdict.flaws and verdict.exclusions and not verdict.whole


def test_parameters_are_those_that_were_given() -> None:
    there = facts(("sshd", "global", {"options": {"permitrootlogin": "without-password"}, "origin": "sshd -T"}))
    given = {"practices-ssh-root-login": {"allowed": ["no", "prohibit-password"]}}
    strict, lax = HostJudge(HOST_PACKAGES["practices"]), HostJudge(HOST_PACKAGES["practices"], given)
    found = []
    for judge in (strict, lax):
        with judge.begin() as judging:
            found.append([flaw.rule.id for flaw in judging.judge([there])[0].flaws])
    assert found[0] == [*found[1], "Disable root login over SSH"] or found[0] == [
        "Disable root login over SSH",
        *found[1],
    ]
    assert strict.state() != lax.state(), "what judges otherwise is another state"


def test_only_wanted_facts_are_read_however_lines_are_written() -> None:
    lines = facts(("package", "a", {"type": "deb", "version": "1", "arch": "all"}), ("sysctl", "k", {"value": "1"}))
    swapped = b'\n{"subject": "z", "kind": "sysctl", "data": {"value": "2"}}\n  {"kind" : "sysctl", "subject":"s",\n{'
    assert [one.subject for one in facts_of(lines + swapped, frozenset({"sysctl"}))] == ["k", "z"]
