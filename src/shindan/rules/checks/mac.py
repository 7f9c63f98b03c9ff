"""Check kind `mac`: mandatory access control, SELinux or AppArmor, as it is now and as it is configured."""

from __future__ import annotations

from collections.abc import Iterator

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent, judged
from shindan.rules.examined import Examined

_LAYERS = ("runtime", "configured")
_PROFILES = {"enforce": ("enforce",), "enforce_or_complain": ("enforce", "complain")}


def _run(host: Examined, p: Arguments) -> Result:
    fact = host.one("lsm", p["system"])
    if fact is None or not fact.data.get("active"):
        return absent(p["absent"], Evidence(p["system"], "not switched on", "switched on"))
    looked = [(True, Evidence(p["system"], "switched on", "switched on")), *_modes(fact, p), *_profiles(fact, p)]
    if p["policy"]:
        seen = str(fact.data.get("policy", ""))
        looked.append((seen in p["policy"], Evidence("policy", seen or "none", " or ".join(p["policy"]))))
    if p["unconfined"] == "none":
        loose = fact.data.get("unconfined", ())
        looked += [(False, Evidence(str(one), "runs unconfined", "confined")) for one in loose]
    return judged(looked, empty=Result("pass"))


def _modes(fact: Fact, p: Arguments) -> Iterator[tuple[bool, Evidence]]:
    wanted = " or ".join(p["mode"] or ())
    for layer in p["layers"] if p["mode"] else ():
        seen = str(fact.data.get("mode" if layer == "runtime" else "configured", ""))
        yield seen in p["mode"], Evidence(f"{p['system']} {layer}", seen or "unknown", wanted)


def _profiles(fact: Fact, p: Arguments) -> Iterator[tuple[bool, Evidence]]:
    if not p["profiles"]:
        return
    modes, profiles = _PROFILES[p["profiles"]], dict(fact.data.get("profiles", {}))
    for name, mode in profiles.items():
        yield mode in modes, Evidence(f"profile {name}", mode, " or ".join(modes))
    if not profiles:
        yield False, Evidence("profiles", "none is loaded", "profiles")


KIND = Kind(
    "mac",
    "mandatory access control: SELinux or AppArmor",
    {
        "system": Parameter("string", "which", required=True, choices=("selinux", "apparmor")),
        "mode": Parameter("strings", "modes that are right: `enforcing`, `permissive`"),
        "layers": Parameter(
            "strings",
            "where to look for the mode",
            default=["runtime", "configured"],
            choices=("runtime", "configured"),
        ),
        "policy": Parameter("strings", "policies that are right: `targeted`"),
        "profiles": Parameter("string", "modes of AppArmor's profiles that are right", choices=tuple(_PROFILES)),
        "unconfined": Parameter("string", "no process runs unconfined that should not", choices=("none",)),
        "absent": Parameter(
            "string", "what it means where it is not switched on", default="fail", choices=("fail", "not_applicable")
        ),
    },
    _run,
    ("lsm",),
)
