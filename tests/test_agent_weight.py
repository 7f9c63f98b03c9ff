"""What the agent takes of a host: memory of the real process, idle and over a full collection, and bytes on the wire."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent_process import Host, root
from agent_server import AgentServer

IDLE_KB = 25_000
PEAK_KB = 30_000
"""The original agent took 30,116 kB, idle."""


@pytest.mark.slow
def test_an_agent_is_light_idle_and_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with AgentServer(tmp_path) as server:
        host = Host(tmp_path / "host", server, root=root(tmp_path / "root", packages=5000))
        server.wants_inventory = True
        host.start()
        try:
            server.wait(lambda: server.delivered, "the inventory", 60)
            count = len(server.polls)
            server.wait(lambda: len(server.polls) >= count + 2, "idle polls")
            cost = server.polls[-1]["cost"]
        finally:
            host.kill()
        lines = server.delivered[0].lines
        assert sum(line["kind"] == "package" for line in lines) == 5000
        with capsys.disabled():
            print(f"\nagent on {sys.version.split()[0]}: {cost['rss_kb']:,} kB idle, {cost['peak_kb']:,} kB peak")
        assert cost["rss_kb"] <= IDLE_KB, host.said()
        assert cost["peak_kb"] <= PEAK_KB, host.said()


@pytest.mark.slow
def test_a_first_upload_is_small(tmp_path: Path) -> None:
    with AgentServer(tmp_path) as server:
        host = Host(tmp_path / "host", server, root=root(tmp_path / "root", packages=600))
        server.ordered("run-1", ["platform", "host", "package", "repository"])
        host.start()
        try:
            server.wait(lambda: server.delivered, "the inventory", 60)
            assert server.bytes_in < 60_000
            server.ordered("run-2", ["platform", "host", "package", "repository"])
            server.wait(lambda: len(server.delivered) == 2, "the same again")
        finally:
            host.kill()
    second = [one for one in server.requests if server.delivered[1].id in one.path]
    size = sum(len(f"{name}: {value}\r\n") for name, value in second[0].headers.items() if name != "x-target") + len(
        second[0].body
    )
    assert (len(second), second[0].body) == (1, b"")
    assert size < 1000
