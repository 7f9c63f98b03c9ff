"""The set-up by a stand-in interpreter that notes what it is asked: what is done again when, and what people are told.

(That the real thing works is shown by every fresh clone in which `make test` runs at all.)
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from support import REPOSITORY

STAND_IN = """#!/bin/sh
echo "$*" >>"$NOTES"
case $* in
  *'version_info < (3, 11)'*) [ "${HAS:-3.12.1}" != 3.9.2 ] ;;
  *version_info*) echo "${HAS:-3.12.1}" ;;
  *ensurepip*) [ "${LACKS:-}" != venv ] ;;
  '-m venv '*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m pip install '*)
    case ${PIP:-} in
      fails) echo 'ERROR: no route to the index'; exit 1 ;;
      killed) kill -9 0 ;;
    esac
    : >.venv/bin/shindan && chmod +x .venv/bin/shindan ;;
esac
"""


class Clone:
    """A project folder with nothing in it but what the set-up needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clone"
        self.notes = folder / "notes"
        self.python = folder / "python"
        shutil.copytree(REPOSITORY / "scripts", self.folder / "scripts")
        shutil.copy(REPOSITORY / "pyproject.toml", self.folder)
        self.python.write_text(STAND_IN)
        self.python.chmod(0o755)

    def set_up(self, *args: str, **variables: str) -> tuple[int, str, list[str]]:
        """Runs the set-up; its exit code, what it said, and what it did: `venv`, `pip`."""
        self.notes.write_text("")
        environment = {**os.environ, "PYTHON": str(self.python), "NOTES": str(self.notes), **variables}
        done = subprocess.run(
            [self.folder / "scripts/setup", *args],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            cwd="/",
        )
        assert done.stdout == "", "stdout is for results"
        asked = self.notes.read_text().splitlines()
        steps = {"-m venv": "venv", "-m pip install": "pip"}
        return done.returncode, done.stderr, [v for line in asked for k, v in steps.items() if line.startswith(k)]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_a_fresh_clone_is_set_up_once(clone: Clone) -> None:
    code, told, done = clone.set_up()
    assert (code, done) == (0, ["venv", "pip"])
    assert "setting up .venv with Python 3.12.1" in told
    assert clone.set_up() == (0, "", [])


def test_developing_asks_for_more_and_then_suffices_for_running(clone: Clone) -> None:
    clone.set_up()
    assert clone.set_up("dev")[2] == ["pip"]
    assert "-e .[dev]" in clone.notes.read_text()
    assert clone.set_up("dev")[2] == clone.set_up("run")[2] == []


def test_a_changed_pyproject_is_installed_into_what_is_there(clone: Clone) -> None:
    clone.set_up()
    with (clone.folder / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    assert clone.set_up()[2] == ["pip"]


def test_a_set_up_that_was_killed_is_made_anew(clone: Clone) -> None:
    code, _, done = clone.set_up(PIP="killed")
    assert (code, done) == (-signal.SIGKILL, ["venv", "pip"])
    code, told, done = clone.set_up()
    assert (code, done) == (0, ["venv", "pip"])
    assert "unfinished" in told
    assert [path.name for path in clone.folder.iterdir() if "old" in path.name] == []


def test_a_project_that_was_moved_is_set_up_anew(clone: Clone) -> None:
    clone.set_up()
    clone.folder = clone.folder.rename(clone.folder.with_name("moved"))
    assert clone.set_up()[2] == ["venv", "pip"]


def test_another_python_is_taken_when_named(clone: Clone) -> None:
    clone.set_up()
    other = clone.python.with_name("other")
    other.write_text(STAND_IN.replace("3.12.1", "3.13.0"))
    other.chmod(0o755)
    assert clone.set_up(PYTHON=str(other))[2] == ["venv", "pip"]
    assert clone.set_up(PYTHON=str(other))[2] == []


def test_an_environment_made_by_hand_is_used(clone: Clone) -> None:
    (clone.folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(clone.python, clone.folder / ".venv/bin/python")
    assert clone.set_up()[2] == ["pip"]


def test_a_failing_pip_is_quoted_with_what_may_help(clone: Clone) -> None:
    code, told, _ = clone.set_up(PIP="fails")
    assert code == 2
    for text in ("no route to the index", "HTTPS_PROXY", "PIP_INDEX_URL", "PIP_CERT", "docs/operate.md"):
        assert text in told
    assert clone.set_up()[0] == 0


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [
        ({"HAS": "3.9.2"}, "apt install -y python3 python3-venv"),
        ({"LACKS": "venv"}, "apt install -y python3"),
        ({"PYTHON": "/nowhere/python3"}, "PYTHON=/path/to/python3.12"),
    ],
    ids=["too old", "without venv", "absent"],
)
def test_an_unfit_python_is_answered_with_what_to_install(clone: Clone, variables: dict[str, str], remedy: str) -> None:
    code, told, done = clone.set_up(**variables)
    assert (code, done) == (2, [])
    assert remedy in told
    assert not (clone.folder / ".venv").exists()


def test_missing_system_packages_are_named_when_they_may_not_be_installed(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    shutil.copy(REPOSITORY / "scripts/system", scripts)
    (scripts / "system-packages.txt").write_text("# one there, two not\nsh dash\nfrobnicate frob\n/no/file nofile\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "sudo").write_text(f"#!/bin/sh\ntouch '{tmp_path}/sudo-was-called'\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run([scripts / "system"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "apt install -y --no-install-recommends frob nofile\n" in done.stderr
    assert not (tmp_path / "sudo-was-called").exists()
