"""`shindan rules`, `tailoring` and `zones`, and what `scan` is told by files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unit.cli.console import console
from unit.cli.test_service_commands import House

RULE = """
[own-telnet]
title = "No telnet server is installed"
severity = "High"
why = "Telnet sends passwords in the clear."
remedy = "Remove it."
check = { package = { name = "telnetd", installed = false } }
"""
FACTS = [
    {"kind": "platform", "subject": "os", "data": {"id": "debian", "version_id": "12", "arch": "x86_64"}},
    {"kind": "host", "subject": "self", "data": {"hostname": "web-1"}},
    {"kind": "package", "subject": "telnetd", "data": {"type": "deb", "version": "1", "arch": "all"}},
]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, noon: object) -> House:
    made = House(console(monkeypatch, capsys), tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    return made


def test_a_folder_of_own_rules_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = console(monkeypatch, capsys)
    (tmp_path / "a.toml").write_text(RULE)
    good = run("rules", "check", str(tmp_path))
    assert good.code == 0 and "1 rules, 0 benchmarks, no fault" in good.out
    (tmp_path / "b.toml").write_text(RULE.replace("High", "high").replace("own-telnet", "own-b"))
    bad = run("rules", "check", str(tmp_path))
    assert bad.code == 1 and f"{tmp_path}/b.toml:2: rule own-b: severity is one of" in bad.out
    told = json.loads(run("rules", "check", str(tmp_path), "--format", "json").out)
    assert told["faults"][0]["line"] == 2 and told["rules"] == 1
    assert run("rules", "check", str(tmp_path / "nowhere")).code == 1


def test_rules_are_listed_shown_and_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = console(monkeypatch, capsys)
    rows = json.loads(run("rules", "list", "--package", "best-practices", "--format", "json").out)
    assert len(rows) == 9 and {one["package"] for one in rows} == {"practices"}
    assert run("rules", "list", "--package", "moon").code == 2
    assert run("rules", "list", "--benchmark", "moon").code == 2
    assert "ssh-root-login" in run("rules", "list", "--benchmark", "debian-12", "--search", "5.1.20").out
    assert "PermitRootLogin" in run("rules", "show", "ssh-root-login").out
    assert json.loads(run("rules", "show", "ssh-root-login", "--format", "json").out)["values"] == {"allowed": ["no"]}
    assert run("rules", "show", "moon").code == 2
    assert "options_has" in run("rules", "explain", "mount").out
    assert "crypto_policy" in run("rules", "explain").out
    assert run("rules", "explain", "moon").code == 2
    (tmp_path / "a.toml").write_text(RULE)
    own = json.loads(run("rules", "list", "--rules", str(tmp_path), "--search", "telnet", "--format", "json").out)
    assert [one["id"] for one in own if one["own"]] == ["own-telnet"]


def test_a_scan_with_own_rules_and_tailoring(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, noon: object
) -> None:
    run = console(monkeypatch, capsys)
    facts, rules, wishes = tmp_path / "facts.ndjson", tmp_path / "rules", tmp_path / "tailoring.toml"
    facts.write_text("".join(json.dumps(one) + "\n" for one in FACTS))
    rules.mkdir()
    (rules / "a.toml").write_text(RULE)
    scan = ("scan", "--package", "cis", "--facts", str(facts), "--rules", str(rules), "--format", "json", "--full")

    def told(*more: str) -> dict[str, tuple[str, str | None]]:
        found = json.loads(run(*scan, *more).out)
        return {one["rule"]: (one["verdict"], one["reason"]) for one in found["outcomes"]}

    assert told()["own-telnet"][0] == "fail"
    wishes.write_text(
        '[[tailor]]\nrule = "own-telnet"\noff = true\nreason = "a museum"\nowner = "ops"\nuntil = 2030-01-31\n'
        '[[tailor]]\ncontrol = "5.1.20"\nbenchmark = "debian-12"\noff = true\nreason = "x"\nowner = "y"\nuntil = 2020-01-31\n'
        '[[tailor]]\nrule = "ssh-root-login"\noff = true\nreason = "x"\nowner = "y"\ntags = { env = "test" }\n'
    )
    tailored = told("--tailoring", str(wishes))
    assert tailored["own-telnet"] == ("not_applicable", "switched off: a museum (ops), until 2030-01-31")
    assert tailored["5.1.20"] == told()["5.1.20"], "what expired counts again, and tags are the server's"
    table = run(
        "scan", "--package", "cis", "--facts", str(facts), "--rules", str(rules), "--tailoring", str(wishes)
    ).out
    words = " ".join(table.split())
    for said in ("own-telnet is switched off: a museum (ops)", "debian-12 5.1.20: its tailoring expired on 2020-01-31",
                 "1 entries of tailoring are for hosts with tags"):  # fmt: skip
        assert said in words
    wishes.write_text('[[tailor]]\nrule = "moon"\noff = true\nreason = "x"\nowner = "y"\n')
    refused = run(*scan, "--tailoring", str(wishes))
    assert refused.code == 2 and "there is no rule moon" in refused.err
    zones = tmp_path / "zones.toml"
    zones.write_text('[networks]\n"10.0.0.0/8" = "moon"\n')
    assert run(*scan, "--zones", str(zones)).code == 2
    assert run(*scan, "--zones", str(tmp_path / "nowhere")).code == 2


def test_tailoring_beside_the_service(house: House, tmp_path: Path) -> None:
    made = house("tailoring", "set", "ssh-root-login", "--set", 'allowed=["no", "prohibit-password"]', "--reason",
                 "keys alone", "--owner", "ops", "--until", "2030-01-31", "--tag", "env=test")  # fmt: skip
    assert made.code == 0, made.err
    other = house("tailoring", "set", "5.1.20", "--benchmark", "debian-12", "--off", "--reason", "x")
    assert other.code == 0, other.err
    (row, control) = house.json("tailoring", "list")
    assert row["id"] == made.out.strip() and row["in_force"] is True and row["tags"] == {"env": "test"}
    assert row["set"] == {"allowed": ["no", "prohibit-password"]} and row["until"] == "2030-01-31"
    assert (control["control"], control["benchmark"], control["off"]) == ("5.1.20", "debian-12", True)
    assert "debian-12 5.1.20" in house("tailoring", "list").out
    refused = house("tailoring", "set", "moon", "--off", "--reason", "x")
    assert refused.code != 0 and "there is no rule moon" in refused.err
    file = tmp_path / "kept.toml"
    file.write_text(house("tailoring", "export").out)
    assert house("tailoring", "remove", row["id"]).code == 0 and len(house.json("tailoring", "list")) == 1
    assert "2 entries" in house("tailoring", "import", str(file)).out
    assert [one["rule"] for one in house.json("tailoring", "list")] == ["ssh-root-login", ""]


def test_zones_beside_the_service(house: House, tmp_path: Path) -> None:
    assert "that ship" in house("zones", "show").out
    file = tmp_path / "zones.toml"
    file.write_text('[networks]\n"10.20.0.0/16" = "peered"\n')
    assert "peered (PeeredVpc): 10.20.0.0/16" in house("zones", "set", str(file)).out
    assert house("zones", "show").out == file.read_text()
    file.write_text("[networks\n")
    assert house("zones", "set", str(file)).code != 0
    assert house("zones", "reset").code == 0 and "that ship" in house("zones", "show").out
