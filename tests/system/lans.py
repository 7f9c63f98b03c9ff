"""A network of its own: a bridge in one network namespace, and hosts in others that hang on it by cables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import need_tool

_NETWORK = "10.77.0."
SERVER = f"{_NETWORK}1"
"""The bridge's address, at which whoever runs in the bridge's namespace is reached."""

_BRIDGE = "lan"


@dataclass(frozen=True)
class Node:
    """A namespace on the network: its address, what enters it, and the end of its cable at the bridge."""

    address: str
    enter: tuple[str, ...]
    _cable: tuple[str, str]

    def cut(self) -> None:
        """Pulls the cable; neither side is told that the other is gone."""
        self._switch("down")

    def mend(self) -> None:
        """Plugs it in again."""
        self._switch("up")

    def _switch(self, state: str) -> None:
        space, end = self._cable
        subprocess.run(["ip", "-n", space, "link", "set", end, state], check=True)


@dataclass(frozen=True)
class Lan:
    """`enter` leads to where the bridge is."""

    enter: tuple[str, ...]
    nodes: tuple[Node, ...]


@contextmanager
def lan(count: int) -> Iterator[Lan]:
    """A network of a bridge and so many hosts, which sees nothing of this machine's, nor the other way round.

    Skips the test, saying so, where this user or this machine cannot make one.
    """
    need_tool("ip", "iproute2")
    need_tool("nsenter", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: network namespaces are made")
    with ExitStack() as stack:
        bridge = _space(stack, "bridge")
        _ip(bridge, "link", "add", _BRIDGE, "type", "bridge", "forward_delay", "0")
        _ip(bridge, "address", "add", f"{SERVER}/24", "dev", _BRIDGE)
        _ip(bridge, "link", "set", _BRIDGE, "up")
        yield Lan(_enter(bridge), tuple(_node(stack, bridge, number) for number in range(1, count + 1)))


def _node(stack: ExitStack, bridge: str, number: int) -> Node:
    space, end, address = _space(stack, f"host{number}"), f"cable{number}", f"{_NETWORK}{10 + number}"
    _ip(bridge, "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", space)
    _ip(bridge, "link", "set", end, "master", _BRIDGE, "up")
    _ip(space, "address", "add", f"{address}/24", "dev", "eth0")
    _ip(space, "link", "set", "eth0", "up")
    return Node(address, _enter(space), (bridge, end))


def _space(stack: ExitStack, name: str) -> str:
    space = f"shindan-{os.getpid()}-{name}"
    done = subprocess.run(["ip", "netns", "add", space], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"needs leave to make network namespaces: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["ip", "netns", "delete", space], check=True)
    _ip(space, "link", "set", "lo", "up")
    return space


def _ip(space: str, *words: str) -> None:
    subprocess.run(["ip", "-n", space, *words], check=True)


def _enter(space: str) -> tuple[str, ...]:
    """By file, and no more than the network: the mounts stay those of everybody."""
    return ("nsenter", f"--net={Path('/run/netns', space)}", "--")
