"""Benchmarks: well-formed ones are read and judged, malformed ones refused with their place; numbers are never invented."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from examined import PLATFORM, host, package
from shindan.model.outcome import Outcome
from shindan.rules.catalog import RuleRefused
from shindan.rules.cis import benchmark
from shindan.rules.cis.benchmarks import library, read
from shindan.rules.cis.evaluate import evaluate, without_numbers
from support import test_data

RULES = """
[own-no-telnet]
title = "No telnet server is installed"
severity = "High"
why = "It sends passwords in the clear."
remedy = "Remove it."
check = { package = { name = "$name", installed = false } }
params = { name = { default = "telnetd" } }
[own-aide]
title = "AIDE is installed"
severity = "Medium"
why = "It notices changes."
remedy = "Install it."
check = { package = { name = "aide" } }
"""
BENCHMARK = """
id = "own"
title = "Our own"
version = "1"
platforms = ["debian:12"]
[controls]
"1.10" = { rules = ["own-no-telnet"], level = 1, on = ["server", "workstation"] }
"1.9" = { rules = ["own-no-telnet", "own-aide"], level = 1, on = ["server"] }
"2.1" = { rules = ["own-aide"], level = 2, on = ["server"] }
"3" = { manual = true, level = 1, on = ["server"] }
"4" = { uncovered = true, level = 1, on = ["workstation"] }
"5" = { rules = ["own-no-telnet"], level = 1, on = ["server"], params = { own-no-telnet = { name = "inetutils-telnetd" } } }
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name, text in (("rules", RULES), ("benchmarks", BENCHMARK)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.toml").write_text(text)
    return tmp_path


def judged(
    own: Path, *names: str, level: benchmark.Level = 1, profile: benchmark.Profile = "server"
) -> dict[str, Outcome]:
    found = read([own])
    outcomes = evaluate(host(*map(package, names)), found.rules, found.benchmarks["own"], level, profile)
    return {one.controls[0].removeprefix("own "): one for one in outcomes}


def test_a_control_holds_where_all_its_rules_do(own: Path) -> None:
    found = judged(own, "aide")
    assert {number: one.verdict for number, one in found.items()} == {
        "1.9": "pass",
        "1.10": "pass",
        "3": "manual",
        "5": "pass",
    }
    assert list(found) == ["1.9", "1.10", "3", "5"], "as people read numbers"


def test_a_control_fails_with_the_evidence_and_the_advice_of_what_fails(own: Path) -> None:
    found = judged(own, "bash")["1.9"]
    assert (found.verdict, found.rule.severity, found.rule.remedy) == ("fail", "High", "Install it.")
    assert [one.subject for one in found.evidence] == ["aide"]
    assert found.rule.title == "No telnet server is installed; AIDE is installed"


def test_levels_hold_those_below_and_profiles_choose(own: Path) -> None:
    assert "2.1" in judged(own, "bash", level=2)
    assert judged(own, "bash", level=2)["2.1"].rule.severity == "Medium"
    workstation = judged(own, "bash", profile="workstation")
    assert set(workstation) == {"1.10", "4"}
    assert "no rule for this control yet" in workstation["4"].reason


def test_a_benchmark_may_want_other_values(own: Path) -> None:
    found = judged(own, "inetutils-telnetd")
    assert (found["1.10"].verdict, found["5"].verdict) == ("pass", "fail")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"own"', '""'), "id is missing"),
        (('rules = ["own-no-telnet"], level = 1, on = ["server", "workstation"]', 'rules = ["none"], level = 1, on = ["server"]'), "own.toml:7: control 1.10: there is no rule none"),
        (("level = 2", "level = 3"), "level is 1 or 2"),
        (('["workstation"]', '["laptop"]'), "on is a list of"),
        (("manual = true", "manual = false"), "neither rules nor manual"),
        (('"3"', '"x3"'), "digits and dots"),
        (("params = { own-no-telnet = { name", "params = { own-no-telnet = { nam"), "no parameter nam"),
        (("uncovered = true", "uncovered = true, why = 1"), "unknown key why"),
        (("[controls]", "[controls"), "line"),
    ],
)  # fmt: skip
def test_a_malformed_benchmark_is_refused_with_its_place(own: Path, change: tuple[str, str], said: str) -> None:
    (own / "benchmarks/own.toml").write_text(BENCHMARK.replace(*change))
    with pytest.raises(RuleRefused) as raised:
        read([own])
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("platform", "id_", "said"),
    [
        ("debian:12", "debian-12", ""),
        ("almalinux:9", "almalinux-9", ""),
        ("rocky:9", "rhel-9", "whose sources it rebuilds"),
        ("centos:7", "rhel-7", "whose sources it rebuilds"),
        ("ol:8", "rhel-8", "whose sources it rebuilds"),
        ("fedora:43", "fedora", ""),
        ("debian:11", None, "no benchmark map for debian:11"),
        ("ubuntu:18.04", None, "no benchmark map"),
        ("amzn:1", None, "no benchmark map"),
        ("rocky:6", None, "no benchmark map"),
        ("", None, "an unknown system"),
    ],
)
def test_which_benchmark_is_for_which_system(platform: str, id_: str | None, said: str) -> None:
    found, words = library().of(platform)
    assert (found.id if found else None) == id_
    assert said in words
    assert bool(words) == bool(said)


def test_without_a_map_rules_are_judged_without_numbers() -> None:
    platform = PLATFORM._replace(data={"id": "debian", "version_id": "11"})
    found = list(without_numbers(host(package("bash"), platform=platform), library().rules.values()))
    assert len(found) > 100
    assert not any(one.controls for one in found)


@pytest.mark.data
def test_every_benchmark_has_all_the_numbers_of_the_data_and_no_others() -> None:
    data = json.loads(gzip.decompress(test_data("compliance/cis-controls.json.gz").read_bytes()))
    known = {one.title: {control.number for control in one.controls} for one in library().benchmarks.values()}
    numbers = sorted(
        sorted(control["id"] for control in found["controls"] if control["id"].replace(".", "").isdigit())
        for found in data["products"].values()
    )
    assert sorted(map(sorted, known.values())) == numbers


WANTED = {
    "debian12": "debian-12",
    "ubuntu2204": "ubuntu-22.04",
    "ubuntu2404": "ubuntu-24.04",
    "rhel9": "rhel-9",
    "al2023": "amazon-linux-2023",
}


@pytest.mark.data
@pytest.mark.parametrize("product", WANTED)
def test_nine_of_ten_automated_controls_are_bound(product: str) -> None:
    data = json.loads(gzip.decompress(test_data("compliance/cis-controls.json.gz").read_bytes()))
    automated = {one["id"] for one in data["products"][product]["controls"] if one["status"] == "automated"}
    bound = {one.number for one in library().benchmarks[WANTED[product]].controls if one.rules and not one.manual}
    assert len(automated & bound) / len(automated) >= 0.9, sorted(automated - bound)
