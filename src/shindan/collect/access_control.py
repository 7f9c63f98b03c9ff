"""Mandatory access control: SELinux and AppArmor. Python 3.6 grammar.

Source: selinux(8), selinux_config(5); apparmor(7), aa-status(8): the list of profiles below securityfs, and what
/proc/PID/attr says of each process.
"""

import os
import re
from typing import Any, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_ENFORCE = "/sys/fs/selinux/enforce"
_CONFIGURATION = "/etc/selinux/config"
_APPARMOR = "/sys/module/apparmor/parameters/enabled"
_PROFILES = "/sys/kernel/security/apparmor/profiles"
_PROFILE = re.compile(r"^(.+) \(([a-z]+)\)$")
_ATTRIBUTES = ("/proc/{}/attr/apparmor/current", "/proc/{}/attr/current")
MOST = 5000


class AccessControl(Collector):
    """Both subjects on every live host; below a root no kernel runs that could be asked."""

    name = "lsm"
    kinds = ("lsm",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        yield Fact("lsm", "selinux", _selinux(root))
        active = _first(root, _APPARMOR) == "Y"
        data: Dict[str, Any] = {"active": active}
        if active:
            try:
                profiles = dict(_profiles(root))
                data.update(profiles=profiles, unconfined=sorted(_unconfined(root, profiles)))
            except (FileNotFoundError, Unavailable) as error:
                yield self.gap("AppArmor's profiles: {} (root may look)".format(error))
                return
        yield Fact("lsm", "apparmor", data)


def _selinux(root: Root) -> Dict[str, Any]:
    now = _first(root, _ENFORCE)
    data: Dict[str, Any] = {"active": now in ("0", "1")}
    if data["active"]:
        data["mode"] = "enforcing" if now == "1" else "permissive"
    said = dict(_settings(root))
    for key, name in (("configured", "SELINUX"), ("policy", "SELINUXTYPE")):
        if said.get(name):
            data[key] = said[name]
    return data


def _settings(root: Root) -> Iterator[List[str]]:
    try:
        lines = root.text(_CONFIGURATION)
    except (FileNotFoundError, Unavailable):
        return
    for line in lines:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            yield [name.strip(), value.strip().lower()]


def _profiles(root: Root) -> Iterator[List[str]]:
    """(profile, mode) of each that is loaded, and of its children."""
    for number, line in enumerate(root.lines(_PROFILES)):
        match = _PROFILE.match(line.decode("utf-8", "replace"))
        if match is not None and number < MOST:
            yield [match.group(1), match.group(2)]


def _unconfined(root: Root, profiles: Dict[str, str]) -> Iterator[str]:
    """Programs that run without the profile that is loaded for them: they were started before it was."""
    found = set()
    for name in root.names("/proc"):
        if not name.isdigit():
            continue
        try:
            program = os.readlink("/proc/{}/exe".format(name))
        except OSError:
            continue
        if program in profiles and profiles[program] != "unconfined" and program not in found:
            said = next((text for text in (_first(root, path.format(name)) for path in _ATTRIBUTES) if text), "")
            if said == "unconfined":
                found.add(program)
                yield program


def _first(root: Root, path: str) -> str:
    """The first line of a file of the kernel; "" where there is none."""
    try:
        return root.head(path, 4096).decode("utf-8", "replace").strip("\0\n ").split("\n")[0]
    except (FileNotFoundError, Unavailable):
        return ""
