"""`collect` on the command line: exit codes, files and pipes."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shindan.collect.command import collect_to, main
from shindan.facts.configured import CONFIGURED
from support import REPOSITORY
from unit.collect.trees import INVENTORY, OS_RELEASE, STATUS, entry, tree

KINDS = ",".join(INVENTORY)
COLLECT = [
    sys.executable, "-I", "-S", "-c",
    "import sys; sys.path.insert(0, sys.argv[1]); from shindan.collect.command import main; sys.exit(main(sys.argv[2:]))",
    str(REPOSITORY / "src"),
]  # fmt: skip


@pytest.fixture
def host(tmp_path: Path) -> str:
    return tree(tmp_path / "host", {"etc/os-release": OS_RELEASE, STATUS: entry("a")}).path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COLLECT, *arguments], capture_output=True, text=True, check=False)


def test_facts_go_to_stdout(host: str) -> None:
    done = run("--root", host, "--kinds", KINDS)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["platform", "package"]


def test_all_kinds_at_once(host: str) -> None:
    done = run("--root", host, "--kinds", "all")
    assert done.returncode == 0
    assert {json.loads(line)["kind"] for line in done.stdout.splitlines()} >= {"platform", "file", "text", "sweep"}


def test_by_default_how_a_host_is_set_up_is_told_but_no_walk_is_made(host: str) -> None:
    kinds = {json.loads(line)["kind"] for line in run("--root", host).stdout.splitlines()}
    assert kinds >= {"platform", "package", "file", "text", "kernel_module"}
    assert "sweep" not in kinds


@pytest.mark.parametrize("kinds", ["file", "text,crypto_policy"])
def test_how_a_folder_is_set_up_may_be_asked_for_alone(tmp_path: Path, kinds: str) -> None:
    assert run("--root", str(tmp_path), "--kinds", kinds).returncode == 0


def test_more_paths_may_be_asked_for(host: str) -> None:
    Path(host, "etc/sysconfig").mkdir()
    Path(host, "etc/sysconfig/ours").write_text("PASSWORD=geheim\n")
    done = run("--root", host, "--kinds", "file,text", "--also", "/etc/sysconfig/*, /opt/tool")
    facts = {(fact["kind"], fact["subject"]): fact["data"] for fact in map(json.loads, done.stdout.splitlines())}
    assert facts["text", "/etc/sysconfig/ours"] == {"lines": ["PASSWORD=<secret>"]}
    assert facts["file", "/opt/tool"] == {"type": "absent"}
    assert ("text", "/opt/tool") not in facts


def test_only_the_kinds_asked_for(host: str) -> None:
    done = run("--root", host, "--kinds", "package, kernel")
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["package"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--kinds", "sysctls"],
            "unknown kind sysctls: choose of account, ",
        ),
        (["--kinds", "package,"], None),
        (["--kinds", ","], "--kinds names none"),
        (["--kinds", ""], "--kinds names none"),
        (["--root", "/nowhere/at/all"], "/nowhere/at/all is no folder"),
        (["--root", "/etc/passwd"], "is no folder"),
        (["--out", "/nowhere/at/all/facts"], "cannot write /nowhere/at/all/facts: No such file"),
        (["--also", "/home/anna/.ssh"], "--also takes paths and patterns (`*`, `/**`) below /etc, "),
        (["--paint"], "unrecognized arguments"),
    ],
)
def test_bad_usage_exits_2_and_says_what_would_do(host: str, arguments: list[str], said: str | None) -> None:
    done = run("--root", host, *arguments)
    assert done.returncode == (0 if said is None else 2)
    assert (said or "") in done.stderr
    assert said is None or done.stdout == ""


def test_an_empty_folder_exits_3_with_gaps_and_what_is_not_there(tmp_path: Path) -> None:
    done = run("--root", str(tmp_path))
    assert done.returncode == 3
    assert {json.loads(line)["kind"] for line in done.stdout.splitlines()} - CONFIGURED == {"gap"}
    assert run("--root", str(tmp_path), "--kinds", KINDS).stdout.count("\n") == 1
    assert "nothing could be read" in done.stderr


def test_one_fact_among_gaps_exits_0(tmp_path: Path) -> None:
    assert collect_to(tree(tmp_path, {STATUS: entry("a")}).path, None, io.BytesIO()) == 0


def test_a_file_appears_whole_with_the_rights_of_any_new_one(host: str, tmp_path: Path) -> None:
    out = tmp_path / "facts.ndjson"
    previous = os.umask(0o027)
    try:
        assert main(["--root", host, "--kinds", KINDS, "--out", str(out)]) == 0
    finally:
        os.umask(previous)
    assert len(out.read_text().splitlines()) == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["facts.ndjson", "host"]


def test_a_file_that_is_replaced_keeps_its_rights_and_a_link_its_target(host: str, tmp_path: Path) -> None:
    out, link = tmp_path / "facts.ndjson", tmp_path / "link"
    out.write_text("old")
    out.chmod(0o600)
    link.symlink_to("facts.ndjson")
    assert main(["--root", host, "--kinds", KINDS, "--out", str(link)]) == 0
    assert link.is_symlink()
    assert len(out.read_text().splitlines()) == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_pipe_is_written_to_and_stays_a_pipe(host: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert main(["--root", host, "--kinds", KINDS, "--out", str(pipe)]) == 0
        assert len(reader.communicate()[0].splitlines()) == 2
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_is_no_file(host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", host, "--out", str(tmp_path)]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    status = "".join(entry(f"package-{number}") for number in range(20_000))
    tree(tmp_path, {"etc/os-release": OS_RELEASE, STATUS: status})
    with subprocess.Popen([*COLLECT, "--root", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert b'"platform"' in child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told(host: str) -> None:
    done = run("--root", host, "--out", "/dev/full")
    assert (done.returncode, "No space left" in done.stderr) == (2, True)
