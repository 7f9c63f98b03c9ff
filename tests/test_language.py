"""What ships to hosts runs on the oldest Python we promise, alone; and the project speaks of itself only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import REPOSITORY

SOURCE = REPOSITORY / "src"
ON_HOSTS = [SOURCE / "shindan" / room for room in ("facts", "collect", "agent")]

IMPORT_ALL = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
print(len(sys.argv) - 2)
"""


def older_interpreters() -> list[str]:
    """Pythons 3.6 to 3.10 of this machine: on PATH (where pyenv's shims may be hollow) or among pyenv's own."""
    found = []
    for minor in range(6, 11):
        own = sorted(Path(os.environ.get("PYENV_ROOT", "/nonexistent"), "versions").glob(f"3.{minor}.*/bin/python3"))
        candidates = [shutil.which(f"python3.{minor}"), *map(str, own)]
        found += [python for python in candidates if python and _answers(python)][:1]
    return found


def _answers(python: str) -> bool:
    return subprocess.run([python, "-I", "-c", ""], capture_output=True, check=False).returncode == 0


def test_what_ships_to_hosts_keeps_to_the_grammar_of_python_3_6() -> None:
    vermin = Path(sys.executable).with_name("vermin")
    command = [str(vermin), "--target=3.6-", "--violations", "--eval-annotations", "--no-tips", *map(str, ON_HOSTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("python", [sys.executable, *older_interpreters()])
def test_what_ships_to_hosts_runs_without_site_packages_on(python: str, tmp_path: Path) -> None:
    modules = [_dotted(path) for room in ON_HOSTS for path in sorted(room.rglob("*.py"))]
    # Bytecode goes elsewhere: a test leaves no trace in the tree.
    command = [python, "-I", "-S", "-B", "-c", IMPORT_ALL, str(SOURCE), *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(len(modules))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


# Places and customs of the workshop where this was made mean nothing to a reader.
FOREIGN = re.compile(r"/work/|\.\./shared\b|/tmp/brief|/opt/(wheels|pypi)|fresh-machine|\b(house|matching|stack)\.md\b")
OURS = {"tests/support.py", "tests/test_language.py"}
TEXTS = {".md", ".py", ".sh", ".toml", ".txt", ".json", ".html", ".jinja", ".yml", ".yaml", ""}
IGNORED_FOLDERS = re.compile(r"\.git|\.venv.*|build|dist|__pycache__|\..*_cache|\.cache|\.hypothesis")


def _texts() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(REPOSITORY):
        folders[:] = sorted(name for name in folders if not IGNORED_FOLDERS.fullmatch(name))
        found += [Path(folder, name) for name in sorted(files) if Path(name).suffix in TEXTS]
    return found


def test_no_text_speaks_of_the_workshop() -> None:
    found = []
    for path in _texts():
        name = str(path.relative_to(REPOSITORY))
        if name in OURS or not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if match := FOREIGN.search(line):
                found.append(f"{name}:{number}: {match[0]}")
    assert not found
