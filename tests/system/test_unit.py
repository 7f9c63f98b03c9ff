"""The agent's unit, judged by systemd's own tools and by what the collectors do under the limits that it sets.

No systemd runs in these tests. What it would enforce is enforced otherwise: capabilities by setpriv, system calls by
strace, which answers the forbidden ones as the unit says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shindan.service import agent_package
from support import REPOSITORY, need_tool

pytestmark = pytest.mark.system

LINUX = REPOSITORY / "src/shindan/agent/linux"
UNIT = LINUX / "shindan-agent.service"
NOT_SEEN = {
    "audit_rule": "auditctl wants CAP_AUDIT_CONTROL even to list",
    "firewall": "nft and iptables want CAP_NET_ADMIN even to list",
    "sysctl": "the kernel shows some only to CAP_SYS_ADMIN",
}
"""What is known to stay unseen with the capabilities of the unit; docs/agent.md says how to allow it."""
CHANGING = {"listener", "process", "connection", "interface", "route", "service"}
"""Kinds of facts that may change between two looks at a machine that is at work."""


def values(key: str) -> list[str]:
    """The words that the unit gives a key, over all its lines."""
    return " ".join(re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)).split()


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = need_tool("systemd-analyze", "systemd")
    for path in ("opt/shindan/bin/shindan-agent", "bin/kill"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("#!/bin/sh\n")
        (tmp_path / path).chmod(0o755)
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    (folder / UNIT.name).write_bytes(UNIT.read_bytes())
    command = [analyze, "verify", "--man=no", "--recursive-errors=no", f"--root={tmp_path}", UNIT.name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / UNIT.name).write_text(UNIT.read_text().replace("UMask=", "Umask="))
    assert "Umask" in subprocess.run(command, capture_output=True, text=True).stderr, "it would say what is wrong"


def test_what_the_unit_exposes_is_little() -> None:
    analyze = need_tool("systemd-analyze", "systemd")
    command = [analyze, "security", "--offline=true", "--no-pager", "--threshold=30", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    open_doors = {line.split()[1].partition("=")[0] for line in done.stdout.splitlines() if line.startswith("✗")}
    assert "SystemCallFilter" not in open_doors and "NoNewPrivileges" not in open_doors


def test_systemd_of_every_age_lets_the_agent_live() -> None:
    """A list of what is allowed, of words that an old systemd does not know, would forbid everything there."""
    filters = re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert filters and all(line.startswith("~") for line in filters)
    assert "-/var/lib/shindan-agent" in values("ReadWritePaths"), "ProtectSystem=strict is older than StateDirectory="


@pytest.fixture(scope="module")
def collect(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The agent as it ships, told to collect this machine's facts."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the unit's agent is root, and has less than root may")
    agent = tmp_path_factory.mktemp("agent") / agent_package.NAME
    agent.write_bytes(agent_package.archive())
    return [sys.executable, "-I", "-S", str(agent), "collect"]


def facts(command: list[str]) -> set[str]:
    """The lines of facts that can be compared, and what could not be looked at."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line for line in done.stdout.splitlines() if not kinds(line) & CHANGING}


def kinds(line: str) -> set[str]:
    """A fact's kind; of a gap those that it is about."""
    fact = json.loads(line)
    return set(fact["data"].get("kinds") or ["gap"]) if fact["kind"] == "gap" else {fact["kind"]}


@pytest.mark.slow
def test_the_capabilities_are_what_the_collectors_need(collect: list[str]) -> None:
    free, confined = facts(collect), facts([*bound(), *collect])
    # A gap that only the free one had (a machine at work ends budgets) is nothing that the other did not see.
    differing = {line: kinds(line) for line in free ^ confined}
    assert [line for line, about in differing.items() if not about <= set(NOT_SEEN)] == []
    silent = [line for line in confined - free if json.loads(line)["kind"] != "gap"]
    assert silent == [], "what cannot be seen is told as a gap, not otherwise"


@pytest.mark.slow
def test_which_program_a_process_of_another_user_runs_is_seen(collect: list[str]) -> None:
    """This is what CAP_SYS_PTRACE is for."""
    setpriv = need_tool("setpriv", "util-linux")
    command = [*bound(), *collect, "--kinds", "process"]
    with subprocess.Popen([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "sleep", "300"]) as other:
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        finally:
            other.kill()
    found = [one["data"] for one in map(json.loads, said.splitlines()) if one["kind"] == "process"]
    assert any(one["path"].endswith("/sleep") and 65534 in one["uids"] for one in found)


def bound() -> list[str]:
    """Has a command run with the capabilities of the unit, and no way to more."""
    allowed = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in values("CapabilityBoundingSet"))
    setpriv = need_tool("setpriv", "util-linux")
    return [setpriv, f"--bounding-set=-all,{allowed}", "--inh-caps=-all", "--no-new-privs"]


@pytest.mark.slow
def test_the_collectors_get_along_without_the_forbidden_system_calls(collect: list[str], tmp_path: Path) -> None:
    strace = need_tool("strace", "strace")
    need_tool("systemd-analyze", "systemd")
    # strace does not know every architecture's calls: `?` lets those be that it does not.
    forbidden = ",".join(f"?{name}" for word in values("SystemCallFilter") for name in sorted(_named(word.strip("~"))))
    assert "?mount," in forbidden and "?setpriority," in forbidden
    log = tmp_path / "calls"
    traced = [strace, "-f", "-qq", "--seccomp-bpf", "-e", "signal=none", "-o", str(log)]
    traced += ["-e", f"trace=socket,{forbidden}", "-e", f"inject={forbidden}:error=EPERM"]
    free = facts(collect)
    assert facts([*traced, *collect]) == free
    families = set(re.findall(r"socket\((AF_\w+)", log.read_text()))
    assert families and families <= set(values("RestrictAddressFamilies"))


def test_an_agent_that_may_not_set_its_priority_goes_on(collect: list[str], tmp_path: Path) -> None:
    """setpriority(2) is of @resources; systemd has set it before."""
    strace = need_tool("strace", "strace")
    config = tmp_path / "agent.conf"
    state = tmp_path / "state"
    config.write_text(f"[agent]\nendpoint = https://127.0.0.1:1\nca = system\nstate = {state}\nhome = {tmp_path}\nnice = 5\nmetadata = off\n")  # fmt: skip
    config.chmod(0o600)
    log = tmp_path / "calls"
    traced = [strace, "-D", "-qq", "-e", "signal=none", "-o", str(log), "-e", "trace=setpriority", "-e", "inject=setpriority:error=EPERM"]  # fmt: skip
    agent = subprocess.Popen(
        [*traced, *collect[:-1], "run", "--config", str(config)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert agent.stderr is not None
        assert any("started" in line for line in agent.stderr), "its log ended before"
        assert "INJECTED" in log.read_text()
    finally:
        # With -D strace is a child of the agent: it is the agent that is told.
        agent.terminate()
        agent.wait(30)


def _named(word: str) -> set[str]:
    """The system calls of a group, those of the groups in it, too; or the one."""
    if not word.startswith("@"):
        return {word}
    command = ["systemd-analyze", "syscall-filter", "--no-pager", word]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    inner = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return {name for one in inner for name in _named(one)}
