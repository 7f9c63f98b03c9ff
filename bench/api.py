"""What the API's door costs a request, without the database: `python bench/api.py`."""

from __future__ import annotations

import hashlib
import hmac
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import msgspec

from shindan.api.exchange import Exchange
from shindan.api.gateway import Gateway
from shindan.api.operations import OPERATIONS
from shindan.service.sigv4 import ALGORITHM, canonical_request, signing_key, verify
from shindan.api.spec import spec
from shindan.api.steps import Ports
from shindan.service.caller import Caller
from shindan.service.service import Service

REPEATS, TIMES = 9, 4000
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


def _signed(operation: str, body: bytes) -> dict[str, str]:
    headers = {
        "host": "inspector.example:8443",
        "x-amz-target": f"InspectorService.{operation}",
        "x-amz-date": STAMP,
        "content-type": "application/x-amz-json-1.1",
    }
    names = tuple(sorted(headers))
    digest = hashlib.sha256(canonical_request("POST", "/", "", headers, names, hashlib.sha256(body).hexdigest()))
    scope = f"{STAMP[:8]}/{REGION}/inspector/aws4_request"
    text = f"{ALGORITHM}\n{STAMP}\n{scope}\n{digest.hexdigest()}"
    signature = hmac.new(signing_key(KEY.secret, STAMP[:8], REGION, "inspector"), text.encode(), "sha256").hexdigest()
    claim = f"Credential={KEY.id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return {**headers, "authorization": f"{ALGORITHM} {claim}", "user-agent": "Boto3/1.44"}


def _cost(work: Callable[[], object]) -> float:
    """Microseconds, the median of the repeats."""
    spent = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        for _ in range(TIMES):
            work()
        spent.append((time.perf_counter() - begun) / TIMES * 1e6)
    return statistics.median(spent)


def _cpu() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return f"{names[0]} x {len(names)}" if names else platform.machine()


if __name__ == "__main__":
    main()
