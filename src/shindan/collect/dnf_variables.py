"""What `$releasever`, `$basearch` and a host's own variables stand for in repositories' addresses. Python 3.6 grammar.

Source: dnf.conf(5), "VARIABLES"; yum.conf(5); zypper(8), "Repository variables". dnf takes `$releasever` from what the
release package provides; that is the major version in Red Hat's family (`7Server` on RHEL 7), the dated release on
Amazon Linux 2023, and the whole VERSION_ID elsewhere.
"""

import re
from typing import Dict

from shindan.collect.architecture import architecture
from shindan.collect.os_release import said
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.platform import family_of

_FOLDERS = ("/etc/yum/vars", "/etc/dnf/vars", "/etc/zypp/vars.d")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_NAME = re.compile(r"^\w+$")
_BASES = {"i386": "i386", "i486": "i386", "i586": "i386", "i686": "i386", "armv7l": "armhfp", "armv7hl": "armhfp"}
_AMAZON_RELEASE = re.compile(r"^Amazon Linux release (2023[\d.]*)")


def variables(root: Root) -> Dict[str, str]:
    """The variables of a host by name; what the host sets itself wins."""
    try:
        platform = said(root)
    except Unavailable:
        platform = {}
    family = family_of(platform.get("ID", "").lower(), platform.get("ID_LIKE", ""))
    arch = architecture(root, family) or ""
    release = _releasever(root, platform, family)
    found = {"releasever": release, "basearch": _BASES.get(arch, arch), "arch": arch}
    for folder in _FOLDERS:
        for name in root.names(folder):
            if _NAME.match(name):
                found[name] = _first_line(root, "{}/{}".format(folder, name))
    major, _, minor = found["releasever"].partition(".")
    found.setdefault("releasever_major", major)
    found.setdefault("releasever_minor", minor)
    return {name: value for name, value in found.items() if value}


def resolved(text: str, known: Dict[str, str]) -> str:
    """A text with its variables replaced; those that are not known stay as they are written."""
    return _VARIABLE.sub(lambda match: known.get(match.group(1) or match.group(2), match.group(0)), text)


def _releasever(root: Root, platform: Dict[str, str], family: str) -> str:
    id_, version = platform.get("ID", "").lower(), platform.get("VERSION_ID", "")
    if id_ == "amzn":
        match = _AMAZON_RELEASE.match(_first_line(root, "/etc/system-release"))
        return match.group(1) if match is not None else version
    if family != "rhel":
        return version
    major = version.split(".")[0]
    return major + "Server" if id_ == "rhel" and major in ("5", "6", "7") else major


def _first_line(root: Root, path: str) -> str:
    try:
        return root.head(path, 4096).decode("utf-8", "replace").split("\n")[0].strip()
    except (FileNotFoundError, Unavailable):
        return ""
