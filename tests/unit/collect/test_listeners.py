"""Sockets that wait: netlink against /proc/net, who holds them, what systemd listens for, and what cannot be seen."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shindan.collect import proc_net, sock_diag
from shindan.collect.inet_socket import InetSocket, endpoint, loopback, plain, text
from shindan.collect.listeners import Listeners
from shindan.collect.net_namespaces import Namespace, entered, namespaces
from shindan.collect.proc_process import first_word, group
from shindan.collect.root import Root
from shindan.collect.socket_table import CONNECTED, WAITING, sockets
from shindan.collect.systemd_sockets import configured, unit_of
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact
from support import need_tool
from unit.collect.trees import gather, tree

LIVE = Root("/")


@contextmanager
def listening(family: int = socket.AF_INET, address: str = "127.0.0.1", **options: int) -> Iterator[int]:
    """A TCP socket of this process that listens; gives its port."""
    with socket.socket(family) as one:
        for name, value in options.items():
            level = socket.IPPROTO_IPV6 if name.startswith("IPV6") else socket.SOL_SOCKET
            one.setsockopt(level, getattr(socket, name), value)
        one.bind((address, 0))
        one.listen()
        yield one.getsockname()[1]


def about(port: int) -> list[Fact]:
    return [fact for fact in gather(Listeners(), LIVE) if fact.kind == "listener" and fact.data["port"] == port]


def own() -> Namespace:
    return namespaces()[0][0]


def test_a_listener_is_told_with_its_program() -> None:
    with listening() as port:
        (fact,) = about(port)
    assert fact.subject == f"tcp 127.0.0.1:{port}"
    assert fact.data["pid"] == os.getpid()
    assert fact.data["program"] == os.path.realpath(sys.executable)
    assert fact.data["uid"] == os.getuid()
    assert "netns" not in fact.data
    words = {word for word in Path("/proc/self/cmdline").read_text().split("\0") if word}
    assert fact.data["command"] in words


@pytest.mark.parametrize("v6only", [False, True])
def test_netlink_tells_whether_ipv4_is_served_too(v6only: bool) -> None:
    with listening(socket.AF_INET6, "::", IPV6_V6ONLY=int(v6only)) as port:
        (fact,) = about(port)
    assert (fact.subject, fact.data["v6only"]) == (f"tcp [::]:{port}", v6only)


def test_udp_counts_when_it_is_bound_and_not_connected() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as bound, socket.socket(type=socket.SOCK_DGRAM) as client:
        bound.bind(("127.0.0.1", 0))
        client.connect(bound.getsockname())
        (fact,) = about(bound.getsockname()[1])
        assert fact.subject == f"udp 127.0.0.1:{bound.getsockname()[1]}"
        assert about(client.getsockname()[1]) == []


def test_sockets_that_share_a_port_are_one_fact() -> None:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        second.bind(first.getsockname())
        first.listen()
        second.listen()
        (fact,) = about(first.getsockname()[1])
    assert fact.data["sockets"] == 2


def test_a_socket_bound_to_an_interface_names_it() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: binding to an interface")
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        one.bind(("127.0.0.1", 0))
        one.listen()
        (fact,) = about(one.getsockname()[1])
    assert fact.data["interface"] == "lo"


def test_below_a_root_nothing_runs(tmp_path: Path) -> None:
    assert gather(Listeners(), tree(tmp_path, {"etc/hostname": "x"})) == []


def without_interface(found: Iterator[InetSocket]) -> set[InetSocket]:
    return {one._replace(interface=0, v6only=None) for one in found}


@pytest.mark.parametrize("wanted", [WAITING, CONNECTED], ids=["waiting", "connected"])
def test_the_files_below_proc_tell_what_netlink_tells(wanted: int) -> None:
    with (
        listening() as port,
        listening(socket.AF_INET6, "::1") as other,
        socket.create_connection(("127.0.0.1", port)),
        socket.create_connection(("::1", other)),
    ):
        ports = {port, other}
        by_netlink = without_interface(sockets(own(), wanted))
        by_files = without_interface(proc_net.sockets("/proc/self/net", "tcp", wanted))
    ours = {one for one in by_netlink if one.protocol == "tcp" and ports & {one.local_port, one.remote_port}}
    assert ours == {one for one in by_files if ports & {one.local_port, one.remote_port}}
    assert len(ours) == (2 if wanted == WAITING else 4)


def test_where_netlink_is_forbidden_the_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> socket.socket:
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    monkeypatch.setattr(sock_diag, "opened", refused)
    with listening(socket.AF_INET6, "::") as port:
        (fact,) = about(port)
    assert "v6only" not in fact.data
    assert fact.data["pid"] == os.getpid()


def test_a_namespace_that_cannot_be_entered_is_a_gap_or_read_from_files() -> None:
    gone = Namespace("1", "/proc/self/ns/nothing", 0, False)
    with pytest.raises(Unavailable, match="network namespace 1"), entered(gone):
        pass
    with pytest.raises(Unavailable):
        list(sockets(gone, WAITING))


SERVES = "import socket,sys; s=socket.socket(); s.bind(('0.0.0.0',8080)); s.listen(); print('x',flush=True); sys.stdin.read()"


@pytest.mark.system
def test_other_namespaces_are_entered_and_left_again() -> None:
    unshare = need_tool("unshare", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: making a network namespace")
    command = [unshare, "-n", sys.executable, "-c", SERVES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        space = os.readlink(f"/proc/{child.pid}/ns/net")[5:-1]
        before = os.readlink("/proc/self/ns/net")
        found = [fact for fact in gather(Listeners(), LIVE) if fact.data.get("netns") == space]
        assert os.readlink("/proc/self/ns/net") == before
        child.communicate()
    assert [(fact.subject, fact.data["pid"]) for fact in found] == [(f"tcp 0.0.0.0:8080 netns:{space}", child.pid)]


# ── parts ──


@pytest.mark.parametrize(
    ("digits", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("B80D0120000000000000000001000000", "2001:db8::1"),
        ("0000000000000000FFFF00000100007F", "::ffff:127.0.0.1"),
    ],
)
def test_addresses_of_proc(digits: str, address: str) -> None:
    packed = proc_net.address(digits) if sys.byteorder == "little" else b""
    assert not packed or text(packed) == address


@pytest.mark.parametrize("line", [b"", b"  sl local", b"0: zz:0 0:0 0A 0 0 0 0 0 1", b"0: 01:01 01:01 0A 0 0 0 0 0 1"])
def test_lines_of_proc_that_are_none_are_passed_over(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "tcp").write_bytes(b"head\n" + line + b"\n")
    assert list(proc_net.sockets(str(tmp_path), "tcp", -1)) == []


def test_without_proc_nobody_can_look(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is /proc mounted"):
        list(proc_net.sockets(str(tmp_path), "tcp", -1))


def test_written_addresses() -> None:
    packed = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.1")
    assert text(plain(packed)) == "192.0.2.1"
    assert endpoint(socket.inet_aton("192.0.2.1"), 22) == "192.0.2.1:22"
    assert endpoint(socket.inet_pton(socket.AF_INET6, "::1")) == "[::1]"


@pytest.mark.parametrize(
    ("local", "remote", "inside"),
    [("10.0.0.1", "10.0.0.1", True), ("0.0.0.0", "127.9.9.9", True), ("10.0.0.1", "10.0.0.2", False)],
)
def test_loopback_is_told_apart(local: str, remote: str, inside: bool) -> None:
    assert loopback(socket.inet_aton(local), socket.inet_aton(remote)) is inside


ID = "4f" * 32


@pytest.mark.parametrize(
    ("path", "unit", "container"),
    [
        ("/system.slice/ssh.service", "ssh.service", ""),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "a.service", ""),
        ("/user.slice/user-0.slice/session-3.scope", "session-3.scope", ""),
        (f"/docker/{ID}", "", ID),
        (f"/system.slice/docker-{ID}.scope", f"docker-{ID}.scope", ID),
        (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", f"cri-containerd-{ID}.scope", ID),
        (f"/kubepods/besteffort/pod12/{ID}", "", ID),
        ("/lxc.payload.web1/system.slice/nginx.service", "nginx.service", "web1"),
        ("/lxc/old", "", "old"),
        ("/machine.slice/systemd-nspawn@box.service", "systemd-nspawn@box.service", "box"),
        ("/", "", ""),
    ],
)
def test_control_groups(path: str, unit: str, container: str) -> None:
    assert group(path) == (unit, container)


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        (b"/usr/sbin/sshd", "/usr/sbin/sshd"),
        (b"sshd: /usr/sbin/sshd -D [listener]", "sshd:"),
        (b"postgres: app secret 10.0.0.1 idle", "postgres:"),
        (b"  ", ""),
        (b"x" * 500, "x" * 200),
    ],
)
def test_only_the_first_word_of_a_title_is_told(argument: bytes, word: str) -> None:
    assert first_word(argument) == word


UNITS = {
    "usr/lib/systemd/system/ssh.socket": "[Socket]\nListenStream=22\nAccept=no\n",
    "usr/lib/systemd/system/sshd.socket": "[Socket]\nListenStream=22\n",
    "etc/systemd/system/sockets.target.wants/ssh.socket": "-> /usr/lib/systemd/system/ssh.socket",
    "usr/lib/systemd/system/cups.socket": "[Socket]\nListenStream=/run/cups/cups.sock\nListenStream=[::1]:631\n",
    "usr/lib/systemd/system/moved.socket": "[Socket]\nListenStream=80\nListenDatagram=10.0.0.1:514\n",
    "etc/systemd/system/moved.socket.d/port.conf": "[Socket]\nListenStream=\nListenStream=8080\n",
    "run/systemd/generator/ssh.socket.d/addresses.conf": "[Socket]\nListenStream=\nListenStream=0.0.0.0:2222\n",
    "usr/lib/systemd/system/a.socket": "[Socket]\nListenStream=99\n",
    "usr/lib/systemd/system/b.socket": "[Socket]\nListenStream=99\nListenStream=@abstract\nListenStream=vsock::1\n",
}


@pytest.mark.parametrize(
    ("asked", "unit"),
    [
        (("tcp", "0.0.0.0", 2222), "ssh.socket"),
        (("tcp", "::", 2222), "ssh.socket"),
        (("tcp", "::", 22), "sshd.socket"),
        (("tcp", "::1", 631), "cups.socket"),
        (("tcp", "127.0.0.1", 631), ""),
        (("tcp", "::", 80), ""),
        (("tcp", "::", 8080), "moved.socket"),
        (("udp", "10.0.0.1", 514), ""),
        (("tcp", "::", 99), ""),
    ],
    ids=["a generator's drop-in", "either family", "another unit's", "by address", "another address", "emptied",
         "a drop-in", "an empty one empties all", "two may be it"],
)  # fmt: skip
def test_the_unit_that_systemd_listens_for(tmp_path: Path, asked: tuple[Any, ...], unit: str) -> None:
    units = configured(tree(tmp_path, UNITS))
    assert unit_of(units, *asked) == unit
