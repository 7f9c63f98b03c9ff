"""What the agent costs a host, measured on the real process: `python bench/agent.py [SECONDS] [--here]`.

A host of 3,000 packages (600 for the figures of the wire) against a server on this machine over TLS, through a relay
that counts the bytes. SECONDS is how long the idle agent is watched for each heartbeat (60 by default); an hour is
extrapolated from that. With `--here` this very host is collected, too.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from agent_process import Host, root
from agent_server import AgentServer

KINDS = ["platform", "host", "kernel", "package", "repository", "module", "language_package"]
SHAPES = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import shindan.agent.daemon
from shindan.agent.cost import cost

def collect():
    from shindan.collect.collectors import run
    from shindan.collect.root import Root
    from shindan.facts.wire import dumps
    return sum(len(dumps(fact)) for fact in run(Root(sys.argv[2])))

def own(name):
    with open("/proc/self/" + name) as stream:
        found = {line.split()[0]: int(line.split()[1]) for line in stream if line.endswith("kB\\n")}
    return found

before = cost()["rss_kb"]
if sys.argv[3] == "fork" and os.fork():
    os.wait()
    print("after", cost()["rss_kb"])
else:
    collect()
    if sys.argv[3] == "fork":
        rollup = own("smaps_rollup")
        print("child", cost()["peak_kb"], "private", rollup["Private_Clean:"] + rollup["Private_Dirty:"])
    else:
        print("before", before, "peak", cost()["peak_kb"], "after", cost()["rss_kb"])
"""

ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
from shindan.agent.__main__ import main
main(["collect", "--out", sys.argv[2]])
from shindan.agent.cost import cost
print("{cpu_ms:,} ms CPU, peak {peak_kb:,} kB".format(**cost()))
"""
# The kernel's own ru_maxrss counts what the parent held before exec, too.


class Relay:
    """Between agent and server; counts what passes, both ways together."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._to = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            other = {client: server, server: client}
            while True:
                for ready in select.select(list(other), [], [])[0]:
                    try:
                        block = ready.recv(65536)
                    except OSError:
                        return
                    if not block:
                        return
                    self.bytes += len(block)
                    other[ready].sendall(block)


def cpu(host: Host) -> float:
    """Seconds of processor time of the daemon (to the nanosecond) and the children that it has waited for."""
    assert host.process is not None
    folder = Path(f"/proc/{host.process.pid}")
    children = (folder / "stat").read_text().rpartition(")")[2].split()[13:15]
    own = int((folder / "schedstat").read_text().split()[0])
    return own / 1e9 + sum(map(int, children)) / os.sysconf("SC_CLK_TCK")


class Together:
    """The most memory that an agent and its children held at once, each shared page counted once; in kB."""

    def __init__(self, host: Host) -> None:
        assert host.process is not None
        self._pid = host.process.pid
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """The peak."""
        self._over.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, sum(map(self._share, [self._pid, *self._children()])))

    def _children(self) -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()]
        except OSError:
            return []

    def _share(self, pid: int) -> int:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            return 0


def idle(folder: Path, server: AgentServer, seconds: float) -> None:
    """Processor time of heartbeats alone."""
    for every in (5.0, 60.0):
        server.next = every
        host = Host(folder / f"idle-{every:g}", server).start()
        try:
            count = len(server.polls)
            server.wait(lambda: len(server.polls) > count, "a poll")  # noqa: B023
            time.sleep(2)  # the start is no part of idleness
            begun, used = time.monotonic(), cpu(host)
            time.sleep(max(seconds, every + 1))
            passed, used = time.monotonic() - begun, cpu(host) - used
            polls = len(server.polls) - count - 1
        finally:
            host.kill()
        share = used / passed
        print(
            f"idle, a heartbeat each {every:g} s: {used:.3f} CPU s in {passed:.0f} s with {polls} polls: "
            f"{share * 100:.3f} % of a core, {share * 3600:.1f} s an hour"
        )


def work(folder: Path, server: AgentServer, packages: int) -> None:
    """One full collection: memory, processor time, bytes."""
    relay = Relay(server.port)
    where = root(folder / f"root-{packages}", packages=packages)
    host = Host(folder / f"work-{packages}", server, endpoint=f"https://127.0.0.1:{relay.port}", root=where).start()
    try:
        count = len(server.polls)
        server.wait(lambda: len(server.polls) > count, "a poll")
        before, wire, done = cpu(host), relay.bytes, len(server.delivered)
        together = Together(host)
        server.ordered(f"bench-{packages}", KINDS)
        server.wait(lambda: len(server.delivered) > done, "the inventory", 120)
        count = len(server.polls)
        server.wait(lambda: len(server.polls) >= count + 2, "polls after it")
        peak = together.end()
        cost, used, first = server.polls[-1]["cost"], cpu(host) - before, relay.bytes - wire
        server.ordered(f"again-{packages}", KINDS)
        server.wait(lambda: len(server.delivered) > done + 1, "the same again", 120)
        again = [one for one in server.requests if server.delivered[-1].id in one.path]
        unchanged = sum(
            len(f"{name}: {value}\r\n") for one in again for name, value in one.headers.items() if name != "x-target"
        )
    finally:
        host.kill()
        server.order = None
    size = server.delivered[done].header["size"]
    print(
        f"{packages:,} packages: idle RSS {cost['rss_kb']:,} kB, peak of daemon or child {cost['peak_kb']:,} kB, "
        f"both at once {peak:,} kB (Pss)"
    )
    print(f"{packages:,} packages: {used:.2f} CPU s from order to delivery, start of the child and polls included")
    print(f"{packages:,} packages: {size:,} bytes compressed; {first:,} on the wire both ways, polls and TLS included")
    print(f"{packages:,} packages: the same again takes one request of {unchanged:,} bytes")


def shapes(folder: Path, where: str) -> None:
    """The two other shapes that were thought of: collecting in the daemon itself, or in a fork of it."""
    host_pyz = str(folder / "idle-5/opt/shindan-agent.pyz")
    for shape in ("inside", "fork"):
        command = [sys.executable, "-I", "-S", "-c", SHAPES, host_pyz, where, shape]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"the shape `{shape}`, of {where}: {' '.join(done.stdout.split())} (kB)")


def here(folder: Path) -> None:
    """This very host, collected by a process of its own, which says itself what it took."""
    agent, out = folder / "idle-5/opt/shindan-agent.pyz", folder / "out"
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(agent), str(out)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = out.read_bytes().count(b"\n")
    print(f"this host: {lines:,} facts, {said.strip()}")


def main(argv: list[str]) -> None:
    """Prints every figure."""
    seconds = float(next((word for word in argv if word[0] != "-"), 60))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with AgentServer(folder) as server:
            idle(folder, server, seconds)
            server.next = 1
            work(folder, server, 3000)
            work(folder, server, 600)
        shapes(folder, str(folder / "root-3000"))
        if "--here" in argv:
            shapes(folder, "/")
            here(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
