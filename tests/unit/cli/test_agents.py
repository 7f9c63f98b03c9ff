"""`shindan agent-token` and `shindan agents`, on a service of their own, and what `hosts show` says of an agent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shindan.app.house import opened
from shindan.model.agent import Contact, Poll
from shindan.service import agent_enrolment
from shindan.service.agent_contacts import Contacts
from shindan.service.agent_enrolment import Applicant
from unit.cli.console import Console, console
from unit.cli.test_service_commands import House


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> House:
    run: Console = console(monkeypatch, capsys)
    made = House(run, tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    return made


def enrolled(house: House, token: str) -> str:
    """A host whose agent has polled once; its id."""
    with opened(house.data) as service_house:
        service = service_house.service
        made = agent_enrolment.enrol(service, token, Applicant("a" * 32, "0.1.0", "c" * 32, "b" * 32, "web-1"))
        told = {"skew": 1.5, "spool": {"bytes": 7, "batches": 1}, "cost": {"rss_kb": 19_000}, "run": "", "release": ""}
        poll = Poll("0.1.0", "c" * 32, "FAULT", "the disk is full", "", told)
        Contacts(service).take([Contact(made.key, 1, poll)])
    return made.host


def test_a_token_is_created_with_the_lines_that_install_an_agent(house: House) -> None:
    said = house("agent-token", "create", "--expires", "30d", "--max-uses", "5", "--tags", "env=prod")
    assert "--endpoint http" in said.out and "operator" in house("agent-token", "list").out
    assert "arn:" not in house("agent-token", "list").out
    assert said.code == 0, said.err
    (token,) = set(re.findall(r"shat_[a-z0-9]{10}_[A-Za-z0-9]{40}", said.out))
    assert "/linux/latest/install" in said.out and f"--token {token}" in said.out
    (listed,) = house.json("agent-token", "list")
    assert listed["id"] == token.split("_")[1] and listed["max_uses"] == 5 and listed["tags"] == {"env": "prod"}
    assert listed["uses"] == 0 and listed["expires_at"] is not None and token not in str(listed)
    made = house.json("agent-token", "create")
    assert made["install"] and made["token"].startswith("shat_") and made["expires_at"] is None


@pytest.mark.parametrize("options", [("--expires", "soon"), ("--expires", "0d"), ("--max-uses", "0"), ("--tags", "=x")])
def test_what_cannot_be_is_told(house: House, options: tuple[str, str]) -> None:
    said = house("agent-token", "create", *options)
    assert said.code != 0 and said.err and house.json("agent-token", "list") == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_token_is_revoked_by_its_id_or_as_it_is(house: House, whole: bool) -> None:
    token = house.json("agent-token", "create")["token"]
    assert house("agent-token", "revoke", token if whole else token.split("_")[1]).code == 0
    (listed,) = house.json("agent-token", "list")
    assert listed["revoked_at"] is not None
    assert house("agent-token", "revoke", "nothing").code != 0


def test_agents_are_listed_shown_and_revoked(house: House) -> None:
    assert "agent-token create" in house("agents", "list").out
    host = enrolled(house, house.json("agent-token", "create")["token"])
    (listed,) = house.json("agents", "list")
    assert (listed["host"], listed["state"], listed["detail"]) == (host, "FAULT", "the disk is full")
    shown = house.json("agents", "show", "web-1")
    assert (shown["skew_s"], shown["spool_bytes"], shown["rss_kb"], shown["sequence"]) == (1.5, 7, 19_000, 1)
    assert "secret" not in str(shown)
    assert "the disk is full" in house("agents", "show", host).out
    assert house("agents", "revoke", host).code == 0
    assert house.json("agents", "show", host)["revoked_at"] is not None
    assert house("agents", "show", "i-00000000000000000").code != 0


def test_a_host_is_shown_with_its_agent(house: House) -> None:
    host = enrolled(house, house.json("agent-token", "create")["token"])
    shown = house.json("hosts", "show", "web-1")
    assert shown["id"] == host and shown["health"] == "UNHEALTHY" and shown["health_details"] == "the disk is full"
    assert shown["agent"]["skew_s"] == 1.5 and shown["agent"]["token"]
    assert "agent_skew_s" in house("hosts", "show", host).out
