"""Check kind `bootparam`: arguments of the kernel, now and for every entry of the boot loader; and its password.

`configured` looks at each entry that can be booted (grub.cfg, or files of the Boot Loader Specification), not at
/etc/default/grub alone: what is written there counts only once the entries are made anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined

_LAYERS = ("running", "configured")
_NO_LOADER = "the host has no boot loader of its own"


def _run(host: Examined, p: Arguments) -> Result:
    if host.in_container:
        return Result("not_applicable", reason="the host is a container, which boots no kernel")
    entries = [one for one in host.all("boot") if one.subject not in ("running", "grub")]
    if p["password"]:
        return _password(host, entries)
    wanted = comparison(p)
    if not entries and "configured" in p["layers"] and "running" not in p["layers"]:
        return Result("not_applicable", reason=_NO_LOADER)
    looked = [(_is_so(one, p, wanted), _evidence(one, p, wanted)) for one in _chosen(host, entries, p["layers"])]
    return judged(looked, empty=Result("not_applicable", reason=_NO_LOADER))


def _chosen(host: Examined, entries: Sequence[Fact], layers: Sequence[str]) -> list[Fact]:
    running = host.one("boot", "running")
    return [*([running] if running and "running" in layers else []), *(entries if "configured" in layers else [])]


def _password(host: Examined, entries: Sequence[Fact]) -> Result:
    grub = host.one("boot", "grub")
    if grub is None:
        return Result("not_applicable", reason="the host does not boot by grub" if entries else _NO_LOADER)
    right = bool(grub.data.get("superusers")) and bool(grub.data.get("password"))
    seen = "a superuser and a password" if right else "no superuser with a password"
    return Result("pass" if right else "fail", (Evidence(str(grub.data.get("cfg", "grub")), seen, "a password"),))


def _is_so(entry: Fact, p: Arguments, wanted: Comparison | None) -> bool:
    values = _values(entry, p["name"])
    if not p["present"]:
        return not values
    # Of an argument that is there several times the kernel takes the last.
    return bool(values) and (wanted is None or wanted.holds(values[-1]))


def _values(entry: Fact, name: str) -> list[str]:
    """What an argument is given, in order: "" for one without a value."""
    pieces = (str(one).partition("=") for one in entry.data.get("arguments", ()))
    return [value for key, _, value in pieces if key == name]


def _evidence(entry: Fact, p: Arguments, wanted: Comparison | None) -> Evidence:
    values = _values(entry, p["name"])
    seen = ", ".join(f"{p['name']}={value}" if value else p["name"] for value in values) or f"no {p['name']}"
    want = f"{p['name']} {wanted or ''}".strip() if p["present"] else f"no {p['name']}"
    return Evidence("the kernel that runs" if entry.subject == "running" else f"entry {entry.subject}", seen, want)


KIND = Kind(
    "bootparam",
    "arguments of the kernel, and the boot loader's password",
    {
        "name": Parameter("string", "the argument: `audit`"),
        "present": Parameter("boolean", "whether it is to be there", default=True),
        "layers": Parameter("strings", "where to look", default=["running", "configured"], choices=_LAYERS),
        "password": Parameter("boolean", "the boot loader wants a password for changes"),
    },
    _run,
    ("boot",),
    one_of=(("name", "password"),),
    compares="allowed",
)
