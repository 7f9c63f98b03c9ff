"""TCP ports on which somebody listened for the whole window, and nobody from elsewhere came.

Sockets of one port and network namespace are one thing: a pair for both versions of IP, several of one program
(SO_REUSEPORT), systemd's own and that of the service which takes it over. Listening on loopback alone is no matter, and
connections from this host itself or from health checkers are no use.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.runtime.protocols import known
from shindan.rules.runtime.too_short import TOO_SHORT
from shindan.rules.runtime.window import Span, answered, connections, is_loopback, listeners, program_of, span

_SLACK = 120
"""Seconds: agents look at listeners every half a minute, and may be late."""

_WILD = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here
_WANTED = "somebody who uses it, or nobody who listens"


def _unused(host: Examined, p: Arguments) -> Result:
    watched = span(host)
    minutes, least = (watched.seconds if watched else 0) // 60, p["minutes"]
    found = listeners(host)
    if watched is None or minutes < least:
        raise CannotTell("unknown", f"{TOO_SHORT}{minutes} minutes, and it takes {least} to call a port unused")
    groups: dict[tuple[str, int], list[Fact]] = {}
    for one in found:
        if _is_meant(one.data, watched):
            groups.setdefault((str(one.data.get("netns", "")), one.data["port"]), []).append(one)
    if groups and not host.inventory.all("connection") and not host.gap("connection"):
        raise CannotTell("unknown", "nobody looked for facts of the kind connection")
    came = connections(host) if host.inventory.all("connection") else []
    incoming = [one.data for one in came if one.data["direction"] == "in" and one.data["protocol"] == "tcp"]
    checkers = _networks(p["health_checkers"] or ())
    bad = []
    for group in groups.values():
        reached = [one for one in incoming if any(_reaches(one, listener.data) for listener in group)]
        used = [one for one in reached if not (_is_own(one) or _is_within(one["remote_address"], checkers))]
        if not used:
            bad.append(_evidence(group, reached, minutes))
    if bad and host.gap("connection"):
        # What was not seen may have been the use.
        raise CannotTell("error", f"the window is incomplete: {host.gap('connection')}")
    good = Evidence("listeners", f"each of {len(groups)} ports was used within {minutes} minutes", _WANTED)
    return answered(host, bad, good, "listener", "connection")


def _is_meant(data: Mapping[str, Any], watched: Span) -> bool:
    if data["protocol"] != "tcp" or is_loopback(data["address"]):
        return False
    if str(data.get("program", "")).rpartition("/")[2] in known().forwarders:
        return False  # the kernel leads the packets of such a port elsewhere, so that it never sees any
    first, last = data.get("first_seen", watched.first), data.get("last_seen", watched.last)
    return bool(first <= watched.first + _SLACK and last >= watched.last - _SLACK)


def _reaches(connection: Mapping[str, Any], listener: Mapping[str, Any]) -> bool:
    """Whether a connection came in by this listener."""
    if connection.get("local_port") != listener["port"] or connection.get("netns") != listener.get("netns"):
        return False
    local, bound = connection.get("local_address"), str(listener["address"])
    if local is None or bound == local:
        return True
    if bound not in _WILD:
        return False
    # An IPv6 socket takes IPv4, too, unless it says otherwise.
    return (":" in local) == (":" in bound) or (":" in bound and not listener.get("v6only"))


def _is_own(connection: Mapping[str, Any]) -> bool:
    return bool(connection.get("loopback")) or is_loopback(connection["remote_address"])


def _evidence(group: Sequence[Fact], reached: Sequence[Mapping[str, Any]], minutes: int) -> Evidence:
    names = list(dict.fromkeys(_holder(one.data) for one in group))
    own = sum(one["count"] for one in reached if _is_own(one))
    others = sum(one["count"] for one in reached if not _is_own(one))
    seen = f"no connection in {minutes} minutes"
    if own or others:
        told = [f"{own} from this host itself"] if own else []
        told += [f"{others} of health checkers"] if others else []
        seen += f" but {' and '.join(told)}"
    return Evidence(f"TCP port {group[0].data['port']} ({', '.join(names)})", seen, _WANTED)


def _holder(data: Mapping[str, Any]) -> str:
    if data.get("socket_unit"):
        return f"systemd for {data['socket_unit']}"
    return program_of(data)


_Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def _networks(texts: Sequence[str]) -> _Networks:
    try:
        return [ipaddress.ip_network(text, strict=False) for text in texts]
    except ValueError as error:
        raise CannotTell("error", f"health_checkers: {error}") from error


def _is_within(address: str, networks: _Networks) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(found in one for one in networks)


UNUSED = CodedRule(
    Rule(
        "runtime-unused-ports",
        "Unused Listening TCP Ports",
        "Informational",
        "Programs listen on ports that nobody used while the run watched: they can be attacked, and serve nobody.",
        "Stop services that nobody needs, bind them to loopback, or restrict who reaches them.",
        flaw="Instance {agent} listens on TCP ports that saw no traffic",
    ),
    Kind(
        "runtime-unused-ports",
        "ports that nobody used",
        {
            "minutes": Parameter("integer", "the shortest window in which a port can be called unused", default=50),
            "health_checkers": Parameter("strings", "addresses and networks whose connections are no use"),
        },
        _unused,
        ("listener", "connection"),
    ),
)
