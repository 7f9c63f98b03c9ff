"""Rules as files: what is well-formed is read, what is not is refused with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from examined import PLATFORM, fact, host, package
from shindan.facts.fact import Fact
from shindan.rules import catalog
from shindan.rules.catalog import HostRule, RuleRefused

GOOD = """\
# a comment
[no-telnet]
title = "No telnet server is installed"
severity = "High"
why = "Telnet sends passwords in the clear."
remedy = "Remove the package."
fix = { sh = "apt-get remove telnetd" }
source = "package_telnetd_removed"
check = { package = { name = "$name", installed = false } }

[no-telnet.params.name]
default = "telnetd"
meaning = "the package"
"""


def read(folder: Path, text: str) -> list[HostRule]:
    (folder / "rules.toml").write_text(text)
    return catalog.read(folder / "rules.toml")


def test_a_rule_is_read_and_judges(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, GOOD)
    assert (rule.rule.id, rule.rule.severity, rule.rule.maturity, rule.sources) == (
        "no-telnet",
        "High",
        "stable",
        ("package_telnetd_removed",),
    )
    assert rule.facts == {"package"}
    assert rule.judge(host(package("telnetd"))).verdict == "fail"
    assert rule.judge(host(package("bash"))).verdict == "pass"
    assert rule.judge(host(package("telnetd")), {"name": "inetutils-telnetd"}).verdict == "pass"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('severity = "High"', 'severity = "high"'), "severity is one of Critical, High"),
        (('why = "Telnet sends passwords in the clear."', ""), "why is missing"),
        (("[no-telnet]", "[No_Telnet]"), "small letters"),
        (('source = "package', 'sources = "package'), "unknown key sources"),
        (("package = {", "packages = {"), "no check kind 'packages'"),
        (("installed = false", "instaled = false"), "package knows no 'instaled'"),
        (("installed = false", 'installed = "no"'), "installed wants a boolean"),
        (('name = "$name", ', ""), "exactly one of name, any_of, all_of"),
        (('"$name"', '"$names"'), "$names is no parameter"),
        (('severity = "High"', 'severity = "High"\nmaturity = "old"'), "maturity is one of"),
        (('severity = "High"', 'severity = "High"\nwhen = { moon = true }'), "`when` knows no 'moon'"),
        (('severity = "High"', 'severity = "High"\nwhen = { container = "no" }'), "container is true or false"),
    ],
)
def test_a_malformed_rule_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(RuleRefused, match=r"rules\.toml:2: rule") as raised:
        read(tmp_path, GOOD.replace(*change))
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["[a\n", GOOD + GOOD, "\x00"])
def test_what_is_no_toml_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(RuleRefused, match=r"rules\.toml:\d+: .*line"):
        read(tmp_path, text)


def test_an_id_may_come_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    with pytest.raises(RuleRefused, match=r"b\.toml:2: rule no-telnet is at .*a\.toml:2"):
        catalog.read_all(tmp_path)


WHEN = [
    (
        "a container",
        "{ container = false }",
        [fact("container", "self", inside=True)],
        "the host is a container, which has no kernel of its own",
    ),
    ("no container", "{ container = false }", [], ""),
    ("another family", '{ family = ["rhel"] }', [], "the host is not of the family rhel"),
    ("another platform", '{ platform = ["debian:11"] }', [], "the host is not debian:11"),
    ("another architecture", '{ arch = ["x86_64"] }', [], "the architecture is amd64, not x86_64"),
    ("a package is missing", '{ package = { any_of = ["a", "b"] } }', [package("c")], "a or b is not installed"),
    ("a package is there", '{ package = { none_of = ["c"] } }', [package("c")], "c is installed"),
    ("not a mount", '{ mount = { any_of = ["/home"] } }', [fact("mount", "/")], "/home is no file system of its own"),
    (
        "no such unit",
        '{ unit = { any_of = ["a.service"] } }',
        [fact("unit", "a.service", enabled="not-found")],
        "there is no unit a.service",
    ),
]


@pytest.mark.parametrize(("when", "facts", "reason"), [case[1:] for case in WHEN], ids=[case[0] for case in WHEN])
def test_conditions_say_why_a_rule_does_not_apply(tmp_path: Path, when: str, facts: list[Fact], reason: str) -> None:
    (rule,) = read(tmp_path, GOOD.replace("source", f"when = {when}\nsource"))
    known = [*facts, package("bash")]
    result = rule.judge(host(*known))
    assert (result.verdict, result.reason) == (("not_applicable", reason) if reason else ("pass", ""))


def test_a_condition_without_facts_is_unknown(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, GOOD.replace("source", 'when = { mount = { any_of = ["/home"] } }\nsource'))
    assert rule.judge(host(package("bash"))).verdict == "unknown"


def test_families_may_differ(tmp_path: Path) -> None:
    (rule,) = read(
        tmp_path,
        GOOD
        + '\n[no-telnet.by_family.rhel]\nremedy = "Use dnf."\ncheck = { package = { name = "telnet-server", installed = false } }\n',
    )
    red_hat = PLATFORM._replace(data={"id": "rhel", "version_id": "9.4"})
    assert rule.judge(host(package("telnet-server"), platform=red_hat)).verdict == "fail"
    assert rule.judge(host(package("telnet-server"))).verdict == "pass"
    assert rule.way(host(platform=red_hat)).rule.remedy == "Use dnf."


def test_a_rule_of_one_family_does_not_apply_to_others(tmp_path: Path) -> None:
    text = GOOD.replace("check = {", "by_family.rhel.check = {")
    (rule,) = read(tmp_path, text)
    assert rule.judge(host(package("bash"))).reason == "the rule is about rhel alone"
