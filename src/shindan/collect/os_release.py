"""The platform: os-release, else its older relatives. Python 3.6 grammar."""

import os
import re
from typing import Dict, Iterator, List, Optional

from shindan.collect.base import Collector
from shindan.collect.root import Root, Unavailable, first_of
from shindan.facts.fact import Fact
from shindan.facts.platform import family_of

_DEBIAN_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "i686": "i386",
    "i386": "i386",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
_ELF_MACHINES = {3: "i386", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64le"}
_CODENAMES = {
    "squeeze": "6", "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11",
    "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15",
}  # fmt: skip


class OsRelease(Collector):
    """`/etc/os-release`, `/usr/lib/os-release`, `/etc/lsb-release`, `/etc/debian_version`.

    Source: os-release(5). A Debian without VERSION_ID is testing or unstable: testing is told by the codename that
    `/etc/debian_version` names (`forky/sid`), and both are `sid` where that names nothing we know.
    """

    name = "os-release"
    kinds = ("platform",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        said = self._read(root)
        id_ = said.get("ID", "").lower()
        if not id_:
            raise Unavailable("neither /etc/os-release nor a relative of it names the system")
        point = _first_line(root, "/etc/debian_version") if family_of(id_, said.get("ID_LIKE", "")) == "debian" else ""
        version = said.get("VERSION_ID", "") or _unreleased(id_, said, point)
        if not version:
            raise Unavailable("{} does not say its version".format(id_))
        data = {"id": id_, "version_id": version, "family": family_of(id_, said.get("ID_LIKE", ""))}
        optional = {
            "name": said.get("PRETTY_NAME") or said.get("NAME"),
            "codename": said.get("VERSION_CODENAME") or said.get("UBUNTU_CODENAME"),
            "id_like": said.get("ID_LIKE"),
            "arch": _architecture(root, data["family"]),
            "point": point if re.match(r"^\d+\.\d+$", point) and id_ == "debian" else None,
        }
        data.update({key: value for key, value in optional.items() if value})
        yield Fact("platform", "os", data)

    def _read(self, root: Root) -> Dict[str, str]:
        path = first_of(root, ("/etc/os-release", "/usr/lib/os-release"))
        if path is not None:
            return _assignments(root.text(path))
        if root.exists("/etc/lsb-release"):
            lsb = _assignments(root.text("/etc/lsb-release"))
            return {
                "ID": lsb.get("DISTRIB_ID", ""),
                "VERSION_ID": lsb.get("DISTRIB_RELEASE", ""),
                "PRETTY_NAME": lsb.get("DISTRIB_DESCRIPTION", ""),
                "VERSION_CODENAME": lsb.get("DISTRIB_CODENAME", ""),
            }
        version = _first_line(root, "/etc/debian_version")
        if version:
            return {"ID": "debian", "VERSION_ID": version.split(".")[0] if version[0].isdigit() else ""}
        return {}


def _assignments(lines: List[str]) -> Dict[str, str]:
    """Shell-like assignments: comments and malformed lines are passed over, quotes taken off."""
    said = {}
    for line in lines:
        match = re.match(r"^\s*([A-Z0-9_]+)=(.*)$", line)
        if match is None:
            continue
        value = match.group(2).strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        said[match.group(1)] = value
    return said


def _unreleased(id_: str, said: Dict[str, str], point: str) -> str:
    """The version of a Debian that names none: that of its codename, else `sid`."""
    if id_ != "debian":
        return ""
    codename = said.get("VERSION_CODENAME", "") or point.split("/")[0]
    return _CODENAMES.get(codename, "sid")


def _first_line(root: Root, path: str) -> str:
    try:
        return next(iter(root.text(path)), "").strip()
    except (FileNotFoundError, Unavailable):
        return ""


def _architecture(root: Root, family: str) -> Optional[str]:
    """In the words of the family's package manager; below a root from its programs, since uname is this host's."""
    machine = os.uname().machine if root.live else _machine_of(root, ("/bin/sh", "/usr/bin/env", "/sbin/init"))
    if family == "debian":
        native = _first_line(root, "/var/lib/dpkg/arch-native") or _first_line(root, "/var/lib/dpkg/arch")
        return native or _DEBIAN_ARCHITECTURES.get(machine or "", machine)
    return machine


def _machine_of(root: Root, programs: tuple) -> Optional[str]:
    """The machine that the first readable ELF program is for (ELF specification, e_machine)."""
    for path in programs:
        try:
            head = next(iter(root.lines(path)), b"")
        except (OSError, Unavailable):
            continue
        if head[:4] == b"\x7fELF" and len(head) >= 20:
            order = "big" if head[5:6] == b"\x02" else "little"
            return _ELF_MACHINES.get(int.from_bytes(head[18:20], order))
    return None
