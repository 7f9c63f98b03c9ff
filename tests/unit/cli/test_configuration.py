"""`shindan apply`, `export` and `import-inspector` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unit.cli.console import console
from unit.cli.test_service_commands import House

TEXT = """targets:
  - name: web
    tags: {inspector: "True"}
templates:
  - name: weekly
    target: web
    duration: 15m
schedules:
  - {name: nightly, template: weekly, cron: 0 3 * * *}
"""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> House:
    made = House(console(monkeypatch, capsys), tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    (tmp_path / "fleet.yaml").write_text(TEXT)
    return made


def test_from_a_file_into_an_account_and_back(house: House, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    told = house("apply", "-f", file, "--diff", "--detailed-exitcode")
    assert (told.code, "+ schedule nightly" in told.out, "3 to create" in told.err) == (2, True, True)
    assert house.json("targets", "list") == []
    made = house("apply", "-f", file, "--detailed-exitcode")
    assert (made.code, made.out, "3 created" in made.err) == (2, told.out, True)
    again = house("apply", "-f", file, "--detailed-exitcode")
    assert (again.code, again.out, again.err) == (0, "", "nothing to change\n")
    copy = tmp_path / "copy.yaml"
    assert house("export", "-o", copy).code == 0
    assert house.json("apply", "-f", copy, "--prune")["changes"] == []
    assert "cron: 0 3 * * *" in house("export").out


def test_what_would_be_lost_is_said_loudly(house: House, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    house("apply", "-f", file)
    file.write_text(TEXT.replace("15m", "30m"))
    told = house("apply", "-f", file, "--diff")
    assert "± template web/weekly  !! with 0 runs and what they found and the schedules nightly" in told.out
    assert "duration: 900 → 1800" in told.out and "needs --replace" in told.err
    refused = house("apply", "-f", file)
    assert (refused.code, f"{file}:5: templates[0]: duration" in refused.err, "--replace" in refused.err) == (
        1,
        True,
        True,
    )
    assert house("apply", "-f", file, "--replace").code == 0
    file.write_text("targets: []")
    gone = house("apply", "-f", file, "--prune", "--format", "json")
    assert [one["action"] for one in json.loads(gone.out)["changes"]] == ["delete"] * 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("targets:\n  - nam: x\n", ":2: targets[0]: Object contains unknown field `nam`"),
        ("targets: [{name: a}]\ntemplates:\n  - {name: t, target: a}\n  - {name: t, target: b}\n", ":4: templates[1]: there is no target 'b'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(house: House, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(text)
    said = house("apply", "-f", file)
    assert (said.code, f"{file}{told}" in said.err) == (1, True), said.err
    assert house.json("targets", "list") == []
    assert house("apply", "-f", tmp_path / "none.yaml").code == 2


def test_moving_over(house: House, tmp_path: Path) -> None:
    state = tmp_path / "terraform.tfstate"
    arn = "arn:aws:inspector:us-west-2:123456789012:target/0-abcdefgh"
    target = {"type": "aws_inspector_assessment_target", "instances": [{"attributes": {"arn": arn, "name": "all"}}]}
    state.write_text(json.dumps({"version": 4, "resources": [target]}))
    out = tmp_path / "moved.yaml"
    run = house._run
    said = run("import-inspector", state, "-o", out, "--fleet", "moved")
    assert (said.code, "1 targets, 0 templates" in said.err) == (0, True)
    assert house("apply", "-f", out).code == 0
    assert [one["name"] for one in house.json("targets", "list")] == ["all"]
