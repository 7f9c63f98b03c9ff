"""Check kind `kernel_module`: whether a module can be loaded at all, is loaded, or is there.

Blocked is what `modprobe` refuses: an `install` line that runs something which does nothing (modprobe.d(5)), read
from files that end in `.conf`; `-` and `_` in names are the same. A module built into the kernel cannot be blocked.
"""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined
from shindan.rules.files.modprobe import Modprobe, configured


def _run(host: Examined, p: Arguments) -> Result:
    if host.in_container:
        return Result("not_applicable", reason="the host is a container, which loads no modules")
    name = p["name"].replace("-", "_")
    fact = host.one("kernel_module", name)
    if fact is None:
        raise CannotTell("unknown", f"nobody looked for the module {name}")
    loaded, builtin, available = (bool(fact.data.get(word)) for word in ("loaded", "builtin", "available"))
    if p["state"] == "loaded":
        good, seen = loaded or builtin, "loaded" if loaded else "built in" if builtin else "not loaded"
    elif p["state"] == "absent":
        good, seen = not (loaded or builtin or available), "there" if available or loaded or builtin else "not there"
    else:
        good, seen = _blocked(host.view("modprobe", configured), name, loaded, builtin, available, p)
    return Result("pass" if good else "fail", (Evidence(p["name"], seen, p["state"]),))


def _blocked(said: Modprobe, name: str, loaded: bool, builtin: bool, available: bool, p: Arguments) -> tuple[bool, str]:
    if builtin:
        return False, "built into the kernel: it cannot be blocked"
    if loaded:
        return False, "loaded"
    if not available:
        return True, "no installed kernel has it"
    if name not in said.blocked:
        return False, "can be loaded: no install line of modprobe.d stands for it"
    if p["blacklist"] and name not in said.blacklisted:
        return False, "blocked, but not on the blacklist: what asks for its hardware may still find another way"
    return True, f"blocked by {said.blocked[name]}"


KIND = Kind(
    "kernel_module",
    "whether a module can be loaded, is loaded, or is there",
    {
        "name": Parameter("string", "the module", required=True),
        "state": Parameter("string", "what is wanted", default="blocked", choices=("blocked", "loaded", "absent")),
        "blacklist": Parameter("boolean", "with `blocked`: on the blacklist, too", default=False),
    },
    _run,
    ("kernel_module", "text"),
)
