"""`collect`, `feeds` and `explain` at the command line, and what every command shares."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from unit.cli.console import Console, console
from worlds import BOOKWORM, deb, import_records, record, write_facts, write_json

FLAW = record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1")
COMMANDS = [
    ["scan"], ["explain"], ["collect"], ["feeds"], ["feeds", "list"], ["feeds", "update"], ["feeds", "import"],
    ["feeds", "status"], ["feeds", "remove"], ["feeds", "rollback"], ["feeds", "key"], ["feeds", "export"],
    ["facts"], ["facts", "import"],
]  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches(run: Console, command: list[str]) -> None:
    said = run(*command, "--help")
    assert said.code == 0
    assert said.out.startswith("Usage: ")
    assert run(*command, "-h").out == said.out


def test_the_version_and_the_bare_command(run: Console) -> None:
    assert run("--version").out.startswith("shindan 0.")
    bare = run()
    assert (bare.code, "Begin with: shindan scan" in bare.err) == (2, True)


def test_import_status_rollback_and_removal(run: Console, tmp_path: Path, noon: datetime) -> None:
    data = ["--data", tmp_path / "data"]
    source = write_json(tmp_path / "ours.json", [FLAW])
    assert "osv@ours: 1 advisories, 1 rows" in run("feeds", "import", "osv", source, "--as", "ours", *data).err
    (row,) = json.loads(run("feeds", "status", "--format", "json", *data).out)
    assert (row["name"], row["age"], row["platforms"]) == ("osv@ours", 1.5, ["debian:12"])
    assert "osv@ours" in run("feeds", "status", *data).out
    write_json(source, [FLAW, record("CVE-1", "bash", None)])
    run("feeds", "import", "osv", source, "--as", "ours", *data)
    assert run("feeds", "rollback", "osv@ours", *data).code == 0
    assert json.loads(run("feeds", "status", "--format", "json", *data).out)[0]["advisories"] == 1
    assert run("feeds", "remove", "osv@ours", *data).code == 0
    assert "no generation is in force" in run("feeds", "status", *data).out
    assert run("feeds", "remove", "osv@ours", *data).code == 1


def test_a_malformed_import_exits_1_with_the_reason(run: Console, tmp_path: Path) -> None:
    torn = tmp_path / "torn.json"
    torn.write_text("{")
    said = run("feeds", "import", "osv", torn, "--data", tmp_path / "data")
    assert said.code == 1
    assert "torn.json is no OSV record" in said.err
    assert run("feeds", "import", "nope", torn, "--data", tmp_path / "data").code == 1


def test_the_feeds_are_listed(run: Console) -> None:
    names = [row["name"] for row in json.loads(run("feeds", "list", "--format", "json").out)]
    assert {"debian", "osv", "archive", "kev", "epss", "nvd"} <= set(names)
    assert "kev" in run("feeds", "list").out
    assert run("feeds", "list", "--format", "yaml").code == 2


def test_an_update_that_fails_exits_1_and_goes_on(
    run: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = {"vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2026-01-02", "dueDate": "2026-01-23"}]}
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", str(write_json(tmp_path / "kev.json", catalogue)))
    monkeypatch.setenv("SHINDAN_FEED_EPSS_URL", str(tmp_path / "missing"))
    facts = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, deb("bash", "5.2-1")])
    options = ["--facts", facts, "--data", tmp_path / "data"]
    said = run("feeds", "update", "epss", "kev", *options)
    assert said.code == 1
    assert "epss: " in said.err
    assert "kev: updated" in said.err
    assert run("feeds", "update", "kev", *options).code == 0


def test_explain_and_its_exit_codes(run: Console, tmp_path: Path) -> None:
    import_records(tmp_path / "data", [FLAW])
    facts = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, deb("openssl", "3.0.11-1~deb12u1")])
    options = ["--facts", facts, "--data", tmp_path / "data"]
    said = run("explain", "CVE-2023-5678", "openssl", *options)
    assert (said.code, "=> AFFECTED, fixed in 3.0.13-1~deb12u1" in said.out) == (0, True)
    assert run("explain", "CVE-1999-1", *options).code == 1
    assert run("explain", "CVE-2023-5678", "--facts", tmp_path / "none").code == 3


OWN_RULE = """
[own-bash]
title = "No bash is installed"
severity = "Low"
why = "For a test."
remedy = "Remove it."
check = { package = { name = "bash", installed = false } }
"""


def test_explain_knows_users_own_rules(run: Console, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "rules"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(OWN_RULE)
    facts = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, deb("bash", "5.2-1")])
    said = run("explain", "own-bash", "--facts", facts, "--data", tmp_path / "data")
    assert said.code == 0 and "bash: 5.2-1  (wanted: not installed)" in said.out and not said.err
    (folder / "torn.toml").write_text("[torn")
    said = run("explain", "own-bash", "--facts", facts, "--data", tmp_path / "data")
    assert said.code == 0 and "left out: " in said.err and "torn.toml:1" in said.err
    elsewhere = ["--facts", facts, "--data", tmp_path / "none"]
    assert run("explain", "own-bash", *elsewhere).code == 1
    (folder / "torn.toml").unlink()
    assert run("explain", "own-bash", *elsewhere, "--rules", folder).code == 0
    assert run("explain", "own-bash", *elsewhere, "--rules", tmp_path / "nowhere").code == 2


def test_collect_reads_a_root_into_a_file(run: Console, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    out = tmp_path / "facts.ndjson"
    assert run("collect", "--root", root, "--kinds", "platform", "--out", out).code == 0
    assert json.loads(out.read_text())["data"]["version_id"] == "12"
    (tmp_path / "empty").mkdir()
    assert run("collect", "--root", tmp_path / "empty").code == 3
    assert run("collect", "--kinds", "nonsense").code == 2


def test_completion_is_offered(run: Console) -> None:
    assert "--install-completion" in run("--help").out


def test_the_start_imports_no_heavy_library() -> None:
    heavy = "httpx jinja2 rich msgspec sqlite3 cvss stamina zstandard"
    script = f"import sys, shindan.cli; print([name for name in {heavy.split()!r} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_a_bundle_goes_from_one_data_folder_to_another(run: Console, tmp_path: Path) -> None:
    import_records(tmp_path / "data", [FLAW])
    key, bundle = tmp_path / "bundle.key", tmp_path / "advisories.bundle"
    assert "BEGIN PUBLIC KEY" in run("feeds", "key", key).out
    said = run("feeds", "export", bundle, "--key", key, "--data", tmp_path / "data")
    assert (said.code, ": 1 generation, " in said.err) == (0, True)
    other = ["--data", tmp_path / "other"]
    assert run("feeds", "import", bundle, *other).code == 1, "nobody trusts the key yet"
    taken = run("feeds", "import", bundle, "--trust", f"{key}.pub", *other)
    assert (taken.code, "osv: 1 advisories" in taken.err) == (0, True)
    assert json.loads(run("feeds", "status", "--format", "json", *other).out)[0]["name"] == "osv"


def test_an_sbom_and_a_result_of_vuls_are_hosts(run: Console, tmp_path: Path) -> None:
    import_records(tmp_path / "data", [FLAW])
    facts = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, deb("openssl", "3.0.11-1~deb12u1")])
    options = ["--data", tmp_path / "data", "--no-update", "--format", "json"]
    sbom = tmp_path / "host.cdx.json"
    assert run("scan", "--facts", facts, *options[:3], "--format", "cyclonedx", "--out", sbom).code == 0
    found = json.loads(run("scan", "--sbom", sbom, *options).out)["findings"]
    assert [finding["id"] for finding in found] == ["CVE-2023-5678"]
    lines = run("facts", "import", "cyclonedx", sbom).out.splitlines()
    assert {json.loads(line)["kind"] for line in lines} >= {"platform", "package"}
    assert run("facts", "import", "vuls", facts).code == 3
    assert run("facts", "import", "nonsense", sbom).code == 2
    assert run("scan", "--sbom", sbom, "--facts", facts, *options).code == 2


def test_an_ignored_finding_is_shown_and_does_not_count(run: Console, tmp_path: Path) -> None:
    import_records(tmp_path / "data", [record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1", urgency="high")])
    facts = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, deb("openssl", "3.0.11-1~deb12u1")])
    ignore = tmp_path / "ignore.toml"
    options = ["--package", "cve", "--facts", facts, "--data", tmp_path / "data", "--no-update", "--fail-on", "high"]
    assert run("scan", *options).code == 1
    ignore.write_text('[[ignore]]\ncve = "CVE-2023-5678"\nreason = "the port is closed"\n')
    said = run("scan", *options, "--ignore-file", ignore, "--format", "json")
    assert (said.code, json.loads(said.out)["findings"][0]["ignored"]) == (0, "the port is closed")
    ignore.write_text('[[ignore]]\ncve = "CVE-2023-5678"\n')
    assert run("scan", *options, "--ignore-file", ignore).code == 2
