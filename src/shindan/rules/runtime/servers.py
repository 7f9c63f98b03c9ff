"""Servers that speak protocols in the clear, by port and by what answers there.

A program that is known decides, on whatever port; where it is hidden (inetd, systemd's sockets) or says nothing of the
protocol, the port does, and the evidence says which of the two it was. Nothing is sent to find out. SNMP counts only
where snmpd.conf lets version 1 or 2c in, as far as that was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.files.settings import whole_lines
from shindan.rules.runtime.protocols import Protocol, known
from shindan.rules.runtime.window import answered, is_loopback, listeners, program_of

_WANTED = "no server that speaks in the clear"
_SNMP, _SNMP_FILE = "SNMP", "/etc/snmp/snmpd.conf"
_COMMUNITIES = ("rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6", "com2sec", "com2sec6")


def _servers(host: Examined, p: Arguments) -> Result:
    found = listeners(host)
    bad = [line for one in found for line in _line(host, one.data, p)]
    return answered(host, list(dict.fromkeys(bad)), Evidence("listeners", f"none of {len(found)}", _WANTED), "listener")


def _line(host: Examined, data: Mapping[str, Any], p: Arguments) -> Iterator[Evidence]:
    if is_loopback(data["address"]) and not p["loopback"]:
        return
    recognised = _recognised(data)
    if recognised is None or recognised[0].name in (p["allowed"] or ()):
        return
    protocol, how = recognised
    if protocol.name == _SNMP:
        versions = _snmp_versions(host)
        if versions is None:
            return
        how += f", {versions}"
    elif protocol.starttls:
        how += ", in the clear unless both sides agree on TLS"
    holder = f"systemd for {data['socket_unit']}" if data.get("socket_unit") else program_of(data)
    port = f"{str(data['protocol']).upper()} port {data['port']}"
    yield Evidence(f"{port} ({holder})", f"{protocol.name} {how}", _WANTED)


def _recognised(data: Mapping[str, Any]) -> tuple[Protocol, str] | None:
    """The protocol of a listener and by what it is known; None where it is none of these."""
    name = str(data.get("program", "")).rpartition("/")[2]
    script = str(data.get("script", "")).rpartition("/")[2]
    port = f"{data['protocol']} {data['port']}"
    for one in known().protocols:
        if {name, script} & one.programs or str(data.get("socket_unit", "")) in one.units:
            # A server of FTP or NIS holds further ports for its data: each is its own.
            return one, "by its program" if {name, script} & one.programs else "by its unit"
        if data.get("package") and data["package"] in one.packages:
            return one, "by its package"
    if name in known().other:
        return None
    at = next((one for one in known().protocols if port in one.server), None)
    if at is None:
        return None
    return at, "by its port and program" if name in at.capable else "by its port alone"


def _snmp_versions(host: Examined) -> str | None:
    """What is known of the versions that snmpd speaks; None where it is version 3 alone."""
    fact = host.inventory.one("text", _SNMP_FILE)
    if fact is None or fact.data.get("absent") or fact.data.get("truncated"):
        return "versions 1 and 2c unless it is configured otherwise"
    words = [one.value.split()[0].lower() for one in whole_lines(map(str, fact.data.get("lines", ())))]
    found = [word for word in words if word in _COMMUNITIES]
    return f"versions 1 and 2c ({', '.join(dict.fromkeys(found))} in {_SNMP_FILE})" if found else None


SERVERS = CodedRule(
    Rule(
        "runtime-insecure-servers",
        "Insecure Server Protocols",
        "Informational",
        "The host serves protocols that can be read and changed on their way, passwords included.",
        "Stop servers that nobody needs; replace the others by what encrypts (SSH and SFTP, HTTPS, IMAPS, SNMP version "
        "3), or let them listen on loopback alone.",
        flaw="Instance {agent} serves insecure protocols",
    ),
    Kind(
        "runtime-insecure-servers",
        "servers that speak in the clear",
        {
            "allowed": Parameter("strings", "protocols that are left out: `HTTP`"),
            "loopback": Parameter("boolean", "whether those count that only this host reaches", default=False),
        },
        _servers,
        ("listener",),
    ),
)
