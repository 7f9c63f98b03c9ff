"""`shindan scan` of rules on several systems: whose benchmark is used, under which numbers, and what is said of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support import REPOSITORY
from unit.cli.console import Console, console


class System(NamedTuple):
    """A recorded host with a recorded configuration; `benchmark` is whose numbers it gets ("" for none)."""

    host: str
    configured: str
    benchmark: str
    title: str
    says: str = ""


SYSTEMS = {
    "Debian 12": System("debian-12", "debian-12", "debian-12", "Debian Linux 12"),
    "Ubuntu 24.04": System("ubuntu-24.04", "debian-12", "ubuntu-24.04", "Ubuntu Linux 24.04"),
    "RHEL 9": System("rhel-9", "rhel-9", "rhel-9", "Red Hat Enterprise Linux 9"),
    "a rebuild of RHEL 9": System("rocky-9", "rhel-9", "rhel-9", "Red Hat Enterprise Linux 9", "Red Hat Enterprise Linux 9"),
    "Debian 11, without a map": System("debian-11", "debian-12", "", "", "no benchmark map"),
    "Ubuntu 20.04, without a map": System("ubuntu-20.04", "debian-12", "", "", "no benchmark map"),
}  # fmt: skip
WORDS = ("passed", "failed", "not_applicable", "manual", "not_told")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.fixture(params=list(SYSTEMS.values()), ids=list(SYSTEMS))
def system(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[System, list[str]]:
    """A system, and options that name its host; there is no feed at all."""
    one: System = request.param
    for recorded in (f"configured/{one.configured}", f"hosts/{one.host}"):
        shutil.copytree(REPOSITORY / "tests" / recorded / "root", tmp_path / "host", symlinks=True, dirs_exist_ok=True)
    return one, ["--root", str(tmp_path / "host"), "--data", str(tmp_path / "data"), "--no-update"]


def told(run: Console, *words: Any) -> dict[str, Any]:
    said = run("scan", *words, "--format", "json", "--full")
    assert said.code == 0, said.err
    result: dict[str, Any] = json.loads(said.out)
    return result


def test_the_benchmark_is_the_systems_own(run: Console, system: tuple[System, list[str]]) -> None:
    one, host = system
    (cis,) = told(run, *host, "--package", "cis")["rules"]
    assert (cis["benchmark"] or "").startswith(one.title) and bool(cis["benchmark"]) is bool(one.benchmark)
    assert one.says in " ".join(cis["notes"])
    assert bool(cis["sections"]) is bool(one.benchmark)


def test_every_outcome_is_counted_and_bears_the_benchmarks_number(
    run: Console, system: tuple[System, list[str]]
) -> None:
    one, host = system
    result = told(run, *host, "--package", "cis")
    (cis,) = result["rules"]
    assert len(result["outcomes"]) == sum(cis[word] for word in WORDS) > 150
    numbers = [control for outcome in result["outcomes"] for control in outcome["controls"]]
    assert {control.partition(" ")[0] for control in numbers} == ({one.benchmark} if one.benchmark else set())
    failed = [outcome for outcome in result["outcomes"] if outcome["verdict"] == "fail"]
    assert len(failed) == len(result["findings"]) > 0 and all(outcome["evidence"] for outcome in failed)
    assert cis["passed"] > 0
    for word in WORDS if one.benchmark else ():
        assert cis[word] == sum(section[word] for section in cis["sections"])


def test_best_practices_need_no_benchmark(run: Console, system: tuple[System, list[str]]) -> None:
    _, host = system
    result = told(run, *host, "--package", "best-practices")
    assert [one["rules_package"] for one in result["rules"]] == ["practices"]
    verdicts = {outcome["rule"]: outcome["verdict"] for outcome in result["outcomes"]}
    assert len(verdicts) >= 9 and set(verdicts.values()) & {"pass", "fail"}


def test_markdown_has_a_score_for_each_section(run: Console, system: tuple[System, list[str]]) -> None:
    _, host = system
    (cis,) = told(run, *host, "--package", "cis")["rules"]
    lines = run("scan", *host, "--package", "cis", "--format", "markdown").out.splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("|  | ")]
    assert [row[1] for row in rows] == [section["number"] for section in cis["sections"]]
    for row, section in zip(rows, cis["sections"], strict=True):
        assert row[2:7] == [f"{section[word]:,}" for word in WORDS]
        wanted = "–" if section["score"] is None else f"{int(section['score'] * 1000) / 10:g} %"
        assert row[7].removesuffix(" |") == wanted or abs(float(row[7].split()[0]) - section["score"] * 100) < 0.11
    assert any(line.startswith("| CIS ") and "| all |" in line for line in lines)
