"""A failed control as a finding: number, benchmark and profile among its attributes, words of ours."""

from __future__ import annotations

from examined import PLATFORM, fact, gap, package
from shindan.facts.wire import dumps
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.rules.packages import HOST_PACKAGES
from shindan.service.cis_flaws import cis_flaw_of
from shindan.service.host_judging import HostJudge

FACTS = [
    package("telnet"),
    fact("sysctl", "kernel.randomize_va_space", value="0"),
    gap("sshd", "not root", "sshd"),
]


def judged(platform: str) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Title → (severity, subject, attributes …) of flaws; and the details of exclusions."""
    id_, _, version = platform.partition(":")
    facts = [PLATFORM._replace(data={"id": id_, "version_id": version}), *FACTS]
    text = "\n".join(map(dumps, facts)).encode()
    with HostJudge(HOST_PACKAGES["cis"], show=cis_flaw_of).begin() as judging:
        (verdict,) = judging.judge([text])
    assert not verdict.whole
    flaws = {
        one.rule.title: (SHOWN_SEVERITIES[one.severity], one.subject, *(f"{k}={v}" for k, v in one.rule.attributes))
        for one in verdict.flaws
    }
    return flaws, [detail for _, detail in verdict.exclusions]


def test_a_control_that_fails_is_named_by_its_number() -> None:
    flaws, _ = judged("debian:12")
    title = next(one for one in flaws if "telnet" in one.lower())
    assert title.startswith("Instance {agent} is not compliant with rule ")
    assert title.endswith("CIS Debian Linux 12 Benchmark v1.1.0, Level 1 - Server")
    severity, subject, *attributes = flaws[title]
    assert severity == "High"
    assert "telnet" in subject
    assert attributes[0] == "BENCHMARK_ID=CIS Debian Linux 12 Benchmark v1.1.0"
    assert attributes[1].startswith("BENCHMARK_RULE_ID=")
    assert attributes[2] == "CIS_BENCHMARK_PROFILE=Level 1 - Server"


def test_what_nobody_looked_at_is_told_with_its_reason() -> None:
    _, exclusions = judged("debian:12")
    assert any("not root" in one for one in exclusions)
    assert any("nobody looked" in one for one in exclusions)


def test_a_system_without_a_map_is_judged_without_numbers() -> None:
    flaws, _ = judged("debian:11")
    assert flaws
    assert all(title.startswith("Instance {agent}: ") for title in flaws)
    assert {attributes[0] for _, _, *attributes in flaws.values()} == {"BENCHMARK_ID=no benchmark map"}
