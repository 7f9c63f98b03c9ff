"""Facts counted by message type: sockets by protocol and version of IP, as the specification's table has them."""

from __future__ import annotations

import pytest

from shindan.engine.telemetry import counts
from shindan.facts.fact import Fact
from shindan.facts.wire import dumps


@pytest.mark.parametrize(
    ("kind", "subject", "name"),
    [
        ("listener", "tcp 0.0.0.0:22", "InspectorTcpV4ListeningPort"),
        ("listener", "tcp [::]:22", "InspectorTcpV6ListeningPort"),
        ("listener", "udp 127.0.0.1:323 netns:4026532201", "InspectorUdpV4ListeningPort"),
        ("listener", "udp [::1]:323", "InspectorUdpV6ListeningPort"),
        ("connection", "tcp 10.0.0.2 > 192.0.2.7:443", "InspectorTcpV4Connection"),
        ("connection", "udp [fe80::1] > [fe80::2]:53", "InspectorUdpV6Connection"),
        ("process", "/usr/sbin/sshd", "InspectorCreateProcess"),
        ("package", "tcp [odd", "InspectorPackageInfo"),
        ("gap", "listeners", "InspectorGap"),
    ],
)
def test_a_fact_is_counted_as_its_message_type(kind: str, subject: str, name: str) -> None:
    line = dumps(Fact(kind, subject, {})).encode() + b"\n"
    assert counts(line * 3) == [(name, 3, 3 * len(line))]


def test_a_line_that_is_no_fact_is_counted_too() -> None:
    assert counts(b"nonsense\n") == [("InspectorUnreadable", 1, 9)]
