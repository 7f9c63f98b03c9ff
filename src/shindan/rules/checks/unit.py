"""Check kind `unit`: whether units of systemd are enabled and active.

A service that is named without a suffix stands for what may start it, too: its socket, timer and path units. The
words are systemctl's; a unit that is not there is `not-found` and `inactive`.
"""

from __future__ import annotations

from collections.abc import Iterator

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined

_SUFFIXES = (".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount", ".device", ".slice")
_TRIGGERS = (".socket", ".timer", ".path")
_ENABLED = (
    "enabled", "enabled-runtime", "disabled", "masked", "masked-runtime", "static", "indirect", "alias", "generated",
    "linked", "linked-runtime", "transient", "not-found",
)  # fmt: skip
_ACTIVE = ("active", "activating", "inactive", "failed", "unknown")


def _run(host: Examined, p: Arguments) -> Result:
    units = host.all("unit")
    if units[0].data.get("init") == "other":
        return Result("not_applicable", reason="systemd does not run this host")
    looked = [_one(host, name, p, trigger) for name in p["names"] for name, trigger in _meant(name, host)]
    return judged(looked, empty=Result("pass"))


def _meant(name: str, host: Examined) -> Iterator[tuple[str, bool]]:
    """The units that a name stands for, and whether they only start it; triggers that are not there are left out."""
    if name.endswith(_SUFFIXES):
        yield name, False
        return
    yield f"{name}.service", False
    for suffix in _TRIGGERS:
        fact = host.one("unit", name + suffix)
        if fact is not None and fact.data.get("enabled") != "not-found":
            yield name + suffix, True


def _one(host: Examined, name: str, p: Arguments, trigger: bool) -> tuple[bool, Evidence]:
    fact = host.one("unit", name)
    data = fact.data if fact is not None else {}
    enabled, active = str(data.get("enabled", "not-found")), str(data.get("active", "inactive"))
    right = (not p["enabled"] or enabled in p["enabled"]) and (
        not p["active"] or active in p["active"] or active == "unknown"
    )
    if trigger and not _is_to_be_off(p):
        # A service that is to run may have any trigger; one that is not to run may have none that is armed.
        right = True
    return right, Evidence(name, f"{enabled}, {active}", _wanted(p))


def _is_to_be_off(p: Arguments) -> bool:
    return "enabled" not in (p["enabled"] or ("enabled",)) or "active" not in (p["active"] or ("active",))


def _wanted(p: Arguments) -> str:
    return ", ".join(" or ".join(words) for words in (p["enabled"], p["active"]) if words) or "there"


KIND = Kind(
    "unit",
    "whether units of systemd are enabled and active",
    {
        "names": Parameter("strings", "the units; without a suffix, a service and what triggers it", required=True),
        "enabled": Parameter("strings", "states of the unit's file that are right", choices=_ENABLED),
        "active": Parameter("strings", "states of the unit that are right; unknown is always", choices=_ACTIVE),
    },
    _run,
    ("unit",),
)
