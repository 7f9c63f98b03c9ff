"""Check kind `netif`: network interfaces that should not be up, or should not hear everything."""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined


def _run(host: Examined, p: Arguments) -> Result:
    looked = []
    for one in host.all("interface"):
        if p["wireless"] == "none" and one.data.get("kind") == "wireless":
            up = bool(one.data.get("up"))
            looked.append(
                (not up, Evidence(one.subject, "wireless, up" if up else "wireless, down", "down or blocked"))
            )
        if p["promiscuous"] == "none" and one.data.get("promiscuous"):
            looked.append((False, Evidence(one.subject, "promiscuous", "not promiscuous")))
    if not looked and p["wireless"] == "none":
        return Result("not_applicable", reason="the host has no wireless interface")
    return judged(looked, empty=Result("pass"))


KIND = Kind(
    "netif",
    "network interfaces that should not be up, or should not hear everything",
    {
        "wireless": Parameter("string", "no wireless interface is up", choices=("none",)),
        "promiscuous": Parameter("string", "none hears everything", choices=("none",)),
    },
    _run,
    ("interface",),
)
