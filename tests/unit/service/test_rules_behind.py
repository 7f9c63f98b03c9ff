"""What rules findings are about: as packages name them, on the host's system, and users' own among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.model.outcome import Outcome
from shindan.rules.cis.benchmarks import Library, library, read
from shindan.rules.cis.evaluate import judge
from shindan.rules.examined import Examined
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.service.cis_flaws import cis_flaw_of
from shindan.service.explain_rule import explained
from shindan.service.host_flaws import flaw_of
from shindan.service.rules_behind import Behind, behind
from shindan.store.rules import Rule

RULE = """
[own-telnet]
title = "No telnet server is installed"
severity = "High"
why = "Telnet sends passwords in the clear."
remedy = "Remove it."
fix = { sh = "apt-get purge telnetd" }
check = { package = { name = "telnetd", installed = false } }
[own-telnet.by_family.rhel]
fix = { sh = "dnf remove telnet-server" }
"""
BENCHMARK = """
id = "acme"
title = "ACME baseline"
version = "3"
platforms = ["debian:12"]
[controls]
"1.1" = { rules = ["own-telnet"], level = 1, on = ["server"] }
"""
FACTS = [
    Fact("platform", "os", {"id": "debian", "version_id": "12", "arch": "x86_64"}),
    Fact("package", "telnetd", {"type": "deb", "version": "1", "arch": "all"}),
]


@pytest.fixture
def own(tmp_path: Path) -> Library:
    (tmp_path / "own.toml").write_text(RULE)
    return read([tmp_path])


@pytest.fixture
def numbered(tmp_path: Path, own: Library) -> Library:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "acme.toml").write_text(BENCHMARK)
    return read([tmp_path])


def failed(known: Library, benchmark: str, number: str) -> Rule:
    """The text of a control's finding on a Debian host, as the package writes it."""
    host = Examined(Inventory(FACTS))
    outcome = judge(host, known.rules, known.benchmarks[benchmark].numbered[number], of=benchmark)
    return cis_flaw_of(outcome, known).rule


def test_a_numbered_control_is_known_by_its_benchmark() -> None:
    found = behind(library(), failed(library(), "debian-12", "5.1.20"), "debian:12")
    assert [id_ for id_, _ in found.rules] == ["ssh-root-login"]
    control = next(one for one in library().benchmarks["debian-12"].controls if len(one.rules) > 1 and not one.manual)
    several = behind(library(), failed(library(), "debian-12", control.number), "debian:12")
    assert {id_ for id_, _ in several.rules} <= set(control.rules) and several.rules


def test_users_own_rules_and_benchmarks_are_known(own: Library, numbered: Library) -> None:
    expected = Behind((("own-telnet", "No telnet server is installed"),), "apt-get purge telnetd")
    host = Examined(Inventory(FACTS))
    result = own.rules["own-telnet"].judge(host)
    plain = Outcome(own.rules["own-telnet"].rule, result.verdict, "", result.evidence)
    assert behind(own, cis_flaw_of(plain, own).rule, "debian:12") == expected
    text = failed(numbered, "acme", "1.1")
    assert behind(numbered, text, "debian:12") == expected
    assert behind(numbered, text, "almalinux:9").script == "dnf remove telnet-server", "as on the host's own family"
    assert behind(library(), text, "debian:12") == Behind(), "rules that are gone are not made up"


def test_rules_of_other_packages(own: Library) -> None:
    rule = PRACTICES.rules[0].rule
    text = flaw_of("practices", Outcome(rule, "fail")).rule
    assert behind(own, text, "debian:12").rules == ((rule.id, rule.title),)
    assert behind(own, text._replace(package="scap"), "debian:12") == Behind()
    assert behind(own, Rule("cve", "CVE-2026-0001", "", "", ""), "") == Behind()
    odd = text._replace(package="cis", attributes=(("BENCHMARK_ID", None), ("BENCHMARK_RULE_ID", "9.9.9 x")))
    assert behind(own, odd, "") == Behind(), "a benchmark or number that nobody knows"


def test_own_rules_are_explained(own: Library, numbered: Library) -> None:
    inventory = Inventory(FACTS)
    assert explained(inventory, "own-telnet") == []
    said = explained(inventory, "own-telnet", own)
    assert said[:3] == [
        "own-telnet: No telnet server is installed",
        "  it does not hold  (High)",
        "  telnetd: 1  (wanted: not installed)",
    ]
    assert "  in benchmarks, or of rules: acme 1.1" in explained(inventory, "own-telnet", numbered)
    for name in ("1.1", "acme/1.1"):
        assert explained(inventory, name, numbered)[0] == "1.1: No telnet server is installed"
    assert explained(inventory, "nobody/1.1", numbered) == []
    assert explained(inventory, "debian-12/5.1.20")[0].startswith("5.1.20: ")
