"""`shindan notifications` beside the service."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from unit.cli.console import console
from unit.cli.test_service_commands import House

SNS = "arn:aws:sns:us-west-2:123456789012:ops"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, noon: object) -> House:
    made = House(console(monkeypatch, capsys), tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    return made


def test_a_channel_from_its_making_to_its_end(house: House) -> None:
    made = house("notifications", "create", "ops", SNS, "--on", "finding-opened", "--least", "high", "--kev",
                 "--package", "openssl*", "--tag", "env=prod", "--every", "30m", "--language", "ja")  # fmt: skip
    assert made.code == 0, made.err
    (row,) = house.json("notifications", "list")
    assert (row["id"], row["shown"], row["kind"], row["last"]) == (made.out.strip(), SNS, "sns", None)
    assert (row["least"], row["kev"], row["packages"], row["tags"]) == ("High", True, ["openssl*"], ["env=prod"])
    assert "every 30m" in house("notifications", "list").out
    changed = house.json(
        "notifications", "set", "ops", "--at", "08:30", "--zone", "Asia/Tokyo", "--tag", "", "--no-kev"
    )
    assert (changed["every"], changed["at"], changed["tags"], changed["kev"]) == ("", "08:30", [], False)
    assert (changed["least"], changed["language"]) == ("High", "ja"), "what is not given stays"
    assert house("notifications", "set", "ops", "--every", "2h").out == "ops: every 2h\n"
    house("notifications", "pause", "ops")
    assert "paused" in house("notifications", "list").out
    house("notifications", "resume", "ops")
    shown = house("notifications", "show", "ops").out
    assert SNS in shown and "least         High" in shown
    assert house("notifications", "log", "ops").out == "nothing was sent yet\n"
    house("notifications", "delete", "ops")
    assert house("notifications", "list").out == "no channels\n"
    assert house("notifications", "show", "ops").code != 0


def test_a_tracker_with_its_secrets_out_of_sight(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text("Authorization: Bearer hidden-word\n\nX-Team: ops\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("https://jira.example/rest/api/2/issue\n"))
    made = house(
        "notifications", "create", "jira", "-", "--ticket", "jira", "--set", "project=SEC", "--header", f"@{token}"
    )
    assert made.code == 0, made.err
    (row,) = house.json("notifications", "list")
    assert (row["kind"], row["shown"]) == ("webhook", "https://jira.example/rest/…")
    assert row["ticketing"]["parameters"]["project"] == "SEC" and "hidden-word" not in repr(row)
    template = tmp_path / "open.json"
    template.write_text('{"text": {{ finding.title }}}')
    changed = house.json("notifications", "set", "jira", "--template", str(template), "--ticket-per", "finding")
    assert changed["ticketing"]["open"] == '{"text": {{ finding.title }}}' and changed["ticketing"]["per"] == "finding"
    assert changed["ticketing"]["close_path"] == "/rest/api/2/issue/{key}/transitions", "what is not given stays"
    template.write_text('{"text": "{{ finding.title }}"}')
    refused = house("notifications", "set", "jira", "--template", str(template))
    assert refused.code != 0 and "without quotes around it" in refused.err


def test_a_test_that_does_not_arrive_is_told_by_its_code(house: House) -> None:
    house("notifications", "create", "hook", "https://127.0.0.1:9/x")
    went = house("notifications", "test", "hook")
    assert went.code == 4 and "127.0.0.1, which is not public" in went.out
    (line,) = house.json("notifications", "log", "hook")
    assert (line["what"], line["status"], line["attempts"]) == ("test message", "ACCESS_DENIED", 1)


def test_options_that_say_what_a_channel_is_are_taken_each(house: House) -> None:
    for command in ("create", "set"):
        said = house("notifications", command, "--help").out.partition("Options:")[2]
        positions = [
            said.index(f"--{name}") for name in ("on EVENT", "least", "every", "ticket ", "header", "endpoint")
        ]
        assert positions == sorted(positions), "in the order of the list, before what all commands have"
    assert house("notifications", "create", "ops", SNS, "--header", "no-colon").code == 2
    assert house("notifications", "set", "ops", "--template", "/nowhere").code == 2
    assert house.json("notifications", "list") == []
