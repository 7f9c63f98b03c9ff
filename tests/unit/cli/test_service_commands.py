"""The commands that look after the service, on a data folder of their own; `aws` is not needed for any of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scap_content import tiny
from service_world import facts
from shindan.cli.app import _Commands
from shindan.cli.lazy import loaded
from shindan.engine.executor_id import Slot
from unit.cli.console import Console, Said, console

COMMANDS = [
    "init", "serve", "agent-release", "agent-release make", "agent-token", "agent-token create", "agent-token list", "agent-token revoke", "agents",
    "agents list", "agents show", "agents revoke", "hosts", "hosts submit", "hosts list", "hosts show", "hosts tag", "hosts remove", "hosts merge",
    "targets", "targets list", "targets create", "targets delete", "templates", "templates list", "templates create",
    "templates delete", "run", "run start", "run watch", "run stop", "run list", "run report",
    "run exclusions", "findings", "findings list", "findings export",
    "findings show", "suppressions", "suppressions list", "suppressions create", "suppressions delete", "usage",
    "users", "users list", "users create", "users set", "users password", "users reset", "users remove", "keys",
    "keys list", "keys create", "keys rotate", "keys lend", "keys disable", "keys enable", "keys delete",
    "keys renew-master", "policies", "policies list", "policies show", "policies put", "policies remove", "accounts",
    "accounts list", "accounts create", "accounts remove", "cert", "cert show", "cert make", "cert renew", "cert take", "db",
    "db migrate", "db backup", "db restore", "db check", "doctor",
    "schedules", "schedules list", "schedules create", "schedules show", "schedules set", "schedules pause",
    "schedules resume", "schedules delete", "schedules next", "apply", "export", "import-inspector",
]  # fmt: skip


class House:
    """A service in a folder, and the command line beside it."""

    def __init__(self, run: Console, data: Path) -> None:
        self._run = run
        self.data = data

    def __call__(self, *arguments: object) -> Said:
        """One command on this folder."""
        return self._run(*arguments, "--data", self.data)

    def json(self, *arguments: object) -> Any:
        """What a command printed, which must have gone well."""
        said = self(*arguments, "--format", "json")
        assert said.code == 0, said.err
        return json.loads(said.out)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.fixture
def house(run: Console, tmp_path: Path) -> House:
    made = House(run, tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    return made


@pytest.fixture
def web1(house: House, tmp_path: Path) -> str:
    """The id of a host that was handed in."""
    file = tmp_path / "web1.ndjson"
    file.write_bytes(facts({"openssl": "3.0.11-1~deb12u1"}))
    return str(house.json("hosts", "submit", file, "--tag", "inspector=True", "--tag", "env=test")["id"])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches(run: Console, command: str) -> None:
    said = run(*command.split(), "--help")
    assert said.code == 0
    assert said.out.startswith("Usage: ")


def test_the_list_of_commands_says_what_they_say_themselves() -> None:
    for name, place in _Commands.places.items():
        assert " ".join(str(loaded(place, name).help).split()).startswith(place.help.rstrip(".")), name


@pytest.mark.parametrize(
    "command",
    ["schedules pause x", "keys rotate x", "users reset x", "agent-token revoke x", "suppressions delete x",
     "notifications show x", "tailoring remove x", "hosts show x", "accounts remove 111111111111 --yes"],
)  # fmt: skip
def test_an_unknown_name_is_told_with_the_command_that_lists_them(house: House, command: str) -> None:
    said = house(*command.split())
    assert (said.code, f"`shindan {command.split()[0]} list`" in said.err) == (1, True), said.err


def test_a_mistyped_command_is_guessed(run: Console) -> None:
    assert "Did you mean 'targets'" in run("target").err


def test_a_folder_without_a_service_is_said(run: Console, tmp_path: Path) -> None:
    for command in (
        "hosts list",
        "users list",
        "run list",
        "findings list",
        "usage",
        "db check",
        "doctor",
        "db migrate",
    ):
        said = run(*command.split(), "--data", tmp_path / "none")
        assert (said.code, "shindan init" in said.err) == (1, True), command
    assert not (tmp_path / "none").exists()


def test_hosts(house: House, web1: str, tmp_path: Path) -> None:
    (row,) = house.json("hosts", "list", "web", "--tag", "env=test")
    assert (row["id"], row["hostname"], row["tags"]) == (web1, "web1", {"inspector": "True", "env": "test"})
    assert house("hosts", "list").out.split()[:2] == ["host", "name"]
    assert house("hosts", "tag", "web1", "env=prod", "--remove", "inspector").code == 0
    assert house.json("hosts", "show", web1)["tags"] == {"env": "prod"}
    second = house.json("hosts", "submit", tmp_path / "web1.ndjson", "--hostname", "web1.example")["id"]
    assert house.json("hosts", "merge", "web1.example", "web1")["id"] == web1
    assert house("hosts", "show", second).code == 1
    assert house("hosts", "remove", "web1").code == 0
    assert "no hosts" in house("hosts", "list").out


def test_the_same_host_handed_in_twice_is_one(house: House, web1: str, tmp_path: Path) -> None:
    assert house.json("hosts", "submit", tmp_path / "web1.ndjson")["id"] == web1


def test_facts_that_are_none_leave_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "torn.ndjson").write_text("{")
    assert house("hosts", "submit", tmp_path / "torn.ndjson").code == 1
    assert house("hosts", "submit", tmp_path / "missing.ndjson").code == 2
    assert house.json("hosts", "list") == []


def test_targets_and_templates(house: House, tmp_path: Path) -> None:
    target = house("targets", "create", "web", "--tag", "inspector=True", "--tag", "any").out.strip()
    assert target.startswith("arn:aws:inspector:us-west-2:123456789012:target/0-")
    (row,) = house.json("targets", "list")
    assert (row["name"], row["tags"]) == ("web", {"inspector": "True", "any": None})
    assert "already exists" in house("targets", "create", "web").err
    create = ("templates", "create", "weekly", "--target", "web", "--package", "cve,cis", "--duration", "15m")
    template = house(*create, "--attribute", "team=blue").out.strip()
    assert template.startswith(f"{target}/template/0-")
    (row,) = house.json("templates", "list")
    assert (row["target"], row["packages"], row["seconds"], row["runs"]) == ("web", ["cve", "cis"], 900, 0)
    for wrong in (("--package", "nonsense"), ("--duration", "soon")):
        assert house("templates", "create", "x", "--target", "web", *wrong).code == 2
    assert house("templates", "create", "x", "--target", "web", "--duration", "1s").code == 1
    content = tiny(tmp_path)
    scap = ("templates", "create", "mandated", "--target", "web", "--package", "cis", "--scap")
    assert (
        house(*scap, "own.xml").code == house("templates", "create", "x", "--target", "web", "--profile", "p").code == 2
    )
    assert house(*scap, "/nowhere/own.xml", "--profile", "p").code == 2
    assert "choose of" in house(*scap, str(content), "--profile", "nothing").err
    assert house(*scap, str(content), "--profile", "strict").code == 0
    (row,) = (one for one in house.json("templates", "list") if one["name"] == "mandated")
    assert row["packages"] == ["cis", "scap"]
    assert house("templates", "delete", "mandated").code == 0
    assert house("templates", "delete", "weekly").code == 0
    assert house("targets", "delete", target).code == 0
    assert "no targets" in house("targets", "list").out
    assert house("targets", "delete", "web").code == 2


def test_users_keys_and_policies(house: House, tmp_path: Path) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "inspector:List*", "Resource": "*"}],
    }
    (tmp_path / "policy.json").write_text(json.dumps(document))
    assert house("policies", "put", "Lister", tmp_path / "policy.json").code == 0
    assert json.loads(house("policies", "show", "Lister").out) == document
    assert house.json("users", "create", "ada", "--policy", "Lister")["policies"] == ["Lister"]
    assert house("policies", "remove", "Lister").code == 1
    key = house.json("keys", "create", "ada")
    new = house.json("keys", "rotate", key["access_key_id"])
    rows = {row["id"]: row for row in house.json("keys", "list", "ada")}
    assert (rows[key["access_key_id"]]["active"], rows[new["access_key_id"]]["active"]) == (False, True)
    assert house("keys", "disable", new["access_key_id"]).code == 0
    assert house("keys", "delete", key["access_key_id"]).code == 0
    assert house.json("keys", "lend", "ada")["session_token"]
    assert key["secret_access_key"] not in house("keys", "list").out
    assert len(house("users", "reset", "ada").out.strip()) >= 12
    assert house("users", "set", "ada", "--administrator", "--policy", "ReadOnly").code == 0
    assert {row["name"]: row["administrator"] for row in house.json("users", "list")} == {
        "ada": True,
        "administrator": True,
    }
    assert house("users", "remove", "administrator").code == 0
    last = house("users", "remove", "ada")
    assert (last.code, "last administrator" in last.err) == (1, True)


def test_a_second_account_has_to_be_named(house: House, web1: str) -> None:
    other = house.json("accounts", "create", "--number", "999999999999", "--name", "other")
    assert (other["account"], other["access_key_id"][:4]) == ("999999999999", "AKIA")
    assert "--account" in house("hosts", "list").err
    assert house.json("hosts", "list", "--account", "999999999999") == []
    assert [row["id"] for row in house.json("hosts", "list", "--account", "123456789012")] == [web1]
    assert house("hosts", "list", "--account", "111111111111").code == 1


def test_an_account_is_removed_by_who_means_it(house: House, web1: str) -> None:
    last = house("accounts", "remove", "123456789012", "--yes")
    assert (last.code, "the only account" in last.err) == (1, True)
    house.json("accounts", "create", "--number", "999999999999")
    asked = house("accounts", "remove", "123456789012")
    assert (asked.code, "1 hosts and 0 runs" in asked.err, "--yes" in asked.err) == (2, True, True)
    done = house("accounts", "remove", "123456789012", "--yes")
    assert (done.code, "1 hosts, 0 runs, 1 inventories" in done.err) == (0, True)
    assert [row["id"] for row in house.json("accounts", "list")] == ["999999999999"]
    assert house.json("hosts", "list") == []
    assert house("accounts", "remove", "123456789012", "--yes").code == 1


def test_suppressions(house: House) -> None:
    made = house(
        "suppressions", "create", "cve=CVE-2024-1", "--reason", "not reachable", "--until", "2027-01-31"
    ).out.strip()
    (row,) = house.json("suppressions", "list")
    assert (row["id"], row["scope"], row["expires_at"]) == (made, {"cve": "CVE-2024-1"}, "2027-02-01T00:00:00Z")
    assert house("suppressions", "create", "cve=x", "--reason", "x", "--until", "soon").code == 2
    assert house("suppressions", "delete", made).code == 0
    assert "no suppressions" in house("suppressions", "list").out


def test_nothing_was_found_or_used_yet(house: House) -> None:
    assert "no findings" in house("findings", "list").out
    assert "nothing was assessed" in house("usage").out
    assert house.json("run", "list") == []
    assert house("findings", "list", "--severity", "awful").code == 2
    assert house("run", "start", "weekly").code == 2
    assert house("run", "watch", "none", "--fail-on", "awful").code == 2


def test_a_run_that_nobody_works_on_is_said(house: House, web1: str) -> None:
    house("targets", "create", "web", "--tag", "inspector=True")
    assert house.json("templates", "create", "weekly", "--target", "web")["arn"].startswith("arn:aws:inspector:")
    alone = house("run", "start", "weekly", "--name", "first", "--wait")
    assert (alone.code, "no server runs" in alone.err, "shindan serve" in alone.err) == (3, True, True)
    early = house("run", "report", "first", "--out", house.data / "r.html")
    assert (early.code, "not ended yet" in early.err) == (1, True)
    assert house("run", "report", "first", "--as", "doc").code == 2
    assert "nothing was left out" in house("run", "exclusions", "first").out
    busy = house("accounts", "create")
    assert busy.code == 0
    refused = house("accounts", "remove", "123456789012", "--yes")
    assert (refused.code, "stop it" in refused.err) == (1, True)


def test_the_database(house: House, web1: str, run: Console, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert "1 inventories" in house("db", "backup", file).err
    assert house("db", "check").code == 0
    assert "the schema is" in house("db", "migrate").err
    assert house("db", "restore", file).code == 1
    assert run("db", "restore", file, "--data", tmp_path / "new").code == 0
    other = House(run, tmp_path / "new")
    assert [row["id"] for row in other.json("hosts", "list")] == [web1]
    (house.data / "blobs").rename(tmp_path / "gone")
    damaged = house("db", "check")
    assert (damaged.code, "is missing" in damaged.err) == (1, True)


def test_a_lost_master_key_is_explained_and_replaced(house: House) -> None:
    (house.data / "keys/master").unlink()
    lost = house("hosts", "list")
    assert (lost.code, "renew-master" in lost.err) == (1, True)
    assert house("doctor").code == 1
    assert house("keys", "renew-master").code == 2
    server = Slot(house.data / "workers")
    running = house("keys", "renew-master", "--yes")
    assert (running.code, "a server runs on" in running.err, "stop it" in running.err) == (1, True, True)
    server.close()
    assert house("keys", "renew-master", "--yes").code == 0
    assert house.json("keys", "list") == []
    assert house.json("keys", "create", "administrator")["secret_access_key"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_is_sent_to_the_user_whose_service_it_is(house: House) -> None:
    os.chown(house.data / "keys/master", 65534, 65534)
    for command in ("hosts list", "users list", "accounts list", "cert make --hostname a.example", "db migrate"):
        said = house(*command.split())
        assert (said.code, "runuser -u" in said.err, "Traceback" in said.err) == (1, True, False), command
    assert "runuser" not in house("doctor").err
    assert house("db", "check").code == 0


def test_the_certificate(house: House) -> None:
    assert house("cert", "show").code == 1
    assert house("cert", "make").code == 2
    assert house.json("cert", "make", "--hostname", "a.example")["names"][0] == "a.example"
    first = house.json("cert", "show")["sha256"]
    assert house.json("cert", "renew")["sha256"] != first
    assert "until" in house("doctor").out


def test_elsewhere_needs_a_key_and_an_address(run: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "AWS_ACCESS_KEY_ID" in run("run", "list", "--endpoint", "https://127.0.0.1:1").err
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    unreached = run("run", "list", "--endpoint", "https://127.0.0.1:1").err
    assert "cannot be reached" in unreached and "does `shindan serve` run there" in unreached
    assert "no address" in run("run", "list", "--endpoint", "127.0.0.1").err
    assert run("run", "list", "--endpoint", "https://127.0.0.1:1", "--data", tmp_path).code == 2
