"""What `--fail-on` means."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.model.advisory import Epss, Kev
from shindan.model.result import Cvss, Finding, Reason
from shindan.service.thresholds import met, parse_threshold

PLAIN = Finding(
    id="CVE-2024-1", aliases=(), package=None, fixed_version=None, state="affected", vendor_state="", active=True,
    inactive_reason="", severity="Medium", vendor_severity="", nvd_severity="Undefined", cvss=None, vectors=(),
    epss=None, kev=None, advisories=(), title="", description="", references=(), reason=Reason("", "", ""), feed=None,
)  # fmt: skip


def finding(**changes: Any) -> Finding:
    return PLAIN._replace(**changes)


def cvss(score: float) -> Cvss:
    return Cvss(score, "3.1", "CVSS:3.1/…", "nvd")


@pytest.mark.parametrize(
    ("threshold", "reached", "passed"),
    [
        ("high", finding(severity="Critical"), PLAIN),
        ("HIGH", finding(severity="High"), PLAIN),
        ("medium", PLAIN, finding(severity="Undefined")),
        ("undefined", finding(severity="Undefined"), finding(severity="Critical", active=False)),
        ("kev", finding(kev=Kev("2026-01-01", "2026-01-22")), finding(severity="Critical")),
        ("cvss>=9", finding(cvss=cvss(9.0)), finding(cvss=cvss(8.9))),
        ("cvss > 9", finding(cvss=cvss(9.1)), finding(cvss=cvss(9.0))),
        ("epss>0.5", finding(epss=Epss(0.51, 0.9, "2026-01-01")), finding(epss=Epss(0.5, 0.9, "2026-01-01"))),
        ("EPSS>=0.5", finding(epss=Epss(0.5, 0.9, "2026-01-01")), PLAIN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_threshold_is_reached_or_not(threshold: str, reached: Finding, passed: Finding) -> None:
    assert met([parse_threshold(threshold)], [passed, reached]) == [reached]


def test_any_of_several_suffices_and_none_is_never_met() -> None:
    several = [parse_threshold("critical"), parse_threshold("kev")]
    exploited = finding(kev=Kev("2026-01-01", "2026-01-22"))
    assert met(several, [PLAIN, exploited]) == [exploited]
    assert met([], [finding(severity="Critical")]) == []


def test_what_does_not_run_never_fails_a_scan() -> None:
    assert met([parse_threshold("low")], [finding(severity="Critical", active=False)]) == []


@pytest.mark.parametrize("text", ["", "highest", "cvss>=11", "epss>2", "cvss", "cvss<3", "epss>=0.5 and kev"])
def test_what_is_no_threshold_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"severity|goes from 0"):
        parse_threshold(text)
