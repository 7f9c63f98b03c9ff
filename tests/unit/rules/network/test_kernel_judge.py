"""The kernel as judge: what is predicted of random rule sets is what a client that connects meets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examined import fact, host
from shindan.rules.network.loaded import ruleset_of
from shindan.rules.network.own_addresses import network_of
from shindan.rules.network.packet import Packet
from shindan.rules.network.passage import passage
from shindan.rules.network.spans import address, both
from support import need_tool

ORACLE = Path(__file__).with_name("filter_oracle.py")
SETS, LEAST_CERTAIN = 200, 0.99
INTERFACES = [
    fact("interface", "t0", addresses=["192.0.2.1/24", "2001:db8::1/64"], up=True, kind="tunnel"),
    fact("interface", "lo", addresses=["127.0.0.1/8", "::1/128"], up=True, kind="loopback"),
]


def observed(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """What the kernel did with each rule set; skips where it lets nobody make namespaces."""
    for tool, package in (("nft", "nftables"), ("iptables-restore", "iptables"), ("unshare", "util-linux")):
        need_tool(tool, package)
    own = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*own, "test", "-w", "/dev/net/tun"], capture_output=True, check=False).returncode:
        pytest.skip("needs: a network namespace and /dev/net/tun")
    argv = [*own, sys.executable, str(ORACLE), str(seed), str(count)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    yield from (json.loads(line) for line in done.stdout.splitlines())


def predicted(seen: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], bool, bool]]:
    """(packet, whether it may be delivered, whether it must be) for all that the client sends."""
    filters = [fact("firewall", name, present=True, loaded=bool(rules), rules=rules) for name, rules in seen.items()]
    one = host(*INTERFACES, *filters)
    rules, network = ruleset_of(one), network_of(one)
    for family, sources in ((4, SOURCES_4), (6, SOURCES_6)):
        everything = tuple(sorted((address(text)[1],) * 2 for text in sources))
        target = "192.0.2.1" if family == 4 else "2001:db8::1"
        for port in PORTS:
            packet = Packet(family, address(target)[1], "tcp", port, "t0")
            found = passage(rules, packet, everything, network.place)
            for text in sources:
                mine = ((address(text)[1],) * 2,)
                yield (family, text, target, port), bool(both(found.may, mine)), bool(both(found.must, mine))


PORTS = [22, 25, 80, 443, 3005, 5432, 8080, 8443, 9443]
SOURCES_4 = ["198.51.100.7", "203.0.113.9", "10.1.2.3", "192.0.2.77", "8.8.4.4"]
SOURCES_6 = ["2001:db8::77", "2001:db8:1::5", "2a00:1450::1"]


@pytest.mark.slow
@pytest.mark.system
def test_what_is_predicted_is_what_the_kernel_does() -> None:
    wrong: list[str] = []
    certain = packets = accepted = sets = 0
    for sets, seen in enumerate(observed(seed=6, count=SETS), 1):
        answered = {tuple(one) for one in seen.pop("answered")}
        for packet, may, must in predicted(seen):
            packets += 1
            certain += may == must
            accepted += packet in answered
            if (packet in answered and not may) or (must and packet not in answered):
                wrong.append(f"rule set {sets}, {packet}: may {may}, must {must}\n{json.dumps(seen)}")
    assert not wrong, f"{len(wrong)} of {packets} packets\n" + "\n".join(wrong[:2])
    assert sets == SETS
    assert packets == SETS * len(PORTS) * (len(SOURCES_4) + len(SOURCES_6))
    assert packets * 0.2 < accepted < packets * 0.8, "rule sets that decide nothing judge nobody"
    assert certain >= packets * LEAST_CERTAIN, f"{packets - certain} of {packets} unknown"
