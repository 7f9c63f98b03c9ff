"""The platform: os-release, else its older relatives. Python 3.6 grammar."""

import re
from typing import Any, Dict, Iterator, List

from shindan.collect.apt_sources import configured
from shindan.collect.architecture import architecture
from shindan.collect.base import Collector
from shindan.collect.root import Root, first_of
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact
from shindan.facts.platform import family_of

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_LSB_RELEASE = "/etc/lsb-release"
_DEBIAN_VERSION = "/etc/debian_version"
_ONE_LINERS = (
    "/etc/oracle-release", "/etc/centos-release", "/etc/rocky-release", "/etc/almalinux-release",
    "/etc/fedora-release", "/etc/redhat-release", "/etc/system-release", "/etc/SuSE-release",
)  # fmt: skip
_ALPINE_RELEASE = "/etc/alpine-release"
_CPE = "/etc/system-release-cpe"

# How a one-line release file begins -> what os-release would call it.
_BRANDS = (
    ("Red Hat Enterprise Linux", "rhel"), ("CentOS", "centos"), ("Oracle Linux", "ol"), ("Enterprise Linux", "ol"),
    ("Rocky Linux", "rocky"), ("AlmaLinux", "almalinux"), ("Fedora", "fedora"), ("Amazon Linux", "amzn"),
    ("SUSE Linux Enterprise Server", "sles"), ("SUSE Linux Enterprise Desktop", "sled"), ("openSUSE", "opensuse"),
    ("Scientific Linux", "scientific"), ("CloudLinux", "cloudlinux"),
)  # fmt: skip
_RELEASE_LINE = re.compile(r"^(.+?)(?:\s+release)?\s+(\d+(?:\.\d+)*)")
_DEBIAN_RELEASES = {
    "squeeze": "6", "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11",
    "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15",
}  # fmt: skip
_SID = frozenset(["sid", "unstable"])


class OsRelease(Collector):
    """`/etc/os-release`, `/usr/lib/os-release`; before them `lsb-release`, `debian_version` and one-line files.

    Source: os-release(5). Debian's testing and unstable name no VERSION_ID and tell the same story
    (`/etc/debian_version` says `forky/sid` on both): the host is unstable (`sid`) where its apt sources name only that
    suite, or where the codename is not known; else it is the release that testing becomes.
    """

    name = "os-release"
    kinds = ("platform",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        told = said(root)
        id_ = told.get("ID", "").strip().lower()
        if not id_:
            raise Unavailable("neither /etc/os-release nor a relative of it names the system")
        family = family_of(id_, told.get("ID_LIKE", ""))
        point = _first_line(root, _DEBIAN_VERSION) if id_ == "debian" else _by_one_line(root).get("VERSION_ID", "")
        version = told.get("VERSION_ID") or told.get("BUILD_ID") or ""
        if not version and id_ == "debian":
            version = _unreleased(root, told.get("VERSION_CODENAME", "") or point.split("/")[0])
        if not version:
            raise Unavailable("{} does not say its version: VERSION_ID is missing in /etc/os-release".format(id_))
        data = {"id": id_, "version_id": version, "family": family}
        optional: Dict[str, Any] = {
            "name": told.get("PRETTY_NAME") or told.get("NAME"),
            "codename": told.get("VERSION_CODENAME") or told.get("UBUNTU_CODENAME"),
            "id_like": told.get("ID_LIKE"),
            "arch": architecture(root, family),
            "point": point if re.match(r"^\d+\.\d", point) and point.startswith(version + ".") else "",
            "cpe": told.get("CPE_NAME") or _first_line(root, _CPE),
        }
        data.update({key: value for key, value in optional.items() if value})
        yield Fact("platform", "os", data)


def said(root: Root) -> Dict[str, str]:
    """What os-release says, or what it would say where only a relative is there; empty where none is."""
    path = first_of(root, _OS_RELEASE)
    if path is not None:
        return _assignments(root.text(path))
    if root.exists(_LSB_RELEASE):
        lsb = _assignments(root.text(_LSB_RELEASE))
        if lsb.get("DISTRIB_ID"):
            return {
                "ID": lsb["DISTRIB_ID"],
                "VERSION_ID": lsb.get("DISTRIB_RELEASE", ""),
                "PRETTY_NAME": lsb.get("DISTRIB_DESCRIPTION", ""),
                "VERSION_CODENAME": lsb.get("DISTRIB_CODENAME", ""),
            }
    return _by_one_line(root) or _by_debian_version(root)


def _by_one_line(root: Root) -> Dict[str, str]:
    for path in _ONE_LINERS:
        line = _first_line(root, path)
        match = _RELEASE_LINE.match(line)
        brand = next((id_ for text, id_ in _BRANDS if line.startswith(text)), "")
        if match is None or not brand:
            continue
        version = match.group(2)
        if path == "/etc/SuSE-release":
            patch = next((one.partition("=")[2].strip() for one in root.text(path) if one.startswith("PATCHLEVEL")), "")
            version += "." + patch if patch not in ("", "0") and "." not in version else ""
        return {"ID": brand, "VERSION_ID": version, "PRETTY_NAME": line}
    version = _first_line(root, _ALPINE_RELEASE)
    return {"ID": "alpine", "VERSION_ID": version, "PRETTY_NAME": "Alpine Linux " + version} if version else {}


def _by_debian_version(root: Root) -> Dict[str, str]:
    version = _first_line(root, _DEBIAN_VERSION)
    if not version:
        return {}
    if not version[0].isdigit():
        return {"ID": "debian", "VERSION_CODENAME": version.split("/")[0]}
    return {"ID": "debian", "VERSION_ID": version.split(".")[0], "PRETTY_NAME": "Debian GNU/Linux " + version}


def _unreleased(root: Root, codename: str) -> str:
    """`14` for a testing that becomes it, `sid` for unstable."""
    suites = {source.suite for source in configured(root)[0] if source.enabled}
    own = suites & (_SID | {"testing", codename})
    return "sid" if own and own <= _SID else _DEBIAN_RELEASES.get(codename, "sid")


def _assignments(lines: List[str]) -> Dict[str, str]:
    """Shell-like assignments: comments and malformed lines are passed over, quotes taken off."""
    found = {}
    for line in lines:
        match = re.match(r"^\s*([A-Z0-9_]+)=(.*)$", line)
        if match is None:
            continue
        value = match.group(2).strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found[match.group(1)] = value
    return found


def _first_line(root: Root, path: str) -> str:
    try:
        return next((line.strip() for line in root.text(path) if line.strip()), "")
    except (FileNotFoundError, Unavailable):
        return ""
