"""What the API's door costs a request: `python bench/api.py`.

First part by part, without the database and without HTTP; then a server as `shindan serve` starts it, on SQLite in a
folder of its own, asked over kept connections by a client that signs once and does nothing but send and receive. CPU
seconds of the server tell what one core could answer where the client, or another program, is in the way.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import platform
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from shindan.api.exchange import Exchange
from shindan.api.gateway import Gateway
from shindan.api.operations import OPERATIONS
from shindan.api.spec import spec
from shindan.api.steps import Ports
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.service.sigv4 import ALGORITHM, canonical_request, signing_key, verify

REPEATS, TIMES = 9, 4000
CONNECTIONS = 16
REGION, STAMP, NOW = "us-west-2", "20261124T120000Z", 1_795_521_600.0
RUN = f"arn:aws:inspector:{REGION}:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12"
REQUESTS: dict[str, dict[str, Any]] = {
    "StartAssessmentRun": {"assessmentTemplateArn": RUN[:-15], "assessmentRunName": "nightly"},
    "ListFindings": {
        "assessmentRunArns": [RUN] * 3,
        "filter": {"severities": ["High", "Low"], "attributes": [{"key": "CVE_ID", "value": "CVE-2026-1"}]},
        "maxResults": 100,
    },
    "DescribeFindings": {"findingArns": [f"{RUN}/finding/0-{n:08}" for n in range(10)]},
}
FINDING: dict[str, Any] = {
    "arn": f"{RUN}/finding/0-00000000",
    "assetAttributes": {"schemaVersion": 1, "agentId": "i-0a1b2c3d4e5f60718", "ipv4Addresses": []},
    "title": "t" * 80,
    "description": "d" * 400,
    "attributes": [{"key": f"k{n}", "value": "v"} for n in range(7)],
    "userAttributes": [],
    "createdAt": 1_795_521_600_123,
    "updatedAt": 1_795_521_600_123,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "StartAssessmentRun": {"assessmentRunArn": RUN},
    "ListFindings": {"findingArns": [f"{RUN}/finding/0-{n:08}" for n in range(100)], "nextToken": "x" * 60},
    "DescribeFindings": {"findings": [FINDING] * 10, "failedItems": {}},
}


@dataclass(frozen=True)
class Key:
    """A key in force."""

    id: str = "AKIDEXAMPLE000000001"
    secret: str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    session_token: str | None = None
    expires_at: int | None = None
    caller: Caller = field(default=Caller("123456789012", REGION, "ada", administrator=True))


KEY = Key()


class Nothing:
    """As much of the service as the door touches."""

    region = REGION


def main() -> None:
    """Print the machine and the median of several repeats, part by part."""
    print(f"machine: {_cpu()}, Python {platform.python_version()}; us each, median of {REPEATS} x {TIMES:,}")
    print(f"{'operation':20} {'verify':>8} {'parse':>8} {'check':>8} {'write':>8} {'all':>8}   requests/s")
    for name, request in REQUESTS.items():
        body = msgspec.json.encode(request)
        headers = _signed(name, body)
        operation = spec().operations[name]
        write, answer = operation.write, ANSWERS[name]
        assert write is not None
        costs = [
            _cost(partial(_verify, headers, body)),
            _cost(partial(msgspec.json.decode, body)),
            _cost(partial(operation.check, request)),
            _cost(partial(_written, write, answer)),
        ]
        whole = _cost(_whole(headers, body, answer))
        print(f"{name:20} {' '.join(f'{cost:8.2f}' for cost in (*costs, whole))}   {1e6 / whole:10,.0f}")
    with tempfile.TemporaryDirectory(prefix="shindan-bench-") as folder:
        over_http(Path(folder) / "data")


def over_http(data: Path) -> None:
    """Starts a server and asks it."""
    shindan = [sys.executable, "-m", "shindan.cli", "init", "--data", str(data), "--format", "json"]
    made = json.loads(subprocess.run(shindan, check=True, capture_output=True, text=True).stdout)
    port = _free_port()
    serve = [sys.executable, "-m", "shindan.app", "--data", str(data), "--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            while "Shindan answers" not in (line := server.stderr.readline()):
                assert line, "the server ended"
            drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
            print(f"over HTTP, {CONNECTIONS} connections   requests/s   us of CPU each   requests/s of one core")
            for operation in ("ListRulesPackages", "ListAssessmentTargets"):
                request = _raw(made, port, operation)
                _asked(port, request, 0.5)
                before = _cpu_seconds(server.pid)
                count, seconds = _asked(port, request, 4.0)
                each = (_cpu_seconds(server.pid) - before) / count
                print(f"  {operation:30} {count / seconds:12,.0f} {each * 1e6:16,.0f} {1 / each:24,.0f}", flush=True)
        finally:
            server.terminate()
    drain.wait()


def _raw(made: dict[str, str], port: int, operation: str) -> bytes:
    """A signed request as bytes, good for five minutes."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = _signed(
        operation, b"{}", id_=made["access_key_id"], secret=made["secret_access_key"], region=made["region"],
        stamp=stamp, host=f"127.0.0.1:{port}",
    )  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{lines}content-length: 2\r\n\r\n{{}}".encode()


def _asked(port: int, request: bytes, seconds: float) -> tuple[int, float]:
    """(answers, seconds): each connection has one request under way."""
    ready = selectors.DefaultSelector()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.register(connection, selectors.EVENT_READ)
        connection.sendall(request)
    come = dict.fromkeys(connections, b"")
    begun, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < seconds:
        for key, _ in ready.select(1):
            connection = cast("socket.socket", key.fileobj)
            come[connection] += connection.recv(65_536)
            if not _whole_answer(come[connection]):
                continue
            come[connection] = b""
            connection.sendall(request)
            count += 1
    for connection in connections:
        connection.close()
    return count, spent


def _whole_answer(come: bytes) -> bool:
    head, _, body = come.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), come
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
    return length is not None and len(body) >= int(length.partition(b":")[2])


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _whole(headers: dict[str, str], body: bytes, answer: Any) -> Callable[[], object]:
    operations = dict.fromkeys(OPERATIONS, lambda *_: answer)
    ports = Ports(cast("Service", Nothing()), lambda _: KEY, lambda _: None, lambda: NOW, operations=operations)
    gateway = Gateway(ports)
    assert gateway.reply(Exchange("POST", "/", "", headers, body)).status == 200
    return lambda: gateway.reply(Exchange("POST", "/", "", headers, body))


def _written(write: Callable[[Any], Any], answer: Any) -> bytes:
    return msgspec.json.encode(write(answer))


def _verify(headers: dict[str, str], body: bytes) -> object:
    services = frozenset({"inspector"})
    return verify("POST", "/", "", headers, body, lambda _: KEY, services=services, region=REGION, now=NOW)


def _signed(
    operation: str,
    body: bytes,
    *,
    id_: str = KEY.id,
    secret: str = KEY.secret,
    region: str = REGION,
    stamp: str = STAMP,
    host: str = "inspector.example:8443",
) -> dict[str, str]:
    headers = {
        "host": host,
        "x-amz-target": f"InspectorService.{operation}",
        "x-amz-date": stamp,
        "content-type": "application/x-amz-json-1.1",
    }
    names = tuple(sorted(headers))
    digest = hashlib.sha256(canonical_request("POST", "/", "", headers, names, hashlib.sha256(body).hexdigest()))
    scope = f"{stamp[:8]}/{region}/inspector/aws4_request"
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest.hexdigest()}"
    signature = hmac.new(signing_key(secret, stamp[:8], region, "inspector"), text.encode(), "sha256").hexdigest()
    claim = f"Credential={id_}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return {**headers, "authorization": f"{ALGORITHM} {claim}", "user-agent": "Boto3/1.44"}


def _cost(work: Callable[[], object]) -> float:
    """Microseconds of CPU, the median of the repeats."""
    spent = []
    for _ in range(REPEATS):
        begun = time.process_time()
        for _ in range(TIMES):
            work()
        spent.append((time.process_time() - begun) / TIMES * 1e6)
    return statistics.median(spent)


def _cpu() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return f"{names[0]} x {len(names)}" if names else platform.machine()


if __name__ == "__main__":
    main()
