"""A fleet of agents against one server process: heartbeats over a while, then an upload storm after an outage.

    .venv/bin/python bench/fleet_agents.py [AGENTS] [SECONDS] [--tls]

AGENTS (10,000) that speak the agents' protocol, each over a connection of its own, enrol with one token and poll once a
minute for SECONDS (120). Then the server is stopped; when it is back, every agent at once hands over an inventory of
600 packages that no other has, and goes on until it is acknowledged. The server is `shindan serve` on a fresh SQLite
database, in a process of its own; no host is there. Prints what a poll costs the server (CPU, user and system), how
long agents waited, errors, and whether anything was lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import os
import platform
import random
import resource
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shindan.agent.sign import signed

INTERVAL, PACKAGES, HANDS, ROUNDS = 60.0, 600, 64, 5
KINDS = ["platform", "host", "package"]
COMMAND = (sys.executable, "-m", "shindan.cli")


@dataclass
class Server:
    """A server process of a data folder."""

    data: Path
    port: int
    tls: bool
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and waits until it listens."""
        options = [] if self.tls else ["--insecure"]
        env = {**os.environ, "SHINDAN_FEEDS_UPDATE": "false", "SHINDAN_LOG_LEVEL": "warning"}
        command = [*COMMAND, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("the server did not come up")

    @property
    def log(self) -> Path:
        """Where it says what it warns of."""
        return self.data / "server.log"

    def stop(self) -> None:
        """Stops it as an administrator would."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def cpu(self) -> float:
        """Seconds of CPU that it has taken, user and system."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self) -> int:
        """Its memory now, in MB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@dataclass
class Agent:
    """One agent: its key, its number, its connection."""

    number: int
    server: Server
    context: ssl.SSLContext | None
    host: str = ""
    key: tuple[str, str] = ("", "")
    sequence: int = 0
    digest: str = ""
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """A signed request over the agent's connection, which is opened where there is none."""
        self.sequence = max(self.sequence + 1, time.time_ns() // 1_000_000)
        where, _, query = path.partition("?")
        sent = {"host": f"127.0.0.1:{self.server.port}", "x-shindan-sequence": str(self.sequence), **headers}
        sent = signed(method, where, query, sent, body, *self.key, "us-east-1", time.time())
        return await self.send(method, path, body, sent)

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """One request as it is. Raises OSError, EOFError where the connection breaks.

        As the agent does: where one that was kept open turns out to be closed, another is tried at once.
        """
        kept = self.stream is not None
        try:
            return await self._exchanged(method, path, body, headers)
        except (OSError, EOFError):
            if not kept:
                raise
            return await self._exchanged(method, path, body, headers)

    async def _exchanged(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        try:
            if self.stream is None:
                self.stream = await asyncio.open_connection("127.0.0.1", self.server.port, ssl=self.context)
            reader, writer = self.stream
            named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            writer.write(f"{method} {path} HTTP/1.1\r\n{named}content-length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            told = json.loads(await reader.readexactly(length))
            if "\r\nconnection: close" in head:
                self.close()
            return int(head.split()[1]), told
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the connection."""
        if self.stream is not None:
            self.stream[1].close()
            self.stream = None

    async def enrol(self, token: str) -> None:
        """Becomes a host."""
        said = {
            "protocol": 1, "version": "0.1.0", "token": token, "machine": f"{self.number:032x}",
            "boot": f"{self.number:032x}", "hardware": f"{self.number:032x}", "hostname": f"bench-{self.number}",
            "tags": {}, "instance": None, "anew": False, "platform": {"id": "debian", "version_id": "12"},
        }  # fmt: skip
        headers = {"host": f"127.0.0.1:{self.server.port}"}
        status, told = await self.send("POST", "/agent/v1/enrol", json.dumps(said).encode(), headers)
        assert status == 200, told
        self.host, self.key = told["host"], (told["key"]["id"], told["key"]["secret"])

    async def poll(self) -> int:
        """A heartbeat's status."""
        said = {
            "protocol": 1, "version": "0.1.0", "boot": f"{self.number:032x}", "state": "IDLE", "detail": "",
            "skew": 0.1, "spool": {"bytes": 0, "batches": 0}, "inventory": self.digest, "run": "", "release": "",
            "cost": {"rss_kb": 19000, "peak_kb": 24000, "cpu_ms": 900, "uptime_s": 3600},
        }  # fmt: skip
        return (await self.ask("POST", "/agent/v1/poll", json.dumps(said).encode(), {}))[0]

    async def upload(self, shared: bytes, packed: bytes) -> int:
        """Hands over an inventory: lines of its own, then those that many share."""
        own = json.dumps({"kind": "host", "subject": "self", "data": {"hostname": f"bench-{self.number}"}}) + "\n"
        body = gzip.compress(own.encode(), 1) + packed  # two members of one file (RFC 1952, section 2.2)
        self.digest = hashlib.sha256(own.encode() + shared).hexdigest()
        header = {
            "run": "", "what": "inventory", "kinds": KINDS, "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(), "digest": self.digest, "count": PACKAGES + 2,
            "taken": time.time_ns() // 1_000_000, "part": 0, "complete": True, "last": False,
        }  # fmt: skip
        path = f"/agent/v1/batches/{self.number:032x}?offset=0"
        headers = {"x-shindan-batch": json.dumps(header), "content-encoding": "gzip"}
        status, told = await self.ask("POST", path, body, headers)
        assert status != 200 or told["kept"] == PACKAGES + 2, told
        return status


@dataclass
class Tally:
    """What came of requests."""

    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    async def of(self, work: Awaitable[int]) -> int:
        """Counts one; 0 where the connection broke."""
        begun = time.perf_counter()
        try:
            status = await work
        except (OSError, EOFError) as error:
            self.statuses[type(error).__name__] += 1
            return 0
        self.statuses[str(status)] += 1
        self.waits.append(time.perf_counter() - begun)
        return status

    def line(self) -> str:
        """For people."""
        waits = sorted(self.waits) or [0.0]
        at = [waits[min(len(waits) - 1, int(len(waits) * share))] * 1000 for share in (0.5, 0.99, 0.9999)]
        return f"{dict(self.statuses)}; waited {at[0]:.0f} ms (median), {at[1]:.0f} (99 %), {at[2]:.0f} (99.99 %)"


async def every(agents: list[Agent], work: Callable[[Agent], Awaitable[object]], hands: int = HANDS) -> None:
    """Has all agents do something, so many at once."""
    left = iter(agents)

    async def hand() -> None:
        for agent in left:
            await work(agent)

    await asyncio.gather(*(hand() for _ in range(hands)))


async def heartbeats(agents: list[Agent], seconds: float) -> Tally:
    """Polls of all agents, each at its own moment of the minute, for a while."""
    tally, end = Tally(), time.perf_counter() + seconds
    dice = random.Random(1)

    async def live(agent: Agent) -> None:
        await asyncio.sleep(dice.random() * INTERVAL)
        while time.perf_counter() < end:
            began = time.perf_counter()
            await tally.of(agent.poll())
            await asyncio.sleep(max(0.0, INTERVAL * dice.uniform(0.95, 1.05) - (time.perf_counter() - began)))

    tasks = [asyncio.create_task(live(agent)) for agent in agents]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for agent in agents:
        agent.close()  # one that was cancelled may be in the middle of an answer
    return tally


async def storm(agents: list[Agent]) -> Tally:
    """All at once, each until it is acknowledged, with growing pauses as the protocol asks for."""
    lines = [{"kind": "platform", "subject": "os", "data": {"id": "debian", "version_id": "12", "arch": "amd64"}}]
    for n in range(PACKAGES):
        data = {"type": "deb", "version": f"1.{n % 40}-1", "arch": "amd64", "source": f"source-{n}",
                "maintainer": "Somebody Or Other <somebody@debian.org>",
                "repository": "http://deb.debian.org/debian bookworm main"}  # fmt: skip
        lines.append({"kind": "package", "subject": f"package-{n}", "data": data})
    shared = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    packed = gzip.compress(shared, 6)
    tally, dice = Tally(), random.Random(2)

    async def drain(agent: Agent) -> None:
        pause = 1.0
        while await tally.of(agent.upload(shared, packed)) != 200:
            await asyncio.sleep(dice.random() * pause)
            pause = min(pause * 2, 60)

    await asyncio.gather(*(drain(agent) for agent in agents))
    return tally


def main() -> None:
    """Sets up, measures, prints."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    count, seconds = int(words[0]) if words else 10_000, float(words[1]) if len(words) > 1 else 120.0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"machine: {_cpu()}, Python {platform.python_version()}; {count:,} agents, {'TLS' * ('--tls' in sys.argv)}")
    with tempfile.TemporaryDirectory() as folder, _set_up(Path(folder), "--tls" in sys.argv) as (server, token):
        asyncio.run(measure(server, token, count, seconds))


async def measure(server: Server, token: str, count: int, seconds: float) -> None:
    """All figures of one fleet."""
    trusted = ssl.create_default_context(cafile=str(server.data / "tls" / "ca.pem")) if server.tls else None
    agents = [Agent(number, server, trusted) for number in range(1, count + 1)]
    began = (time.perf_counter(), server.cpu())
    await every(agents, lambda agent: agent.enrol(token))
    _print("enrolment", began, server, count)
    first = Tally()
    began = (time.perf_counter(), server.cpu())
    for _ in range(ROUNDS):
        await every(agents, lambda agent: first.of(agent.poll()), hands=min(count, 200))
    _print("polls at full speed", began, server, count * ROUNDS)
    began = (time.perf_counter(), server.cpu())
    tally = await heartbeats(agents, seconds)
    _print("heartbeats", began, server, len(tally.waits))
    print(f"  {tally.line()}; the server's memory {server.rss()} MB")
    for agent in agents:
        agent.close()
    server.stop()
    server.start()
    began = (time.perf_counter(), server.cpu())
    tally = await storm(agents)
    _print("upload storm after an outage", began, server, count)
    print(f"  {tally.line()}; the server's memory {server.rss()} MB")
    with contextlib.closing(sqlite3.connect(server.data / "service.sqlite")) as database:
        kept = database.execute("SELECT count(*), count(facts), count(DISTINCT facts) FROM host").fetchone()
        batches = database.execute("SELECT count(*) FROM agent_batch").fetchone()[0]
    _print_log(server)
    print(f"  hosts {kept[0]:,}, with an inventory {kept[1]:,}, distinct {kept[2]:,}; batches {batches:,}; "
          f"{'nothing was lost' if kept[1] == kept[2] == batches == count else 'SOMETHING WAS LOST'}")  # fmt: skip


def _print_log(server: Server) -> None:
    said = server.log.read_text(errors="replace").splitlines()
    lines = [line for line in said if line.startswith("{") and '"level":"info"' not in line]
    print(f"  the server warned of {len(lines)} things", *lines[:5], sep="\n  ")


def _print(what: str, began: tuple[float, float], server: Server, count: int) -> None:
    wall, cpu = time.perf_counter() - began[0], server.cpu() - began[1]
    each = cpu / max(1, count) * 1000
    print(f"{what}: {count:,} in {wall:.1f} s; the server took {cpu:.1f} s of CPU, {each:.3f} ms each", flush=True)


@contextlib.contextmanager
def _set_up(data: Path, tls: bool) -> Iterator[tuple[Server, str]]:
    named = ["--hostname", "localhost"] if tls else []
    subprocess.run([*COMMAND, "init", "--data", str(data), *named], check=True, capture_output=True)
    command = [*COMMAND, "agent-token", "create", "--data", str(data), "--format", "json"]
    made = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Server(data, port, tls)
    server.start()
    try:
        yield server, made["token"]
    finally:
        server.stop()


def _cpu() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return f"{names[0]} x {len(names)}" if names else platform.machine()


if __name__ == "__main__":
    main()
