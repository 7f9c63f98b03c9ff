"""`shindan findings list --view`: what a shared view of the console finds, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console_world import CURL, OPENSSL, see
from service_world import World, facts
from shindan.app.house import opened
from shindan.model.issue_query import IssueQuery
from shindan.service import saved_views
from shindan.service.accounts import operator
from shindan.service.caller import Caller
from shindan.service.hosts_admin import list_
from unit.cli.console import console


def test_a_view_is_listed_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run, data = console(monkeypatch, capsys), tmp_path / "data"
    assert run("init", "--account", "123456789012", "--region", "us-west-2", "--data", data).code == 0
    file = tmp_path / "web1.ndjson"
    file.write_bytes(facts({"openssl": "3.0.11-1~deb12u1"}))
    assert run("hosts", "submit", file, "--data", data).code == 0
    with opened(data) as house:
        caller = operator(house.service, "123456789012")
        made = World(house.service, caller, caller)
        see(made, list_(house.service, caller).items, [OPENSSL, CURL], 1_000)
        ada = Caller(caller.account, caller.region, "ada", administrator=True)
        saved_views.save(house.service, ada, "urgent", IssueQuery(kev=True), shared=True)
        saved_views.save(house.service, ada, "private", IssueQuery())
    said = run("findings", "list", "--view", "urgent", "--format", "json", "--data", data)
    assert said.code == 0, said.err
    assert [row["rule_id"] for row in json.loads(said.out)] == [OPENSSL.id]
    assert "no view 'private'" in run("findings", "list", "--view", "private", "--data", data).err
    assert "--view" in run("findings", "list", "--view", "urgent", "--severity", "high", "--data", data).err
