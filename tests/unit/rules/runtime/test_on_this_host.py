"""The rules over what the collectors see of this very host."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shindan.collect.base import collected
from shindan.collect.processes import Processes
from shindan.collect.root import Root
from shindan.collect.sampling import window
from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.rules.examined import Examined
from shindan.rules.runtime.ports import UNUSED
from shindan.rules.runtime.root_processes import ROOT_PROCESSES


def test_an_idle_listener_is_told_and_one_that_this_host_itself_used_is_told_apart() -> None:
    with socket.create_server(("", 0)) as idle, socket.create_server(("", 0)) as used:
        facts: list[Fact] = []
        for fact in window(Root("/"), ["listener", "connection"], 0.5, time.monotonic() + 1.5, lambda: False):
            if not facts:  # the window has begun
                with socket.create_connection(("127.0.0.1", used.getsockname()[1])), used.accept()[0]:
                    pass
            facts.append(fact)
        ports = idle.getsockname()[1], used.getsockname()[1]
    # Without the right to see everything there are gaps, with which no port is called unused.
    host = Examined(Inventory(one for one in facts if one.kind != "gap"))
    told = {line.subject.split()[2]: line.observed for line in UNUSED.judge(host, {"minutes": 0}).evidence}
    assert told[str(ports[0])] == "no connection in 0 minutes"
    if any(one.kind == "connection" and one.data.get("local_port") == ports[1] for one in facts):
        assert told[str(ports[1])].endswith("from this host itself")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of root")
def test_a_program_of_root_in_a_folder_that_everybody_may_write_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    program = folder / "sleeps"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    folder.chmod(0o777)
    with subprocess.Popen([program, "60"], stdout=sys.stderr) as running:
        try:
            deadline = time.monotonic() + 10
            while os.readlink(f"/proc/{running.pid}/exe") != str(program):
                assert time.monotonic() < deadline
            host = Examined(Inventory(collected([Processes()], Root("/"))))
        finally:
            running.kill()
    said = ROOT_PROCESSES.judge(host)
    seen = {line.subject: line.observed for line in said.evidence}
    assert said.verdict == "fail" and seen[str(program)] == f"{folder}: everybody may write"
