"""Texts of findings taken apart again: nothing of them is lost, whatever a host calls its things."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.model.issue_views import Observed
from shindan.model.outcome import Evidence
from shindan.service import host_flaws
from shindan.service.finding_texts import observed, parted, referenced


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("It leaks.\n\nThe package {subject} is affected.", ("It leaks.", "The package {subject} is affected.")),
        ("One.\n\nTwo.\n\nObserved: {subject}.", ("One.\n\nTwo.", "Observed: {subject}.")),
        ("One.\n\nTwo.", ("One.\n\nTwo.", "")),
        ("{subject} alone", ("{subject} alone", "")),
        ("", ("", "")),
    ],
    ids=["a flaw", "a rule with paragraphs", "a host's release", "one paragraph", "nothing"],
)
def test_the_reason_is_told_apart_from_the_host(description: str, expected: tuple[str, str]) -> None:
    assert parted(description) == expected


EVIDENCE = [
    Evidence("/etc/shadow", "mode 0644, of root:root", "0640 or less"),
    Evidence("/etc/gshadow", "mode 0644, of root:root", "0640 or less"),
    Evidence("umask; of login.defs", "022; 077 later", "027"),
]


def test_evidence_is_told_one_by_one_as_it_was_put_together() -> None:
    assert observed(host_flaws.observed(EVIDENCE[:2])) == (
        Observed("/etc/shadow: mode 0644, of root:root"),
        Observed("/etc/gshadow: mode 0644, of root:root", "0640 or less"),
    )
    assert observed(host_flaws.observed(EVIDENCE * 5))[-1] == Observed("and 3 more")
    assert observed("") == ()


@settings(max_examples=200)
@given(st.lists(st.builds(Evidence, *[st.text("ab:;() wanted", max_size=12)] * 3), max_size=4))
def test_no_letter_of_the_evidence_is_lost(evidence: list[Evidence]) -> None:
    text = host_flaws.observed(evidence)
    told = "; ".join(f"{one.text} (wanted: {one.wanted})" if one.wanted else one.text for one in observed(text))
    assert told.replace(" (wanted: )", "") == text.replace(" (wanted: )", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Update. Reference: [CVE-1](https://example.org/1).", ("Update.", "https://example.org/1")),
        ("Update. Reference: [x](javascript:alert(1)).", ("Update. Reference: [x](javascript:alert(1)).", "")),
        ("Update.", ("Update.", "")),
    ],
    ids=["a link", "no address of the web", "none"],
)
def test_a_reference_is_an_address_of_the_web(text: str, expected: tuple[str, str]) -> None:
    assert referenced(text) == expected
