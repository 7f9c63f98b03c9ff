"""A server and hosts for each test; agents are ended whatever happens, and a failed test shows their logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_process import Host
from agent_server import AgentServer

NewHost = Callable[..., Host]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AgentServer]:
    """Speaks the protocol."""
    with AgentServer(tmp_path) as running:
        yield running


@pytest.fixture
def new_host(tmp_path: Path, server: AgentServer) -> Iterator[NewHost]:
    """`new_host(name, option=value …)`: a host whose agent is not started yet."""
    made: list[Host] = []

    def make(name: str = "host", **options: object) -> Host:
        made.append(Host(tmp_path / name, server, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for host in made:
        host.kill()
        print(host.said())
