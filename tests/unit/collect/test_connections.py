"""Connections over a window: the short ones that only the kernel's messages show, the long ones, and what is missed."""

from __future__ import annotations

import errno
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shindan.collect import connections as module
from shindan.collect.connections import Connections
from shindan.collect.connections_now import ConnectionsNow
from shindan.collect.inet_socket import CLOSE, ESTABLISHED
from shindan.collect.root import Root
from shindan.collect.sock_diag import Destroyed, parsed
from shindan.facts.fact import Fact, check
from support import need_tool
from unit.collect.trees import gather, tree

PATIENCE = 60.0
ABORT = struct.pack("ii", 1, 0)


@contextmanager
def window(**options: Any) -> Iterator[Connections]:
    opened = Connections(**options)
    opened.open()
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def server(family: int = socket.AF_INET, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.socket(family) as one:
        one.bind((address, 0))
        one.listen(64)
        yield one


def facts_when(opened: Connections, ready: Callable[[list[Fact]], bool]) -> list[Fact]:
    """The facts once a condition holds: the kernel sends its messages when it finds time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        facts = list(opened.facts())
        if ready(facts) or time.monotonic() > deadline:
            assert [check(fact) for fact in facts if check(fact)] == []
            return facts
        select.select(opened.filenos(), [], [], 0.1)


def flows(facts: list[Fact], port: int) -> dict[str, dict[str, Any]]:
    """By direction, what is told of the connections to a port of this host; those of unknown programs counted with."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if port in (fact.data.get("local_port"), fact.data.get("remote_port")):
            other = found.get(fact.data["direction"], {**fact.data, "count": 0})
            count = fact.data["count"] + other["count"]
            moments = [fact.data["first_seen"], other["first_seen"], fact.data["last_seen"], other["last_seen"]]
            told = {"count": count, "first_seen": min(moments), "last_seen": max(moments)}
            found[fact.data["direction"]] = {**other, **fact.data, **told}
    return found


def counted(port: int, number: int) -> Callable[[list[Fact]], bool]:
    def ready(facts: list[Fact]) -> bool:
        found = flows(facts, port)
        return len(found) == 2 and all(one["count"] >= number for one in found.values())

    return ready


def connect_once(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()[:2]) as client:
        accepted, _ = listener.accept()
        accepted.close()
        client.recv(1)


def reasons(facts: list[Fact]) -> str:
    return "; ".join(fact.data["reason"] for fact in facts if fact.kind == "gap")


# ── short ones ──


def test_a_connection_that_is_gone_at_once_is_counted_at_both_ends() -> None:
    with window() as opened, server() as listener:
        port = listener.getsockname()[1]
        for _ in range(3):
            connect_once(listener)
        opened.snapshot()
        found = flows(facts_when(opened, counted(port, 3)), port)
    assert (found["in"]["count"], found["out"]["count"]) == (3, 3)
    assert found["in"]["loopback"] is True
    assert (found["out"]["remote_port"], found["in"]["local_port"]) == (port, port)
    assert "local_port" not in found["out"]
    assert found["in"]["program"] == os.path.realpath(sys.executable)


def test_ipv6_and_the_ipv4_within_it() -> None:
    with window() as opened, server(socket.AF_INET6, "::") as listener:
        port = listener.getsockname()[1]
        for address in ("::1", "127.0.0.1"):
            with socket.create_connection((address, port)) as client:
                listener.accept()[0].close()
                client.recv(1)

        def both(facts: list[Fact]) -> bool:
            return len([fact for fact in facts if port in fact.data.values()]) == 4

        facts = [fact for fact in facts_when(opened, both) if port in fact.data.values()]
    subjects = {fact.subject for fact in facts}
    assert subjects == {
        f"tcp [::1] > [::1]:{port}",
        f"tcp [::1]:{port} < [::1]",
        f"tcp 127.0.0.1 > 127.0.0.1:{port}",
        f"tcp 127.0.0.1:{port} < 127.0.0.1",
    }


def test_a_connected_udp_socket_is_a_connection_and_an_unconnected_one_is_none() -> None:
    with window() as opened, socket.socket(type=socket.SOCK_DGRAM) as served:
        served.bind(("127.0.0.1", 0))
        port = served.getsockname()[1]
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", port))
            client.send(b"x")
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.sendto(b"x", ("127.0.0.1", port))
        facts = facts_when(opened, lambda facts: "out" in flows(facts, port))
        found = flows(facts, port)
    assert (found["out"]["protocol"], found["out"]["count"]) == ("udp", 1)


def test_a_refused_attempt_shows_its_address_and_no_port() -> None:
    with window() as opened:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        target = ("127.6.6.6", port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(target)
        facts = facts_when(opened, lambda facts: any("127.6.6.6" in fact.subject for fact in facts))
    (found,) = [fact for fact in facts if "127.6.6.6" in fact.subject]
    assert (found.data["direction"], found.data["count"]) == ("out", 1)
    assert "remote_port" not in found.data
    assert "local_address" not in found.data


def test_an_aborted_connection_that_was_seen_open_is_counted_once() -> None:
    with window() as opened, server() as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
        opened.snapshot()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        client.close()
        accepted.close()
        connect_once(listener)
        facts = facts_when(opened, counted(port, 2))
    found = flows(facts, port)
    assert (found["in"]["count"], found["out"]["count"]) == (2, 2)


# ── long ones ──


def test_a_connection_that_stays_open_is_counted_once_with_its_program() -> None:
    with window() as opened, server() as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        port = listener.getsockname()[1]
        for _ in range(3):
            opened.snapshot()
        found = flows(list(opened.facts()), port)
        accepted.close()
    program = os.path.realpath(sys.executable)
    assert {way: (one["count"], one["program"]) for way, one in found.items()} == {
        "in": (1, program),
        "out": (1, program),
    }
    assert found["out"]["uid"] == os.getuid()


def test_one_that_was_open_at_a_look_and_is_closed_later_is_counted_once() -> None:
    moments = iter(range(1000, 9000))
    with window(clock=lambda: next(moments)) as opened, server() as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
        opened.snapshot()
        first = flows(list(opened.facts()), port)
        accepted.close()
        client.recv(1)
        client.close()
        connect_once(listener)
        opened.snapshot()
        found = flows(facts_when(opened, counted(port, 2)), port)
    assert (found["in"]["count"], found["out"]["count"]) == (2, 2)
    assert first["out"]["first_seen"] == found["out"]["first_seen"] < found["out"]["last_seen"]


def test_what_is_open_at_this_moment() -> None:
    with server() as listener, socket.create_connection(listener.getsockname()):
        port = listener.getsockname()[1]
        accepted, _ = listener.accept()
        found = flows(gather(ConnectionsNow(), Root("/")), port)
        accepted.close()
    assert {way: one["count"] for way, one in found.items()} == {"in": 1, "out": 1}


def test_below_a_root_nothing_runs(tmp_path: Any) -> None:
    assert gather(ConnectionsNow(), tree(tmp_path, {"etc/hostname": "x"})) == []


# ── what is missed is told ──


def test_messages_that_nobody_fetched_in_time_make_the_window_incomplete() -> None:
    with window(receive_bytes=1) as opened, server() as listener:
        for _ in range(200):
            connect_once(listener)
        facts = facts_when(opened, lambda facts: "incomplete" in reasons(facts))
    assert "the window is incomplete" in reasons(facts)


def test_without_the_kernels_messages_only_looks_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: int) -> Destroyed:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")

    monkeypatch.setattr(module, "Destroyed", refused)
    with window() as opened, server() as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        assert opened.filenos() == []
        opened.snapshot()
        facts = list(opened.facts())
        accepted.close()
        port = listener.getsockname()[1]
    assert {way: one["count"] for way, one in flows(facts, port).items()} == {"in": 1, "out": 1}
    assert "between two looks are not seen" in reasons(facts)


def left_out(facts: list[Fact]) -> int:
    match = re.search(r"(\d+) connections were left out", reasons(facts))
    return int(match[1]) if match else 0


def test_more_kinds_of_connections_than_are_told_apart_are_a_gap() -> None:
    with window(most=2) as opened, server() as listener:
        port = listener.getsockname()[1]
        for number in range(1, 6):
            with socket.create_connection((f"127.0.0.{number}", port)) if number == 1 else socket.socket() as client:
                if number > 1:
                    client.bind((f"127.0.0.{number}", 0))
                    client.connect(("127.0.0.1", port))
                listener.accept()[0].close()
                client.recv(1)
        facts = facts_when(opened, lambda facts: left_out(facts) >= 8)
    assert len([fact for fact in facts if fact.kind == "connection"]) == 2
    assert left_out(facts) >= 8


def test_nobody_knows_whose_a_socket_was_that_was_never_seen_open() -> None:
    with window() as opened, server() as listener:
        port = listener.getsockname()[1]
        connect_once(listener)
        found = flows(facts_when(opened, counted(port, 1)), port)
    assert "uid" not in found["out"]
    assert "uid" not in found["in"] or found["in"]["uid"] == os.getuid()


def message(family: int, protocol: int | None, state: int = CLOSE) -> bytes:
    """An `inet_diag_msg` as a kernel sends it, with one attribute or none."""
    body = struct.pack("=BBBB", family, state, 0, 0) + struct.pack("!HH", 40000, 23)
    body += socket.inet_aton("192.0.2.1").ljust(16, b"\0") + socket.inet_aton("192.0.2.2").ljust(16, b"\0")
    body += struct.pack("=I8xIIIII", 0, 0, 0, 0, 1000, 0)
    return body + (struct.pack("=HHBxxx", 5, 10, protocol) if protocol else b"")


@pytest.mark.parametrize(("protocol", "name"), [(6, "tcp"), (17, "udp"), (None, "tcp")])
def test_a_message_of_a_closed_socket(protocol: int | None, name: str) -> None:
    one = parsed(message(socket.AF_INET, protocol))
    assert (one.protocol, one.local_port, one.remote_port, one.uid, one.inode) == (name, 40000, 23, 1000, 0)
    assert socket.inet_ntoa(one.remote) == "192.0.2.2"


@pytest.mark.parametrize("cut", range(1, 9))
def test_an_attribute_that_is_cut_is_passed_over(cut: int) -> None:
    whole = message(socket.AF_INET, 6, ESTABLISHED)
    assert parsed(whole[: len(whole) - cut]).protocol == "tcp"


# ── other namespaces ──

IN_A_NAMESPACE = """
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
s = socket.socket(); s.bind(("127.0.0.1", 2323)); s.listen(64); print("ready", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        c = socket.create_connection(("127.0.0.1", 2323)); a, _ = s.accept(); a.close(); c.recv(1); c.close()
    print("done", flush=True)
"""


@pytest.mark.system
def test_every_network_namespace_is_watched_and_none_kept_alive() -> None:
    unshare = need_tool("unshare", "util-linux")
    need_tool("ip", "iproute2")
    if os.geteuid() != 0:
        pytest.skip("needs root: making a network namespace")
    with window() as opened:
        alone = len(opened.filenos())
        command = [unshare, "-n", sys.executable, "-c", IN_A_NAMESPACE]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdout.readline()
            space = os.readlink(f"/proc/{child.pid}/ns/net")[5:-1]
            opened.snapshot()
            assert len(opened.filenos()) > alone
            child.stdin.write(b"5\n")
            child.stdout.readline()

            def all_of_them(facts: list[Fact]) -> bool:
                return sum(int(fact.data["count"]) for fact in facts if fact.data.get("netns") == space) == 10

            facts = facts_when(opened, all_of_them)
            watched = set(opened._watched)
            child.communicate()
        opened.snapshot()
        assert space in watched
        assert space not in opened._watched
    found = [fact for fact in facts if fact.data.get("netns") == space]
    assert {(fact.subject, fact.data["count"]) for fact in found} == {
        (f"tcp 127.0.0.1 > 127.0.0.1:2323 netns:{space}", 5),
        (f"tcp 127.0.0.1:2323 < 127.0.0.1 netns:{space}", 5),
    }


# ── all of them ──

MANY = 20000
CLIENT = """
import os, socket, sys
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(512)
port = listener.getsockname()[1]
if os.fork() == 0:
    while True:
        listener.accept()[0].close()
print(port, os.getpid(), flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[1])):
    client = socket.socket(); client.connect(("127.0.0.1", port)); client.recv(1); client.close()
print("done", flush=True)
sys.stdin.read()
os.killpg(0, 15)
"""


@pytest.mark.slow
def test_of_twenty_thousand_short_connections_every_one_is_counted() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: a large buffer for the kernel's messages")
    for _ in range(3):  # where others leave this process no processor for long, messages are lost: that is said
        found, port = counted_of_many()
        ways = {way: one["count"] for way, one in flows(found, port).items()}
        if "incomplete" not in reasons(found):
            break
        assert max(ways.values()) <= MANY
    assert "incomplete" not in reasons(found)
    assert ways == {"in": MANY, "out": MANY}


def counted_of_many() -> tuple[list[Fact], int]:
    """What a window tells of `MANY` connections to a port."""
    command = [sys.executable, "-c", CLIENT, str(MANY)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, bufsize=0, **pipes) as child, window() as opened:
        assert child.stdin is not None
        assert child.stdout is not None
        port = int(child.stdout.readline().split()[0])
        opened.snapshot()
        child.stdin.write(b"\n")
        while not select.select([child.stdout], [], [], 0.05)[0]:
            opened.step()
        found = facts_when(opened, counted(port, MANY))
        child.communicate()
    return found, port
