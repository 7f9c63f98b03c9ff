"""`collect.sh` and the Python collectors tell the same of a host, in every shell and with every awk."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.collectors import run
from shindan.collect.root import Root
from shindan.facts.fact import Fact
from shindan.facts.wire import read
from support import REPOSITORY, need_tool
from unit.collect.rpm_tools import built, installed
from unit.collect.trees import OS_RELEASE, STATUS, entry, tree

SCRIPT = REPOSITORY / "src/shindan/collect/collect.sh"
INVENTORY = frozenset(["platform", "host", "kernel", "package", "repository"])
PAIRS = {
    "dash, mawk": (("dash",), "mawk"),
    "bash --posix, gawk": (("bash", "--posix"), "gawk"),
    "busybox": (("busybox", "sh"), "busybox awk"),
    "mksh, mawk": (("mksh",), "mawk"),
}
HOSTS = sorted(path.name for path in (REPOSITORY / "tests/hosts").iterdir() if path.is_dir())
OTHERWISE = {
    "debian-11-half-way": "dpkg's journal is merged by dpkg-query, which is not asked below a root",
    "debian-12-torn": "damage is told of by dpkg-query, which is not asked below a root",
    "debian-12-links": "absolute links lead out of a root",
    "distroless-debian-12": "absolute links lead out of a root",
}


def told_by_sh(pair: str, *arguments: str) -> list[Fact]:
    """The facts that the script prints; every line must be one."""
    shell, awk = PAIRS[pair]
    need_tool(shell[0])
    need_tool(awk.split()[0])
    done = subprocess.run(
        [*shell, str(SCRIPT), *arguments], capture_output=True, env={"SHINDAN_AWK": awk}, check=False, timeout=120
    )
    assert (done.stderr, done.returncode) == (b"", 0)
    items = [item for _, item in read(io.BytesIO(done.stdout))]
    assert [item for item in items if isinstance(item, str)] == []
    return [item for item in items if isinstance(item, Fact)]


def lines(facts: list[Fact], kinds: frozenset[str], *, without: frozenset[str] = frozenset()) -> list[str]:
    """The facts of some kinds, sorted, without fields that only one of the two can know."""
    return sorted(
        json.dumps([fact.kind, fact.subject, {k: v for k, v in fact.data.items() if k not in without}], sort_keys=True)
        for fact in facts
        if fact.kind in kinds
    )


def gaps(facts: list[Fact]) -> dict[str, str]:
    return {fact.subject: fact.data["reason"] for fact in facts if fact.kind == "gap"}


# ── this very host ──


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.parametrize("pair", PAIRS)
def test_of_this_host_both_tell_the_same(pair: str) -> None:
    by_python = list(run(Root("/"), INVENTORY))
    assert lines(told_by_sh(pair), INVENTORY) == lines(by_python, INVENTORY)


def settled(pair: str) -> tuple[list[str], list[str]]:
    """What both tell of listeners, asked between two moments at which nothing had changed.

    Others come and go on a machine at work, even between two equal moments: what differs is asked again. Who is wrong
    is wrong each time.
    """
    only_netlink = frozenset(["v6only", "interface", "socket_unit"])
    kinds = frozenset(["listener"])
    before = lines(list(run(Root("/"), kinds)), kinds, without=only_netlink)
    for _ in range(20):
        by_sh = lines(told_by_sh(pair), kinds)
        after = lines(list(run(Root("/"), kinds)), kinds, without=only_netlink)
        if before == after == by_sh:
            break
        before = after
    return by_sh, after


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.parametrize("pair", ["dash, mawk", "busybox"])
def test_of_listeners_both_tell_the_same(pair: str) -> None:
    with socket.socket() as tcp, socket.socket(socket.AF_INET6) as tcp6, socket.socket(type=socket.SOCK_DGRAM) as udp:
        for one in (tcp, tcp6):
            one.bind(("127.0.0.1" if one is tcp else "::1", 0))
            one.listen()
        udp.bind(("127.0.0.1", 0))
        by_sh, by_python = settled(pair)
        assert by_sh == by_python
        for one, name in ((tcp, "tcp 127.0.0.1"), (tcp6, "tcp [::1]"), (udp, "udp 127.0.0.1")):
            assert any(f'"{name}:{one.getsockname()[1]}"' in line for line in by_sh)


IN_A_NAMESPACE = """
import socket, sys
s = socket.socket(); s.bind(("0.0.0.0", 8080)); s.listen(); print("ready", flush=True); sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.system
def test_listeners_of_another_network_namespace_are_told_apart() -> None:
    unshare = need_tool("unshare", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: making a network namespace")
    command = [unshare, "-n", sys.executable, "-c", IN_A_NAMESPACE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        space = Path(f"/proc/{child.pid}/ns/net").readlink().name[5:-1]
        by_sh, by_python = settled("dash, mawk")
        child.communicate()
    (found,) = [json.loads(line) for line in by_python if space in line]
    assert found[1] == f"tcp 0.0.0.0:8080 netns:{space}"
    assert found[2]["netns"] == space
    assert by_sh == by_python


# ── other hosts ──


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.parametrize("host", [name for name in HOSTS if name not in OTHERWISE])
def test_of_a_recorded_host_both_tell_the_same(host: str) -> None:
    folder = REPOSITORY / "tests/hosts" / host
    expected = [item for _, item in read(io.BytesIO((folder / "facts.ndjson").read_bytes())) if isinstance(item, Fact)]
    by_rpm = any(fact.data.get("type") == "rpm" for fact in expected)
    # These databases were written for our reader; rpm itself takes some of them for torn, and would write to them.
    kinds = frozenset(["platform", "host"]) if by_rpm else INVENTORY
    pair = list(PAIRS)[HOSTS.index(host) % 3]
    found = told_by_sh(pair, "--root", str(folder / "root")) if not by_rpm else _without_rpm(pair, folder / "root")
    several = "kernel" in gaps(found)
    unknown = frozenset(["boots_next"]) if several else frozenset()
    assert several == (sum(fact.kind == "kernel" and fact.subject != "running" for fact in expected) > 1 and not by_rpm)
    kept = [fact for fact in expected if fact.subject != "ubuntu-pro"]
    assert lines(found, kinds) == lines(kept, kinds, without=unknown)
    assert ("apt" in gaps(found)) == (len(kept) != len(expected))


def _without_rpm(pair: str, root: Path) -> list[Fact]:
    beside = Path(os.environ["HOME"]) / f"rootless-{root.parent.name}"
    shutil.copytree(root, beside, symlinks=True, ignore=shutil.ignore_patterns("rpm"))
    try:
        return told_by_sh(pair, "--root", str(beside))
    finally:
        shutil.rmtree(beside)


@pytest.mark.system
@pytest.mark.parametrize("pair", ["dash, mawk", "busybox", "bash --posix, gawk"])
def test_rpms_own_database(tmp_path: Path, pair: str) -> None:
    tree(tmp_path / "root", {"etc/os-release": 'ID=rhel\nVERSION_ID="9.4"\n'})
    packages = [
        built(tmp_path / "a", "plain", "1.0-1"),
        built(tmp_path / "b", "dated", "3:2.0-1.el9", 'Vendor: "A" \\\\ Vendor'),
        built(tmp_path / "c", "anywhere", "1-1", "BuildArch: noarch"),
    ]
    installed(tmp_path / "root", *packages)
    kinds = frozenset(["platform", "package"])
    by_python = lines(list(run(Root(str(tmp_path / "root")), kinds)), kinds)
    assert len(by_python) == 4
    assert lines(told_by_sh(pair, "--root", str(tmp_path / "root")), kinds) == by_python


@pytest.mark.system
def test_a_database_that_rpm_cannot_read_is_a_gap(tmp_path: Path) -> None:
    need_tool("rpm")
    tree(tmp_path, {"etc/os-release": OS_RELEASE, "var/lib/rpm/rpmdb.sqlite": "no database"})
    assert "rpm failed" in gaps(told_by_sh("dash, mawk", "--root", str(tmp_path)))["rpm"]


HOSTILE = 'A "quoted" \\back\\slash\t\x01\x1f\x7f <é@\N{SNOWMAN}.example> $(touch x) `id` %s %n ${HOME}'


@pytest.mark.system
@pytest.mark.parametrize("pair", PAIRS)
def test_whatever_stands_in_files_comes_out_as_json(tmp_path: Path, pair: str) -> None:
    files: dict[str, str | bytes] = {
        "etc/os-release": f'ID=debian\nVERSION_ID="12"\nPRETTY_NAME={HOSTILE}\n',
        "etc/hostname": "na\"me\\\n",
        STATUS: (entry("a", "1-1", f"Maintainer: {HOSTILE}") + entry("b", "2-1", "Maintainer: X")).encode()
        + entry("torn-text", "1", "Maintainer: caf\xe9 \xff\xfe").encode("latin-1"),
        "etc/apt/sources.list": 'deb [signed-by=/k"ey.gpg trusted=yes] http://u:p@h.example/d%20x/%7E suite~1 main non-free#c\n'
        "# deb http://off.example/ sid main\ndeb http://[::1]:80/flat ./\n",
        "etc/apt/sources.list.d/more.sources": "Types: deb deb-src\nURIs: http://a.example/ http://b.example\n"
        "Suites: one two/\nComponents: main\n contrib\nEnabled: no\n\n# note\nTypes: deb\nURIs: https://c.example\nSuites: s\n",
        "etc/apt/sources.list.d/ignored.list.save": "deb http://no.example x main\n",
    }  # fmt: skip
    root = tree(tmp_path, files)
    assert len(_reread(root)) >= 12
    assert lines(told_by_sh(pair, "--root", str(tmp_path)), INVENTORY) == lines(list(_reread(root)), INVENTORY)
    assert not (tmp_path / "x").exists()


def _reread(root: Root) -> list[Fact]:
    """What our collectors tell, as a reader of the lines has it."""
    from shindan.facts.wire import dumps, loads

    return [loads(dumps(fact)) for fact in run(root, INVENTORY)]


def test_usage_is_refused() -> None:
    done = subprocess.run(["sh", str(SCRIPT), "--help"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"usage" in done.stderr


def test_it_takes_its_script_from_stdin_as_ssh_gives_it(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/os-release": OS_RELEASE})
    with SCRIPT.open("rb") as script:
        done: Any = subprocess.run(
            ["sh", "-s", "--", "--root", str(tmp_path)], stdin=script, capture_output=True, check=False
        )
    assert done.returncode == 0
    assert b'"kind":"platform"' in done.stdout.splitlines()[0]
