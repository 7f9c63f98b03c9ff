"""Check kind `package`."""

from __future__ import annotations

from typing import Any

import pytest

from examined import gap, host, package
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled

BASH, SSH = package("bash", "5.2-1"), package("openssh-server", "1:9.2p1-2")

CASES: list[tuple[str, dict[str, Any], list[Fact], Verdict]] = [
    ("it is there", {"name": "bash"}, [BASH], "pass"),
    ("it is not there", {"name": "aide"}, [BASH], "fail"),
    ("it is not to be there", {"name": "telnetd", "installed": False}, [BASH], "pass"),
    ("it is there and should not be", {"name": "bash", "installed": False}, [BASH], "fail"),
    ("one of several is enough", {"any_of": ["chrony", "bash"]}, [BASH], "pass"),
    ("none of several", {"any_of": ["chrony", "ntp"]}, [BASH], "fail"),
    ("all of several", {"all_of": ["bash", "openssh-server"]}, [BASH, SSH], "pass"),
    ("one of all is missing", {"all_of": ["bash", "aide"]}, [BASH], "fail"),
    ("none of several is wanted", {"any_of": ["telnetd", "bash"], "installed": False}, [BASH], "fail"),
    ("its version by dpkg's order", {"name": "openssh-server", "version": {"ge": "1:7.4"}}, [SSH], "pass"),
    ("an epoch decides", {"name": "openssh-server", "version": {"ge": "2:1"}}, [SSH], "fail"),
    (
        "one of two installed versions",
        {"name": "bash", "version": {"ge": "5.2-1"}},
        [package("bash", "4-1"), BASH],
        "pass",
    ),
    ("nobody looked", {"name": "bash"}, [], "unknown"),
    ("somebody could not look", {"name": "bash"}, [gap("packages_deb", "torn", "package")], "error"),
    ("a part could not be looked at", {"name": "aide"}, [BASH, gap("packages_deb", "torn", "package")], "error"),
]


@pytest.mark.parametrize(("check", "facts", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_package(check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    result = compiled({"package": check})(host(*facts))
    assert result.verdict == verdict
    assert bool(result.evidence) == (verdict in ("pass", "fail"))
    assert bool(result.reason) == (verdict in ("unknown", "error"))


def test_the_evidence_says_what_was_seen_and_wanted() -> None:
    result = compiled({"package": {"name": "openssh-server", "version": {"ge": "1:9.9"}}})(host(SSH))
    assert result.evidence == (("openssh-server", "1:9.2p1-2", "installed, version ge 1:9.9"),)
