"""Documentation that can rot is compared with what it speaks of: links, make targets, commands, options, packages."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import REPOSITORY

PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
GROUPS = [
    "accounts",
    "agent-release",
    "agent-token",
    "agents",
    "cert",
    "db",
    "facts",
    "feeds",
    "findings",
    "hosts",
    "keys",
    "run",
    "schedules",
    "suppressions",
    "targets",
    "templates",
    "users",
]
"""Commands that have commands of their own."""
DOCUMENTED = (
    "README.md",
    "README.ja.md",
    "docs/operate.md",
    "docs/quickstart.md",
    "docs/quickstart.ja.md",
    "CONTRIBUTING.md",
)


def _name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def _anchors(text: str) -> set[str]:
    """Headings as GitHub links to them: lower case, no punctuation, hyphens."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text())):
            dead.append(target)
    assert not dead


@functools.cache
def _commands() -> list[tuple[str, list[str]]]:
    """(page, words) of every command line in the shell blocks and inline code of the documented pages."""
    found = []
    for name in DOCUMENTED:
        text = (REPOSITORY / name).read_text()
        blocks = [body for language, body in FENCE.findall(text) if language == "sh"]
        inline = re.findall(r"`((?:make|shindan|\.venv/bin/shindan) [^`]+)`", FENCE.sub("", text))
        for line in [line.strip() for block in blocks for line in block.splitlines()] + inline:
            words = shlex.split(re.sub(r"[|>].*$", "", line) if "'" not in line else line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words and Path(words[0]).name in ("make", "shindan"):
                found.append((name, words))
    return found


def test_commands_are_found() -> None:
    assert len(_commands()) > 20


def test_make_targets_named_in_the_pages_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {word for _, words in _commands() if words[0] == "make" for word in words[1:] if word.isalpha()}
    assert named <= targets
    assert targets - {"help"} <= named, "a target that no page names"


@functools.cache
def _help(*command: str) -> str:
    """What `shindan COMMAND --help` prints; the empty string if there is no such command."""
    shindan = Path(sys.executable).with_name("shindan")
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run([shindan, *command, "--help"], env=environment, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _wrong(words: list[str]) -> str | None:
    """What `shindan` does not know of a command line; None if it knows it all."""
    command: list[str] = []
    for word in words[1:3]:
        if word.startswith("-") or (command and command[0] not in GROUPS):
            break
        command.append(word)
    page = _help(*command)
    if not page:
        return f"no command {' '.join(command)}"
    options = [word.partition("=")[0] for word in words[1:] if word.startswith("--")]
    unknown = [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page)]
    return f"no option {' '.join(unknown)}" if unknown else None


def test_shindan_commands_named_in_the_pages_exist() -> None:
    lines = [(page, words) for page, words in _commands() if words[0] != "make"]
    assert [(page, shlex.join(words), wrong) for page, words in lines if (wrong := _wrong(words))] == []


@pytest.mark.parametrize("line", ["shindan paint", "shindan scan --frobnicate", "shindan feeds paint"])
def test_a_command_that_is_not_there_would_be_noticed(line: str) -> None:
    assert _wrong(line.split())


def test_packages_that_tests_need_are_installed_by_make_test() -> None:
    listed = (REPOSITORY / "scripts/system-packages.txt").read_text().splitlines()
    installed = {line.split()[1] for line in listed if line and not line.startswith("#")}
    needed = set()
    for path in (REPOSITORY / "tests").rglob("*.py"):
        if path.name in ("test_conftest.py", "support.py", "conftest.py", Path(__file__).name):
            continue
        text = path.read_text()
        needed |= set(re.findall(r'need_tool\("[^"]+", "([^"]+)"\)', text))
        needed |= set(re.findall(r'need_tool\("([^"]+)"\)', text))
        needed |= set(re.findall(r"""["']needs: ([a-z0-9][a-z0-9+.-]+)""", text))
    assert needed <= installed, "add them to scripts/system-packages.txt"


@pytest.mark.parametrize("script", sorted(REPOSITORY.glob("scripts/*_doc.py")), ids=_name)
def test_generated_pages_are_fresh(script: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for folder in ("scripts", "src", "docs"):
        shutil.copytree(REPOSITORY / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, copy / "scripts" / script.name], env=environment, check=True, cwd=copy)
    pages = [path.relative_to(copy) for path in sorted(copy.glob("docs/**/*")) if path.is_file()]
    there = [page for page in pages if (REPOSITORY / page).is_file()]
    stale = [str(page) for page in there if (REPOSITORY / page).read_bytes() != (copy / page).read_bytes()]
    assert stale + [str(page) for page in pages if page not in there] == [], "run `make docs`"


def test_the_readme_begins_with_both_commands_and_what_a_bare_machine_lacks() -> None:
    first_screen = "\n".join((REPOSITORY / "README.md").read_text().splitlines()[:25])
    for text in ("make scan", "make test", "apt install -y git make python3-venv", "Debian 12", "Ubuntu 24.04", "3.11"):
        assert text in first_screen


def test_every_script_is_executable_and_posix() -> None:
    scripts = [path for path in (REPOSITORY / "scripts").iterdir() if path.is_file() and not path.suffix]
    for path in [*scripts, REPOSITORY / ".ci/run"]:
        assert os.access(path, os.X_OK), path
        assert path.read_text().startswith("#!/bin/sh\n"), path
        subprocess.run(["sh", "-n", path], check=True)
