"""Check kind `crypto_policy`: the system-wide policy of the Red Hat family (crypto-policies(7))."""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined


def _run(host: Examined, p: Arguments) -> Result:
    fact = host.one("crypto_policy", "current")
    if fact is None or not fact.data.get("policy"):
        return Result("not_applicable", reason="the host has no system-wide policy for cryptography")
    policy, modules = str(fact.data["policy"]), {str(one) for one in fact.data.get("subpolicies", ())}
    looked = []
    if p["in"] or p["not_in"]:
        right = policy in p["in"] if p["in"] else policy not in p["not_in"]
        wanted = " or ".join(p["in"]) if p["in"] else f"not {' or '.join(p['not_in'])}"
        looked.append((right, Evidence("policy", policy, wanted)))
    for module in p["subpolicies"] or ():
        looked.append(
            (
                module in modules,
                Evidence(f"module {module}", "in force" if module in modules else "not in force", "in force"),
            )
        )
    return judged(looked, empty=Result("pass"))


KIND = Kind(
    "crypto_policy",
    "the system-wide policy for cryptography",
    {
        "in": Parameter("strings", "policies that are right: `FUTURE`"),
        "not_in": Parameter("strings", "policies that are not: `LEGACY`"),
        "subpolicies": Parameter("strings", "modules that must be in force: `NO-SHA1`"),
    },
    _run,
    ("crypto_policy",),
)
