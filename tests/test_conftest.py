"""The tests' own rules: the poisoned network bites, the user's home is out of reach, skips are counted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shindan.engine.clock import now
from support import REPOSITORY

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: nobody's


def test_a_name_of_the_outside_world_is_not_resolved(refused: list[str]) -> None:
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("http://shindan.example/", timeout=5)
    assert refused == ["name 'shindan.example'"]
    refused.clear()


@pytest.mark.parametrize("address", [(DOCUMENTATION_ADDRESS, 80), ("2001:db8::1", 80, 0, 0)], ids=["IPv4", "IPv6"])
def test_an_address_of_the_outside_world_is_not_dialled(address: tuple[object, ...], refused: list[str]) -> None:
    family = socket.AF_INET6 if len(address) > 2 else socket.AF_INET
    with socket.socket(family) as dialling, pytest.raises(OSError, match="not dialled"):
        dialling.connect(address)
    assert len(refused) == 1
    refused.clear()


def test_loopback_is_open() -> None:
    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=5) as answer:
            assert answer.status == 204


@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "SHINDAN_DATA"])
def test_the_users_folders_are_elsewhere(name: str) -> None:
    assert "/shindan-home-" in os.environ[name]


def test_the_clock_stands_still_for_those_who_ask(noon: datetime) -> None:
    assert now() == noon


NEEDY = {
    "tool": "def test_of_a_tool(): pytest.skip('needs: frobnicate')\n",
    "data": "def test_of_data(): pytest.skip('needs data: feed.json')\n",
    "fine": "def test_fine(): pass\n",
}


@pytest.mark.parametrize(
    ("lines", "strict", "data_there", "code"),
    [
        ("tool data fine", "0", True, 0),
        ("tool data fine", "1", True, 1),
        ("tool data fine", "1", False, 1),
        ("data fine", "1", True, 1),
        ("data fine", "1", False, 0),
        ("fine", "1", True, 0),
    ],
    ids=["lenient", "strict", "no tool", "data incomplete", "data absent", "nothing missing"],
)
def test_what_could_not_look_is_counted(tmp_path: Path, lines: str, strict: str, data_there: bool, code: int) -> None:
    needy = tmp_path / "test_needy.py"
    needy.write_text("import pytest\n" + "".join(NEEDY[line] for line in lines.split()))
    data = tmp_path if data_there else tmp_path / "absent"
    workers = "2" if (lines, strict) == ("tool data fine", "1") else "0"
    done = _pytest(needy, workers, {"SHINDAN_FAIL_ON_MISSING": strict, "SHINDAN_TEST_DATA": str(data)})
    assert done.returncode == code, done.stdout + done.stderr
    assert ("1 tests skipped for want of system packages" in done.stdout) == ("tool" in lines)
    assert ("apt install -y --no-install-recommends frobnicate" in done.stdout) == ("tool" in lines)
    assert ("1 tests skipped for want of data" in done.stdout) == ("data" in lines)
    assert ("count as failures" in done.stdout) == bool(code)
    assert "1 passed" in done.stdout.splitlines()[-1]


def _pytest(test: Path, workers: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A run of its own under this suite's conftest."""
    command = [sys.executable, "-m", "pytest", "-c", str(REPOSITORY / "pyproject.toml"), "-n", workers]
    command += ["--rootdir", str(test.parent), "-p", "conftest", "-p", "no:cacheprovider", str(test)]
    path = f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"
    environment = {**os.environ, **variables, "PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=test.parent, check=False)
