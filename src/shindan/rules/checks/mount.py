"""Check kind `mount`: whether a path is a file system of its own, with which options, now and after the next boot.

`active` is what the kernel has mounted (facts `mount`); `configured` what /etc/fstab or a mount unit of systemd says.
A path that is a mount in neither is `not_a_mount`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent, judged
from shindan.rules.examined import Examined
from shindan.rules.files import systemd_units
from shindan.rules.files.texts import lines_of

_FSTAB = "/etc/fstab"
_LAYERS = ("active", "configured")


def _run(host: Examined, p: Arguments) -> Result:
    path = p["path"]
    found = {"active": _active(host, path), "configured": _configured(host, path)}
    if all(mount is None for mount in found.values()):
        return absent("fail" if p["separate"] else p["not_a_mount"], Evidence(path, "not mounted", _wanted(p)))
    looked = [(_is_so(found[layer], p), _evidence(path, layer, found[layer], p)) for layer in p["layers"]]
    return judged(looked, empty=Result("pass"))


_Mount = tuple[str, frozenset[str]]
"""Type of the file system, options."""


def _active(host: Examined, path: str) -> _Mount | None:
    """The last mount on a path covers those before."""
    mounts = host.named("mount", path)
    return (str(mounts[-1].data.get("fstype", "")), frozenset(mounts[-1].data.get("options", ()))) if mounts else None


def _configured(host: Examined, path: str) -> _Mount | None:
    return host.view("mounts configured", _all_configured).get(path)


def _all_configured(host: Examined) -> Mapping[str, _Mount]:
    found: dict[str, _Mount] = {}
    for unit in systemd_units.mounts(host):
        found[unit.where] = (unit.fstype, frozenset(unit.options))
    for line in lines_of(host, _FSTAB) or ():
        fields = line.split()
        if len(fields) >= 4 and not line.lstrip().startswith("#"):
            # Spaces in paths are written as \040 (fstab(5)).
            where = fields[1].replace("\\040", " ")
            found[where.rstrip("/") or "/"] = (fields[2], frozenset(fields[3].split(",")))
    return found


def _is_so(mount: _Mount | None, p: Arguments) -> bool:
    if mount is None:
        return False
    fstype, options = mount
    has = set(p["options_has"] or ()) <= options
    lacks = not set(p["options_lacks"] or ()) & options
    return has and lacks and (not p["fstype"] or fstype in p["fstype"])


def _evidence(path: str, layer: str, mount: _Mount | None, p: Arguments) -> Evidence:
    where = path if layer == "active" else f"{path} in {_FSTAB} or a mount unit"
    if mount is None:
        return Evidence(where, "not mounted" if layer == "active" else "not configured", _wanted(p))
    return Evidence(where, f"{mount[0]} {','.join(sorted(mount[1]))}", _wanted(p))


def _wanted(p: Arguments) -> str:
    parts: Sequence[str] = [
        "a file system of its own" if p["separate"] else "",
        f"with {','.join(p['options_has'])}" if p["options_has"] else "",
        f"without {','.join(p['options_lacks'])}" if p["options_lacks"] else "",
        f"of type {' or '.join(p['fstype'])}" if p["fstype"] else "",
    ]
    return " ".join(part for part in parts if part)


KIND = Kind(
    "mount",
    "whether a path is a file system of its own, and with which options",
    {
        "path": Parameter("string", "where it is mounted", required=True),
        "separate": Parameter("boolean", "it must be one of its own", default=False),
        "options_has": Parameter("strings", "options that are wanted"),
        "options_lacks": Parameter("strings", "options that are not"),
        "fstype": Parameter("strings", "types of file system that it may have"),
        "layers": Parameter("strings", "where to look", default=["active"], choices=_LAYERS),
        "not_a_mount": Parameter(
            "string",
            "what it means where it is no mount",
            default="not_applicable",
            choices=("pass", "fail", "not_applicable"),
        ),
    },
    _run,
    ("mount", "text"),
)
