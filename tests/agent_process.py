"""A host with an agent on it, as tests need it: the zipapp, a small root to look at, and the real process."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_server import TOKEN, AgentServer
from support import REPOSITORY

SOURCE = REPOSITORY / "src"
MAIN = "import sys\nfrom shindan.agent.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"


def older_interpreters() -> list[str]:
    """Pythons 3.6 to 3.10 of this machine, on PATH or among pyenv's own."""
    found = []
    for minor in range(6, 11):
        own = sorted(Path(os.environ.get("PYENV_ROOT", "/nonexistent"), "versions").glob(f"3.{minor}.*/bin/python3"))
        for python in [shutil.which(f"python3.{minor}"), *map(str, own)]:
            if python and subprocess.run([python, "-I", "-c", ""], capture_output=True, check=False).returncode == 0:
                found.append(python)
                break
    return found


def build(target: Path, version: str = "", extra: dict[str, str] | None = None) -> Path:
    """The agent as it ships, out of its three folders; with another version, or files of the test's own."""
    changed = dict(extra or {})
    if version:
        text = (SOURCE / "shindan/agent/version.py").read_text()
        changed["shindan/agent/version.py"] = re.sub('VERSION = ".*"', f'VERSION = "{version}"', text)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", MAIN)
        archive.writestr("shindan/__init__.py", "")
        for room in ("facts", "collect", "agent"):
            for path in sorted((SOURCE / "shindan" / room).rglob("*.py")):
                name = str(path.relative_to(SOURCE))
                archive.writestr(name, changed.pop(name, path.read_text()))
        for name, text in changed.items():
            archive.writestr(name, text)
    return target


@functools.lru_cache
def shipped() -> bytes:
    """The agent of this checkout."""
    with tempfile.TemporaryDirectory() as folder:
        return build(Path(folder, "agent.pyz")).read_bytes()


def root(folder: Path, packages: int = 30, machine: str = "0" * 31 + "1", product: str = "board-1") -> Path:
    """A Debian host's files, few but real in form."""
    for name, text in {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
        "etc/hostname": "alpha\n",
        "etc/machine-id": machine + "\n",
        "proc/sys/kernel/random/boot_id": "11111111-2222-3333-4444-555555555555\n",
        "sys/class/dmi/id/product_uuid": product + "\n",
        "var/lib/dpkg/status": "".join(stanza(number) for number in range(packages)),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def stanza(number: int) -> str:
    """A package as dpkg writes it."""
    return (
        f"Package: package-{number}\nStatus: install ok installed\nPriority: optional\nSection: libs\n"
        f"Maintainer: Somebody <somebody@debian.org>\nArchitecture: amd64\nSource: source-{number // 3} (1.{number}-1)\n"
        f"Version: 1.{number}-1+b1\nDepends: libc6 (>= 2.36)\nDescription: a package\n Long text.\n\n"
    )


class Host:
    """One agent: its configuration, its state, its process."""

    def __init__(self, folder: Path, server: AgentServer, python: str = sys.executable, **options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.server = server
        self.python = python
        self.home = folder / "opt"
        self.state = folder / "state"
        self.home.mkdir(exist_ok=True)
        self.pyz = self.home / "shindan-agent.pyz"
        self.pyz.write_bytes(shipped())
        self.root = Path(str(options["root"])) if "root" in options else root(folder / "root")
        self.config = folder / "agent.conf"
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"
        self.options: dict[str, object] = {
            "endpoint": server.endpoint, "ca": server.ca, "token": TOKEN, "state": self.state, "home": self.home,
            "root": self.root, "metadata": "off", "nice": 0, "update": "false", "pressure_memory": 0, "pressure_cpu": 0,
        }  # fmt: skip
        self.configure(**options)

    def configure(self, **options: object) -> None:
        """Writes the configuration; None takes an option out."""
        self.options.update(options)
        lines = [f"{key} = {value}" for key, value in self.options.items() if value is not None]
        self.config.write_text("\n".join(["[agent]", *lines, ""]))
        self.config.chmod(0o600)

    def command(self, *arguments: str) -> list[str]:
        """How this agent is called."""
        return [self.python, "-I", "-S", str(self.pyz), *arguments]

    def call(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, timeout=60, env=self._environment(),
            **options,
        )  # fmt: skip

    def start(self, **options: Any) -> Host:
        """Runs the daemon; what it says goes to the log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run", "--config", str(self.config)), stderr=log, stdout=log, env=self._environment(),
                start_new_session=True, **options,
            )  # fmt: skip
        return self

    def signal(self, number: int) -> None:
        """Sends a signal to the daemon alone."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, seconds: float = 5) -> int:
        """Ends it as systemd does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """A power cut for the daemon and its children."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        """Until the condition holds; fails the test after the time, showing the log."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"within {seconds} s not: {what}\n{self.said()}"
            time.sleep(0.02)

    def wait_for_log(self, text: str, seconds: float = 60) -> None:
        """Until the log has the text."""
        self.wait(lambda: text in self.said(), f"{text!r} in the log", seconds)

    def said(self) -> str:
        """The log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kept(self, name: str) -> dict[str, Any]:
        """One of the JSON files of the state folder."""
        found = json.loads((self.state / name).read_text())
        assert isinstance(found, dict)
        return found

    def spooled(self) -> list[str]:
        """Names of the files in the spool."""
        folder = self.state / "spool"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LC_ALL") if name in os.environ}
        return {**kept, **self.environment}
