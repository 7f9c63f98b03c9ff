"""Whom the agent talks to, by which way, and as whom."""

from __future__ import annotations

import hashlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from agent_process import Host, root
from agent_server import AgentServer

NewHost = Callable[..., Host]
pytestmark = pytest.mark.slow


@contextmanager
def proxy(authorization: str = "") -> Iterator[tuple[int, list[str]]]:
    """A CONNECT proxy: its port, and the first lines of what it was asked."""
    asked: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            block = client.recv(4096)
            if not block:
                return
            head += block
        lines = head.decode().split("\r\n")
        asked.append(lines[0])
        if authorization and f"Proxy-Authorization: {authorization}" not in lines:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        host, _, port = lines[0].split()[1].rpartition(":")
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pairs = {client: server, server: client}
            while True:
                for ready in select.select(list(pairs), [], [])[0]:
                    block = ready.recv(65536)
                    if not block:
                        return
                    pairs[ready].sendall(block)

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def test_a_server_of_another_authority_gets_nothing(tmp_path: Path, server: AgentServer, new_host: NewHost) -> None:
    (tmp_path / "other").mkdir()
    other = AgentServer(tmp_path / "other")
    host = new_host(ca=other.ca).start()
    host.wait_for_log("is not trusted")
    assert not server.requests


def test_a_pinned_certificate_is_enough(server: AgentServer, new_host: NewHost) -> None:
    pin = hashlib.sha256(server.certificate.public_bytes(Encoding.DER)).hexdigest()
    new_host(ca=None, pin=f"{'0' * 64}, sha256:{pin}").start()
    server.wait(lambda: server.polls, "a poll")


def test_another_certificate_than_the_pinned_one_gets_nothing(server: AgentServer, new_host: NewHost) -> None:
    host = new_host(pin="0" * 64).start()
    host.wait_for_log("is not pinned")
    assert not server.requests


@pytest.mark.parametrize("where", ["configuration", "environment"])
def test_a_proxy_with_a_password(where: str, server: AgentServer, new_host: NewHost) -> None:
    with proxy("Basic dXNlcjpwQHNz") as (port, asked):  # user:p@ss
        address = f"http://user:p%40ss@127.0.0.1:{port}"
        host = new_host(**({"proxy": address} if where == "configuration" else {}))
        if where == "environment":
            host.environment["https_proxy"] = address
        host.start()
        server.wait(lambda: len(server.polls) >= 2, "polls")
        assert len(asked) == 1, "one connection is kept"
        assert asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.")
        assert "p%40ss" not in host.said()


def test_a_proxy_that_wants_another_password(server: AgentServer, new_host: NewHost) -> None:
    with proxy("Basic other") as (port, asked):
        host = new_host(proxy=f"user:wrong@127.0.0.1:{port}").start()
        host.wait_for_log("407")
        assert asked
        assert not server.requests
        assert "wrong" not in host.said()


def test_a_server_that_no_proxy_is_for(server: AgentServer, new_host: NewHost) -> None:
    with proxy() as (port, asked):
        host = new_host()
        host.environment.update(https_proxy=f"127.0.0.1:{port}", no_proxy="10.0.0.0/8,127.0.0.0/8")
        host.start()
        server.wait(lambda: server.polls, "a poll")
        assert not asked


def test_a_token_that_is_refused_is_told_by_status_and_enrol(server: AgentServer, new_host: NewHost) -> None:
    host = new_host(token="shat_1_wrong")
    done = host.call("enrol", "--config", str(host.config))
    assert done.returncode == 1
    assert "TokenRefused" in done.stderr
    assert "token = shat_1_wrong" in host.config.read_text()
    host.start()
    host.wait_for_log("TokenRefused")
    assert not server.polls


def test_enrolling_in_the_foreground_twice(server: AgentServer, new_host: NewHost) -> None:
    host = new_host()
    first = host.call("enrol", "--config", str(host.config))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("enrolled as i-")
    assert "token" not in host.config.read_text()
    second = host.call("enrol", "--config", str(host.config))
    assert second.returncode == 0
    assert "already" in second.stdout
    assert len(server.enrolments) == 1
    server.keys.clear()
    third = host.call("enrol", "--config", str(host.config))
    assert third.returncode == 1
    assert "token=" in third.stderr


def test_a_copied_disk_enrols_anew_and_never_uses_the_others_key(server: AgentServer, new_host: NewHost) -> None:
    host = new_host(keep_token="true").start()
    server.wait(lambda: server.polls, "a poll")
    host.stop()
    old = host.kept("identity.json")
    root(host.root, product="board-2")
    count = len(server.requests)
    host.start()
    host.wait_for_log("clone noticed")
    server.wait(lambda: len(server.enrolments) == 2, "a second enrolment")
    server.wait(lambda: server.requests[-1].path == "/agent/v1/poll", "a poll")
    assert not any(old["key_id"] in one.headers.get("authorization", "") for one in server.requests[count:])
    assert server.enrolments[0]["hardware"] != server.enrolments[1]["hardware"]


def test_a_copied_disk_without_a_token_says_so_and_stays_silent(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    host.stop()
    root(host.root, machine="f" * 32)
    count = len(server.requests)
    host.start()
    host.wait_for_log("NoToken")
    assert len(server.requests) == count
    host.wait(lambda: "token=" in host.kept("status.json")["detail"], "what is missing, in the status")


def test_two_machines_with_one_key_part_when_the_server_says_so(server: AgentServer, new_host: NewHost) -> None:
    from agent_server import Reply, Request

    told: list[int] = []

    def hook(request: Request) -> Reply | None:
        if request.path == "/agent/v1/poll" and len(server.polls) >= 1 and not told:
            told.append(1)
            return Reply(409, {"error": "CloneSeen"})
        return None

    server.hooks.append(hook)
    new_host(keep_token="true").start()
    server.wait(lambda: len(server.enrolments) == 2, "a second enrolment")
    assert server.enrolments[1]["anew"] is True
    hosts = {one.host for one in server.keys.values()}
    assert len(hosts) == 2
