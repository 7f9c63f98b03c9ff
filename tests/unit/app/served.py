"""A real installation, served by a real child process on a free port of loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60
COMMAND = (sys.executable, "-m", "shindan.cli")


@dataclass
class Served:
    """A server that is ready. `events` are the lines of its log so far."""

    process: subprocess.Popen[str]
    address: str
    data: Path
    made: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def get(self, path: str) -> httpx.Response:
        """An answer; over TLS the made authority is trusted and no other."""
        trusted = self.data / "tls" / "ca.pem"
        verify: Any = ssl.create_default_context(cafile=str(trusted)) if trusted.exists() else True
        return httpx.get(self.address + path, verify=verify, timeout=30)

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first event of a name; waits for it. Fails where the log ends without it."""
        with self.heard:
            self.heard.wait_for(lambda: self._first(event) or self.process.poll() is not None, PATIENCE)
            found = self._first(event)
        assert found is not None, (event, self.said, self.events[-5:])
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop and gives its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def listen(self) -> None:
        """Reads the log until it ends; in a thread of its own."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.heard:
                if line.startswith("{"):
                    self.events.append(json.loads(line))
                else:
                    self.said.append(line)
                self.heard.notify_all()

    def _first(self, event: str) -> dict[str, Any] | None:
        return next((one for one in self.events if one["event"] == event), None)


def shindan(*arguments: object, env: dict[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """One command, as a person types it, in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **(env or {})},
        check=False,
        **more,
    )


def init(data: Path, *options: object, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Sets a folder up and gives what was made."""
    done = shindan("init", "--data", data, "--format", "json", *options, env=env)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(
    data: Path,
    made: dict[str, Any],
    options: Sequence[str] = (),
    *,
    listen: str = "",
    enter: Sequence[str] = (),
    **env: str,
) -> Iterator[Served]:
    """A server of a folder that was set up; killed at the end, if it still runs.

    `enter` is put before its command, such as what enters another network namespace, where it can `listen` elsewhere.
    """
    listen = listen or f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "SHINDAN_FEEDS_UPDATE": "false", "SHINDAN_LOG_FORMAT": "json", **env}
    process = subprocess.Popen(
        [*enter, *COMMAND, "serve", "--data", str(data), "--listen", listen, *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    server = Served(process, "", data, made)
    reader = threading.Thread(target=server.listen, daemon=True)
    reader.start()
    try:
        server.address = server.wait_for("server.ready")["address"]
        yield server
    finally:
        process.kill()
        process.wait(PATIENCE)
        reader.join(PATIENCE)
