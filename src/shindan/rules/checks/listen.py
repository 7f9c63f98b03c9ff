"""Check kind `listen`: that nothing listens beyond a scope."""

from __future__ import annotations

import ipaddress

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined


def _run(host: Examined, p: Arguments) -> Result:
    beyond = [one for one in host.all("listener") if _is_meant(one, p) and not _is_within(one, p["scope"])]
    wanted = "loopback alone" if p["scope"] == "loopback" else "nothing listens"
    if beyond:
        return Result(
            "fail", tuple(Evidence(one.subject, str(one.data.get("program") or "listens"), wanted) for one in beyond)
        )
    return Result("pass", (Evidence("listeners", "none beyond", wanted),))


def _is_meant(one: Fact, p: Arguments) -> bool:
    data = one.data
    if p["protocol"] and not str(data.get("protocol", "")).startswith(p["protocol"]):
        return False
    if p["ports"] and str(data.get("port")) not in p["ports"]:
        return False
    return not p["process"] or str(data.get("program", "")).rpartition("/")[2] in p["process"]


def _is_within(one: Fact, scope: str) -> bool:
    if scope != "loopback":
        return False
    try:
        return ipaddress.ip_address(str(one.data.get("address", "")).partition("%")[0]).is_loopback
    except ValueError:
        return False


KIND = Kind(
    "listen",
    "that nothing listens beyond a scope",
    {
        "protocol": Parameter("string", "only these", choices=("tcp", "udp")),
        "ports": Parameter("strings", "only these ports"),
        "process": Parameter("strings", "only these programs, by file name"),
        "scope": Parameter("string", "where listening is right", default="loopback", choices=("loopback", "none")),
    },
    _run,
    ("listener",),
)
