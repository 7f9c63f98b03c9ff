"""Protocols in the clear that this host used as a client, by the port of the other side.

A port is a sign of a protocol, not its proof: nothing is sent to find out, and the evidence says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.runtime.protocols import Protocol, known
from shindan.rules.runtime.window import answered, connections, is_loopback, program_of

_FTP = "FTP"


def _login(host: Examined, p: Arguments) -> Result:
    protocols = [one for one in known().protocols if one.login or (p["ftp"] and one.name == _FTP)]
    return _judged(host, protocols, "no protocol for logging in that sends passwords in the clear")


def _general(host: Examined, p: Arguments) -> Result:
    ftp = not p["ftp_is_login"]
    protocols = [one for one in known().protocols if not one.login and (ftp or one.name != _FTP)]
    chosen = [one for one in protocols if one.name not in (p["allowed"] or ())]
    if not p["starttls"]:
        chosen = [one for one in chosen if not one.starttls]
    return _judged(host, chosen, "no protocol in the clear")


def _judged(host: Examined, protocols: list[Protocol], wanted: str) -> Result:
    by_port = {port: one for one in protocols for port in one.client}
    seen = connections(host)
    bad = [line for fact in seen for line in _line(fact, by_port, wanted)]
    good = Evidence("connections", f"{len(seen)} kinds of them, none of such a protocol", wanted)
    return answered(host, bad, good, "connection")


def _line(fact: Fact, by_port: dict[str, Protocol], wanted: str) -> Iterator[Evidence]:
    data = fact.data
    protocol = by_port.get(f"{data['protocol']} {data.get('remote_port')}")
    if protocol is None or data["direction"] != "out" or data.get("loopback") or is_loopback(data["remote_address"]):
        return
    if _is_signed(data.get("program", "")) or data["remote_address"] in known().metadata:
        return
    whose = f" of user {data['uid']}" if "uid" in data else ""
    times = f"{data['count']} connections" if data["count"] != 1 else "1 connection"
    seen = f"{protocol.name} by its port, {times}{whose} by {program_of(data)}"
    if protocol.starttls:
        seen += ", in the clear unless both sides agreed on TLS"
    address = f"[{data['remote_address']}]" if ":" in data["remote_address"] else data["remote_address"]
    yield Evidence(f"{data['protocol']} {address}:{data['remote_port']}", seen, wanted)


def _is_signed(program: str) -> bool:
    """Whether a program fetches packages that are signed, so that it is no matter what carries them."""
    data = known()
    return program.startswith(data.signed_folders) or (
        program.startswith(("/usr/bin/", "/usr/sbin/", "/sbin/", "/usr/libexec/", "/usr/lib/"))
        and program.rpartition("/")[2] in data.signed
    )


LOGIN = CodedRule(
    Rule(
        "runtime-insecure-client-login",
        "Insecure Client Protocols (Login)",
        "Medium",
        "The host logged in elsewhere by a protocol that shows name and password to whoever can read along.",
        "Use SSH instead, and change the passwords that were sent.",
        flaw="Instance {agent} logged in elsewhere by an insecure protocol",
    ),
    Kind(
        "runtime-insecure-client-login",
        "clear-text logins at other hosts",
        {"ftp": Parameter("boolean", "whether FTP counts as a login", default=False)},
        _login,
        ("connection",),
    ),
)

GENERAL = CodedRule(
    Rule(
        "runtime-insecure-client-general",
        "Insecure Client Protocols (General)",
        "Low",
        "The host spoke with others by protocols that can be read and changed on their way.",
        "Use what encrypts: HTTPS, SFTP, IMAPS, LDAPS, SNMP version 3, or a tunnel around it.",
        flaw="Instance {agent} used insecure protocols as a client",
    ),
    Kind(
        "runtime-insecure-client-general",
        "clear-text protocols with other hosts",
        {
            "allowed": Parameter("strings", "protocols that are left out: `HTTP`"),
            "starttls": Parameter("boolean", "whether those count that may switch to TLS: SMTP, IMAP …", default=True),
            "ftp_is_login": Parameter("boolean", "whether FTP is left to the rule about logins", default=False),
        },
        _general,
        ("connection",),
    ),
)
