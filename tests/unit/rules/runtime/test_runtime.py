"""The seven rules over a window: what was seen, what was not, and what nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact, check
from shindan.rules.runtime.clients import GENERAL, LOGIN
from shindan.rules.runtime.hardening import WITHOUT_COOKIES, WITHOUT_DEP
from shindan.rules.runtime.ports import UNUSED
from shindan.rules.runtime.root_processes import ROOT_PROCESSES
from shindan.rules.runtime.servers import SERVERS
from shindan.rules.runtime.window import connections, processes, span

BEGIN, END = 1_000_000, 1_003_600
ALL = "0.0.0.0"


def out(port: int, address: str = "192.0.2.7", protocol: str = "tcp", **more: Any) -> Fact:
    data = {"protocol": protocol, "direction": "out", "remote_address": address, "remote_port": port, "count": 1,
            "first_seen": BEGIN, "last_seen": END, "local_address": "10.0.0.2", **more}  # fmt: skip
    return fact("connection", f"{protocol} 10.0.0.2 > {address}:{port}", **data)


def came(port: int, address: str = "192.0.2.9", local: str | None = "10.0.0.2", **more: Any) -> Fact:
    data = {"protocol": "tcp", "direction": "in", "remote_address": address, "local_port": port, "count": 2,
            "first_seen": BEGIN, "last_seen": END, **more}  # fmt: skip
    if local is not None:
        data["local_address"] = local
    return fact("connection", f"tcp {local}:{port} < {address}", **data)


def listener(port: int, address: str = ALL, protocol: str = "tcp", **more: Any) -> Fact:
    data = {"protocol": protocol, "address": address, "port": port, "first_seen": BEGIN, "last_seen": END, **more}
    suffix = f" netns:{more['netns']}" if "netns" in more else ""
    return fact("listener", f"{protocol} {address}:{port}{suffix}", **data)


def process(path: str = "/opt/x/run", **more: Any) -> Fact:
    return fact("process", path, **{"path": path, "pid": 7, "count": 1, "uids": [1000], **more})


LOST = gap("connections", "the window is incomplete: 3 times the kernel dropped messages", "connection")
QUIET = out(443)

CLIENTS = [
    ("telnet", LOGIN, "fail", [out(23, program="/usr/bin/telnet", uid=1000)]),
    ("a short one that no look found: no program", LOGIN, "fail", [out(23)]),
    ("rsh", LOGIN, "fail", [out(514)]),
    ("syslog by UDP is no rsh", LOGIN, "pass", [out(514, protocol="udp")]),
    ("to this host itself", LOGIN, "pass", [out(23, "127.0.0.1"), QUIET]),
    ("to this host's own address", LOGIN, "pass", [out(23, "10.0.0.2", loopback=True)]),
    ("somebody's who came to port 23", LOGIN, "pass", [came(23)]),
    ("FTP unless it is asked for", LOGIN, "pass", [out(21)]),
    ("of a container", LOGIN, "fail", [out(23, container="0123abcd", netns="4026532201")]),
    ("a refused attempt shows no port", LOGIN, "pass", [out(0)]),
    ("seen in a window with gaps", LOGIN, "fail", [out(23), LOST]),
    ("not seen in a window with gaps", LOGIN, "error", [QUIET, LOST]),
    ("nobody watched", LOGIN, "unknown", []),
    ("HTTP", GENERAL, "fail", [out(80, program="/usr/bin/curl")]),
    ("HTTPS", GENERAL, "pass", [QUIET]),
    ("packages, which are signed", GENERAL, "pass", [out(80, program="/usr/lib/apt/methods/http")]),
    ("a program that is only called so", GENERAL, "fail", [out(80, program="/home/alice/apt")]),
    ("a cloud's metadata", GENERAL, "pass", [out(80, "169.254.169.254")]),
    ("mail that may be TLS", GENERAL, "fail", [out(25)]),
    ("SNMP by UDP", GENERAL, "fail", [out(161, protocol="udp")]),
    ("telnet is the other rule's", GENERAL, "pass", [out(23)]),
    ("by IPv6", GENERAL, "fail", [out(389, "2001:db8::7")]),
    ("not seen, with gaps", GENERAL, "error", [QUIET, LOST]),
    ("nobody watched connections", GENERAL, "unknown", [listener(22)]),
]  # fmt: skip


def names(cases: list[Any]) -> list[str]:
    return [case[0] for case in cases]


@pytest.mark.parametrize(("rule", "verdict", "facts"), [case[1:] for case in CLIENTS], ids=names(CLIENTS))
def test_clients(rule: Any, verdict: str, facts: list[Fact]) -> None:
    said = rule.judge(host(*facts))
    assert said.verdict == verdict, said


def test_what_clients_may_do_is_configurable() -> None:
    assert LOGIN.judge(host(out(21)), {"ftp": True}).verdict == "fail"
    assert GENERAL.judge(host(out(21)), {"ftp_is_login": True}).verdict == "pass"
    assert GENERAL.judge(host(out(80)), {"allowed": ["HTTP"]}).verdict == "pass"
    assert GENERAL.judge(host(out(25)), {"starttls": False}).verdict == "pass"


def test_evidence_of_a_client_says_who_and_how_often_and_that_it_is_by_port() -> None:
    seen = out(23, program="/usr/bin/telnet", uid=1000, count=3, container="0123abcd")
    (line,) = LOGIN.judge(host(seen)).evidence
    assert line.subject == "tcp 192.0.2.7:23"
    assert line.observed == (
        "telnet by its port, 3 connections of user 1000 by /usr/bin/telnet in container 0123abcd"
    )  # fmt: skip


def test_a_fail_in_a_window_with_gaps_says_so() -> None:
    assert LOGIN.judge(host(out(23), LOST)).evidence[-1].subject == "window"


UNUSED_CASES = [
    ("nobody came", "fail", [listener(111, program="/usr/sbin/rpcbind"), QUIET]),
    ("somebody came", "pass", [listener(22), came(22)]),
    ("somebody who came before is still there", "pass", [listener(22), came(22, count=0)]),
    ("this host alone came", "fail", [listener(8080), came(8080, "127.0.0.1", "127.0.0.1", loopback=True)]),
    ("bound to loopback", "pass", [listener(631, "127.0.0.1"), listener(631, "::1"), QUIET]),
    ("a socket for both versions of IP", "pass", [listener(80, "::", v6only=False), came(80)]),
    ("a socket for IPv6 alone", "fail", [listener(80, "::", v6only=True), came(80)]),
    ("a pair of sockets, one of which is used", "pass", [listener(80, "::", v6only=True), listener(80), came(80)]),
    ("another address of the host was used", "fail", [listener(80, "10.0.0.3"), came(80)]),
    ("a connection whose local end was forgotten", "pass", [listener(80, "10.0.0.3"), came(80, local=None)]),
    ("in a container, used in the host", "fail", [listener(80, netns="4026532201", container="c1"), came(80)]),
    ("in a container, used there", "pass", [listener(80, netns="4026532201"), came(80, netns="4026532201")]),
    ("a socket of systemd, and its service once it came", "pass",
     [listener(22, program="/usr/lib/systemd/systemd", socket_unit="ssh.socket"), listener(22, program="/usr/sbin/sshd"),
      came(22)]),
    ("it came late", "pass", [listener(9000, first_seen=BEGIN + 1800), QUIET]),
    ("it went early", "pass", [listener(9000, last_seen=END - 1800), QUIET]),
    ("UDP is no matter", "pass", [listener(161, protocol="udp"), QUIET]),
    ("a forwarder, whose packets go past it", "pass", [listener(8080, program="/usr/bin/docker-proxy"), QUIET]),
    ("a window with gaps", "error", [listener(111), QUIET, LOST]),
    ("all used, and gaps", "error", [listener(22), came(22), LOST]),
    ("connections were not watched", "unknown", [listener(111)]),
    ("a window of a quarter of an hour", "unknown", [listener(111, last_seen=BEGIN + 900), out(443, last_seen=BEGIN + 900)]),
    ("nobody watched", "unknown", []),
    ("nobody could watch", "error", [gap("listeners", "no sock_diag", "listener")]),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in UNUSED_CASES], ids=names(UNUSED_CASES))
def test_unused_ports(verdict: str, facts: list[Fact]) -> None:
    said = UNUSED.judge(host(*facts))
    assert said.verdict == verdict, said


def test_a_socket_of_systemd_is_named_by_its_unit() -> None:
    facts = [listener(22, program="/usr/lib/systemd/systemd", socket_unit="ssh.socket"), QUIET]
    (line,) = UNUSED.judge(host(*facts)).evidence
    assert line.subject == "TCP port 22 (systemd for ssh.socket)" and line.observed == "no connection in 60 minutes"


def test_health_checkers_are_no_use_and_told_apart() -> None:
    facts = [listener(80), came(80, "10.1.2.3"), came(80, "127.0.0.1", "127.0.0.1", loopback=True, count=7)]
    assert UNUSED.judge(host(*facts)).verdict == "pass"
    (line,) = UNUSED.judge(host(*facts), {"health_checkers": ["10.1.0.0/16"]}).evidence
    assert line.observed.endswith("but 7 from this host itself and 2 of health checkers")
    assert UNUSED.judge(host(*facts), {"health_checkers": ["all"]}).verdict == "error"


def test_a_shorter_window_may_be_enough() -> None:
    facts = [listener(111, last_seen=BEGIN + 900), out(443, last_seen=BEGIN + 900)]
    assert UNUSED.judge(host(*facts), {"minutes": 15}).verdict == "fail"


SNMPD = "/etc/snmp/snmpd.conf"
SERVER_CASES = [
    ("telnetd", "fail", [listener(23, program="/usr/sbin/in.telnetd")]),
    ("telnetd on another port", "fail", [listener(2323, program="/usr/sbin/in.telnetd")]),
    ("sshd on the port of telnet", "pass", [listener(23, program="/usr/sbin/sshd")]),
    ("telnet behind a socket of systemd", "fail", [listener(23, socket_unit="telnet.socket", program="/lib/systemd/systemd")]),
    ("telnet behind xinetd, by port", "fail", [listener(23, program="/usr/sbin/xinetd")]),
    ("by its package", "fail", [listener(2121, program="/opt/f", package="vsftpd")]),
    ("nginx on 80", "fail", [listener(80, program="/usr/sbin/nginx")]),
    ("nginx on 443", "pass", [listener(443, program="/usr/sbin/nginx")]),
    ("an unknown program on 80", "fail", [listener(80, program="/opt/x/web")]),
    ("redis", "fail", [listener(6379, program="/usr/bin/redis-server")]),
    ("redis for this host alone", "pass", [listener(6379, "127.0.0.1", program="/usr/bin/redis-server")]),
    ("rpcbind", "fail", [listener(111, protocol="udp", program="/usr/sbin/rpcbind")]),
    ("snmpd, by its port", "fail", [listener(161, protocol="udp", program="/usr/sbin/snmpd")]),
    ("snmpd with a community", "fail",
     [listener(161, protocol="udp", program="/usr/sbin/snmpd"), fact("text", SNMPD, lines=["rocommunity <secret>"])]),
    ("snmpd of version 3 alone", "pass",
     [listener(161, protocol="udp", program="/usr/sbin/snmpd"), fact("text", SNMPD, lines=["# rocommunity x", "rouser a"])]),
    ("of a container", "fail", [listener(21, netns="4026532201", container="c1")]),
    ("nothing of the kind", "pass", [listener(22, program="/usr/sbin/sshd")]),
    ("nothing of the kind, but not all could be seen", "error", [listener(22), gap("listeners", "hidden", "listener")]),
    ("nobody watched", "unknown", []),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in SERVER_CASES], ids=names(SERVER_CASES))
def test_servers(verdict: str, facts: list[Fact]) -> None:
    said = SERVERS.judge(host(*facts))
    assert said.verdict == verdict, said


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (listener(23, program="/usr/sbin/in.telnetd"), "telnet by its program"),
        (listener(23, program="/usr/sbin/xinetd"), "telnet by its port alone"),
        (listener(80, program="/usr/sbin/nginx"), "HTTP by its port and program"),
        (listener(23, socket_unit="telnet.socket"), "telnet by its unit"),
        (listener(25, program="/usr/lib/postfix/sbin/master"), "SMTP by its port and program, in the clear unless"),
    ],
    ids=["program", "port", "both", "unit", "TLS may follow"],
)
def test_evidence_of_a_server_says_by_what_it_is_known(seen: Fact, told: str) -> None:
    (line,) = SERVERS.judge(host(seen)).evidence
    assert line.observed.startswith(told)


def test_servers_may_be_allowed_and_loopback_may_count() -> None:
    assert SERVERS.judge(host(listener(80)), {"allowed": ["HTTP"]}).verdict == "pass"
    assert SERVERS.judge(host(listener(6379, "::1")), {"loopback": True}).verdict == "fail"


WEAK = {"path": "/opt/x/lib.so", "stack": "executable", "writable_code": False}
DEP_CASES = [
    ("a program with an executable stack", "fail", [process(stack="executable", machine="x86_64")]),
    ("a protected one", "pass", [process(stack="protected", writable_code=False, machine="x86_64")]),
    ("one that says nothing, for x86-64", "pass", [process(stack="missing", machine="x86_64")]),
    ("one that says nothing, for i386", "fail", [process(stack="missing", machine="i386")]),
    ("code that can be written", "fail", [process(stack="protected", writable_code=True)]),
    ("the distribution's own", "pass", [process("/usr/bin/x", stack="executable", package="x")]),
    ("a library with an executable stack", "fail", [process(stack="protected", weak_objects=[WEAK])]),
    ("a library that says nothing", "fail",
     [process("/usr/bin/python3", package="python3", weak_objects=[{**WEAK, "stack": "missing"}])]),
    ("a library of the distribution", "pass", [process(weak_objects=[{**WEAK, "package": "libx"}])]),
    ("of a container", "fail", [process(stack="executable", foreign=True, container="c1")]),
    ("not all could be seen", "error", [process(stack="protected"), gap("processes", "not root", "process")]),
    ("seen though not all could be", "fail", [process(stack="executable"), gap("processes", "not root", "process")]),
    ("nobody watched", "unknown", []),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in DEP_CASES], ids=names(DEP_CASES))
def test_software_without_dep(verdict: str, facts: list[Fact]) -> None:
    said = WITHOUT_DEP.judge(host(*facts))
    assert said.verdict == verdict, said


def test_all_software_may_be_judged_and_containers_left_out() -> None:
    assert WITHOUT_DEP.judge(host(process(stack="executable", package="x")), {"scope": "all"}).verdict == "fail"
    inside = process(stack="executable", foreign=True, weak_objects=[WEAK])
    assert WITHOUT_DEP.judge(host(inside), {"containers": False}).verdict == "pass"


COOKIE_CASES = [
    ("without", "fail", [process(stack_check=False)]),
    ("with", "pass", [process(stack_check=True)]),
    ("the distribution's own", "pass", [process(stack_check=False, package="x")]),
    ("Go", "pass", [process(stack_check=False, language="go", static=True)]),
    ("Rust", "pass", [process(stack_check=False, language="rust")]),
    ("linked statically", "pass", [process(stack_check=False, static=True)]),
    ("of a container", "pass", [process(stack_check=False, foreign=True, container="c1")]),
    ("nobody could look", "error", [gap("processes", "no /proc", "process")]),
    ("nobody watched", "unknown", []),
]


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in COOKIE_CASES], ids=names(COOKIE_CASES))
def test_software_without_stack_cookies(verdict: str, facts: list[Fact]) -> None:
    said = WITHOUT_COOKIES.judge(host(*facts))
    assert said.verdict == verdict, said


def test_what_is_not_asked_for_cookies_is_told_with_the_reason() -> None:
    facts = [process(stack_check=False, language="go"), process("/app", stack_check=False, foreign=True)]
    (line,) = WITHOUT_COOKIES.judge(host(*facts)).evidence
    assert "/opt/x/run (Go checks bounds itself)" in line.observed
    assert "1 of containers were left out" in line.observed


OPEN = [{"path": "/opt/x/lib.so", "by": "/opt/x", "why": "everybody may write"}]
ROOT_CASES = [
    ("a library below an open folder", "fail", [process(uids=[0], writable=OPEN)]),
    ("the same for somebody else", "pass", [process(uids=[1000], writable=OPEN)]),
    ("saved user id 0", "fail", [process(uids=[0, 1000], writable=OPEN)]),
    ("nothing open", "pass", [process("/usr/sbin/sshd", uids=[0])]),
    ("in a container", "fail", [process(uids=[0], writable=OPEN, container="c1", foreign=True)]),
    ("not all could be seen", "error", [process(uids=[0]), gap("processes", "not root", "process")]),
    ("nobody watched", "unknown", []),
]


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in ROOT_CASES], ids=names(ROOT_CASES))
def test_root_processes(verdict: str, facts: list[Fact]) -> None:
    said = ROOT_PROCESSES.judge(host(*facts))
    assert said.verdict == verdict, said


def test_evidence_of_a_root_process_names_place_and_container() -> None:
    (line,) = ROOT_PROCESSES.judge(host(process(uids=[0], writable=OPEN, container="c1"))).evidence
    assert line.subject == "/opt/x/lib.so in /opt/x/run in container c1"
    assert line.observed == "/opt/x: everybody may write"


def test_paths_and_containers_may_be_left_out() -> None:
    there = host(process(uids=[0], writable=OPEN, container="c1"))
    assert ROOT_PROCESSES.judge(there, {"accepted": ["/opt/x/*"]}).verdict == "pass"
    assert ROOT_PROCESSES.judge(there, {"containers": False}).verdict == "pass"


def test_what_is_told_several_times_is_one_thing() -> None:
    minute = out(23, count=1, first_seen=BEGIN + 60, last_seen=BEGIN + 90)
    there = host(
        out(23, count=2, last_seen=BEGIN + 30), minute, process(first_seen=BEGIN, last_seen=BEGIN),
        process(pid=9, first_seen=BEGIN, last_seen=END),
    )  # fmt: skip
    (connection,) = connections(there)
    assert (connection.data["count"], connection.data["first_seen"], connection.data["last_seen"]) == (
        3, BEGIN, BEGIN + 90,
    )  # fmt: skip
    assert [one.data["last_seen"] for one in processes(there)] == [END]
    window = span(there)
    assert window is not None and window.seconds == 3600


def test_the_facts_of_these_tests_are_such_as_hosts_send() -> None:
    cases: list[Any] = [*CLIENTS, *UNUSED_CASES, *SERVER_CASES, *DEP_CASES, *COOKIE_CASES, *ROOT_CASES]
    wrong = {check(one) for case in cases for one in case[-1]} - {None}
    assert not wrong
