"""Three hosts with an agent each, on a network of their own, and one server: whom a run looks at, and what it says of
hosts that die, are cut off, or have no room left while it goes on.

Each host is a Debian root entered by chroot in a network namespace; its agent came by the line that the server prints.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from judges.agent_site import Site, daemon, eventually, log, logged, site, status, typed, with_wget
from system.chroots import Chroot, chroot_over
from system.lans import SERVER, Lan, Node, lan
from system.roots import debian_root

pytestmark = [pytest.mark.slow, pytest.mark.system]

STATE = "var/lib/shindan-agent"
TAGS = {"web1": "web", "web2": "web", "db1": "db"}
DURATION = 15
"""Seconds that a run waits for hosts that do not deliver."""

FLAWED = (
    "\nPackage: flawed\nStatus: install ok installed\nPriority: optional\nSection: libs\nArchitecture: amd64\n"
    "Maintainer: Somebody <somebody@example.org>\nVersion: 1.0-1\nDescription: a package with a flaw\n"
)


@dataclass
class Machine:
    """A host: its root, its place on the network, and its id at the server."""

    root: Chroot
    node: Node
    id: str = ""

    def flaw(self) -> None:
        """Installs a package with a flaw."""
        with (self.root.path / "var/lib/dpkg/status").open("a") as stream:
            stream.write(FLAWED)

    def fill(self) -> None:
        """Leaves no byte in the agent's folder."""
        with (self.root.path / STATE / "filler").open("wb", buffering=0) as stream, pytest.raises(OSError):
            while stream.write(b"\0" * 4096):
                pass

    def empty(self) -> None:
        """Makes room again."""
        (self.root.path / STATE / "filler").unlink()

    def kill(self) -> None:
        """Ends the agent as a machine ends that is short of memory: without a word."""
        os.kill(daemon(self.root), signal.SIGKILL)

    def start(self) -> None:
        """As at boot."""
        self.root.run("/etc/init.d/shindan-agent", "start")


@dataclass
class Fleet:
    """The server, and the machines by name."""

    home: Site
    machines: dict[str, Machine]
    template: str

    def names(self, ids: Any) -> set[str]:
        """The machines of these ids."""
        return {name for name, one in self.machines.items() if one.id in ids}

    def found(self, run: str) -> list[tuple[str, str]]:
        """(machine, flaw) of each finding, in order: a finding twice is there twice."""
        by_id = {one.id: name for name, one in self.machines.items()}
        return sorted((by_id[one["assetAttributes"]["agentId"]], one["id"]) for one in self.home.findings(run))

    def everybody(self) -> None:
        """There are three hosts, neither one twice nor one lost."""
        assert {one["id"] for one in self.home.hosts()} == {one.id for one in self.machines.values()}

    def healthy(self, name: str) -> None:
        """Waits until the server hears that a host is well."""
        of = self.machines[name].id
        eventually(
            lambda: self.home.rows("select health, health_details from host where id = ?", of),
            lambda rows: rows[0][0] == "HEALTHY",
        )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    settings = {"SHINDAN_DURATION": str(DURATION), "SHINDAN_DRAIN": "1"}
    with (
        lan(len(TAGS)) as network,
        site(folder / "data", name=SERVER, listen="0.0.0.0:8443", enter=network.enter, **settings) as home,
        _machines(folder, network) as machines,
    ):
        line = with_wget(home.token())
        with ThreadPoolExecutor(len(machines)) as pool:
            jobs = [pool.submit(typed, one.root, f"{line} --tag role={TAGS[name]}") for name, one in machines.items()]
        assert all("completed successfully" in job.result().stdout for job in jobs)
        for one in home.delivered(len(TAGS)):
            machines[one["hostname"]].id = one["id"]
        yield Fleet(home, machines, home.template("role", "web"))


@contextmanager
def _machines(folder: Path, network: Lan) -> Iterator[dict[str, Machine]]:
    base = debian_root("bookworm", "python3", "wget")
    with ExitStack() as stack:
        found = {}
        for number, (name, node) in enumerate(zip(TAGS, network.nodes, strict=True)):
            root = stack.enter_context(chroot_over(base, folder / name, node.enter))
            (root.path / "etc/hostname").write_text(f"{name}\n")
            (root.path / "etc/machine-id").write_text(f"{number:032x}\n")
            found[name] = Machine(root, node)
        yield found


def test_a_target_selects_two_of_three_by_their_tags(fleet: Fleet) -> None:
    web2 = fleet.machines["web2"]
    web2.flaw()
    before = {name: len(log(one.root)) for name, one in fleet.machines.items()}
    run = fleet.home.start(fleet.template)
    assert fleet.home.ended(run) == "COMPLETED"
    assert fleet.found(run) == [("web1", "CVE-2026-0001"), ("web2", "CVE-2026-0001"), ("web2", "CVE-2026-0002")]
    agents = fleet.home.agents(run)
    assert fleet.names(agents) == {"web1", "web2"}
    assert {one["agentHealth"] for one in agents.values()} == {"HEALTHY"}
    assert fleet.home.exclusions(run) == []
    addresses = {one["assetAttributes"]["hostname"]: one["assetAttributes"]["ipv4Addresses"] for one in fleet.home.findings(run)}  # fmt: skip
    assert addresses == {name: [fleet.machines[name].node.address] for name in ("web1", "web2")}
    assert "collecting " in log(web2.root)[before["web2"] :]
    assert "collecting " not in log(fleet.machines["db1"].root)[before["db1"] :], "nobody asked it"
    fleet.everybody()


@pytest.fixture
def roomy(fleet: Fleet) -> Iterator[Fleet]:
    """All three in one target; the agent of db1 has a small disk of its own."""
    if not (fleet.machines["db1"].root.path / "proc/pressure").is_dir():
        pytest.skip("this kernel tells no pressure (psi=0): nothing holds an agent in the midst of its work")
    for one in fleet.machines.values():
        fleet.home.aws("ec2", "create-tags", "--resources", one.id, "--tags", "Key=all,Value=yes")
    db1 = fleet.machines["db1"].root
    db1.run("/etc/init.d/shindan-agent", "stop")
    small = db1.path / STATE
    kept = {path.name: path.read_bytes() for path in small.iterdir() if path.is_file()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(small)], check=True)
    try:
        for name, content in kept.items():
            (small / name).write_bytes(content)
        fleet.machines["db1"].start()
        fleet.healthy("db1")
        yield fleet
    finally:
        db1.run("/etc/init.d/shindan-agent", "stop")
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_run_outlives_a_killed_a_cut_off_and_a_full_host(roomy: Fleet) -> None:
    home, machines = roomy.home, roomy.machines
    killed, cut, full = machines["web1"], machines["web2"], machines["db1"]
    template = home.template("all", "yes")
    before = {name: len(log(one.root)) for name, one in machines.items()}
    for one in (killed, cut):
        # Short of memory the agents hold back in the midst of what they were ordered to do.
        one.root.pressure(memory=90.0)
    killed.flaw()
    full.fill()
    run = home.start(template)
    for name, one in machines.items():
        logged(one.root, r"(collecting|collecting failed) .*run=\S+", before[name])
    killed.kill()
    cut.node.cut()
    assert home.ended(run) == "COMPLETED_WITH_ERRORS"

    assert home.findings(run) == [], "nobody delivered in time"
    said = {one["scopes"][0]["value"]: (one["title"], one["description"]) for one in home.exclusions(run)}
    assert len(home.exclusions(run)) == len(said), "each host is told of once"
    assert {title for title, _ in said.values()} == {"Agent is unhealthy"}
    assert all(re.search(r"agent was heard at \S+Z and delivered nothing", text) for _, text in said.values())
    assert "No space left on device" in said[full.id][1]
    agents = home.agents(run)
    assert roomy.names(agents) == set(machines)
    assert (agents[full.id]["agentHealth"], agents[full.id]["agentHealthCode"]) == ("UNHEALTHY", "UNHEALTHY")
    assert "No space left on device" in agents[full.id]["agentHealthDetails"]

    _deliver_after_all(roomy, killed, cut, full)
    roomy.everybody()
    again = home.start(template)
    assert home.ended(again) == "COMPLETED"
    assert roomy.found(again) == sorted(
        [(name, "CVE-2026-0001") for name in machines] + [("web1", "CVE-2026-0002"), ("web2", "CVE-2026-0002")]
    )
    assert home.exclusions(again) == []
    roomy.everybody()


def _deliver_after_all(fleet: Fleet, killed: Machine, cut: Machine, full: Machine) -> None:
    """Memory, cable and room are back: what was collected for the run that is over arrives, and nothing is lost."""
    old = fleet.home.host(killed.id)["facts_at"]
    for one in (killed, cut):
        one.root.pressure(memory=0.0)
    logged(cut.root, r"collected .*what=inventory")
    eventually(killed.root.processes, lambda left: not left)
    spool = killed.root.path / STATE / "spool"
    assert [path.suffix for path in spool.iterdir() if path.suffix == ".json"], "it finished without its parent"

    before = len(log(cut.root))
    cut.node.mend()
    killed.start()
    full.empty()
    logged(cut.root, "batch delivered", before)
    logged(killed.root, "batch delivered")
    for name in fleet.machines:
        fleet.healthy(name)
    assert fleet.home.host(killed.id)["facts_at"] > old
    assert all(not list((one.root.path / STATE / "spool").iterdir()) for one in (killed, cut, full))
    assert status(full.root)["State"] == "IDLE"
