"""What os-release and its relatives say, and which OS family that is. Python 3.6 grammar."""

import re
from typing import Any, Mapping, NamedTuple, Tuple

FAMILIES = {
    "debian": "debian",
    "ubuntu": "debian",
    "raspbian": "debian",
    "linuxmint": "debian",
    "kali": "debian",
    "pop": "debian",
    "devuan": "debian",
    "rhel": "rhel",
    "centos": "rhel",
    "almalinux": "rhel",
    "rocky": "rhel",
    "ol": "rhel",
    "fedora": "rhel",
    "cloudlinux": "rhel",
    "scientific": "rhel",
    "amzn": "amazon",
    "sles": "suse",
    "sles_sap": "suse",
    "sled": "suse",
    "opensuse-leap": "suse",
    "opensuse-tumbleweed": "suse",
    "opensuse": "suse",
    "sle-micro": "suse",
    "sl-micro": "suse",
    "suse": "suse",
    "alpine": "alpine",
    "wolfi": "alpine",
    "chainguard": "alpine",
}
"""os-release ID to family: platforms that share a package format and advisory habits."""

# How many parts of VERSION_ID name a release that advisories speak of; all of it for any other id.
_PARTS = {
    "debian": 1, "raspbian": 1, "devuan": 1, "rhel": 1, "centos": 1, "centos-stream": 1, "almalinux": 1, "rocky": 1,
    "ol": 1, "cloudlinux": 1, "fedora": 1, "amzn": 1, "alpine": 2, "ubuntu": 2, "sles": 2, "opensuse-leap": 2,
}  # fmt: skip

# Rolling releases: VERSION_ID is the day of a snapshot, and advisories speak of the newest state only.
_ROLLING = frozenset(["wolfi", "chainguard", "opensuse-tumbleweed", "arch"])


class Platform(NamedTuple):
    """A host's operating system; nothing guessed. `version` is os-release's VERSION_ID."""

    family: str
    id: str
    version: str
    name: str = ""
    arch: str = ""
    codename: str = ""

    @property
    def key(self) -> str:
        """What advisories call it: `debian:12`, `ubuntu:22.04`, `alpine:3.20`. Point releases share one key."""
        id_, version = _as_advisories_say(self.id, self.version, self.name)
        if id_ in _ROLLING or not version:
            return id_
        if id_ in _PARTS:
            version = ".".join(version.split(".")[: _PARTS[id_]])
        return "{}:{}".format(id_, version)


def _as_advisories_say(id_: str, version: str, name: str) -> Tuple[str, str]:
    """Id and version where advisories use others than os-release does.

    CentOS Stream calls itself `centos` as the rebuild before it did, which ended with 8. Amazon Linux 1 counts
    months (`2018.03`). Alpine's edge is the alpha of what comes next. Leap 42 was plain `opensuse`.
    """
    if id_ == "centos" and ("stream" in name.lower() or _number(version) >= 9):
        return "centos-stream", version
    if id_ == "amzn" and 2010 <= _number(version) <= 2018:
        return id_, "1"
    if id_ == "alpine" and ("_alpha" in version or version == "edge"):
        return id_, "edge"
    if id_ == "opensuse" and version.startswith("42."):
        return "opensuse-leap", version
    if id_ == "sles_sap":
        return "sles", version
    return id_, version


def _number(version: str) -> int:
    """The first number of a version; 0 where it begins with none."""
    first = version.split(".")[0]
    return int(first) if re.match("^[0-9]{1,9}$", first) else 0


def platform_of(data: Mapping[str, Any]) -> Platform:
    """The platform of a `platform` fact's data; the family is derived where the fact does not name it."""
    id_ = _text(data, "id").lower()
    family = _text(data, "family") or family_of(id_, _text(data, "id_like"))
    return Platform(
        family, id_, _text(data, "version_id"), _text(data, "name"), _text(data, "arch"), _text(data, "codename")
    )


def family_of(id_: str, id_like: str = "") -> str:
    """The family of an os-release ID, else that of the first relative it names, else the ID itself."""
    for name in [id_] + id_like.lower().split():
        if name in FAMILIES:
            return FAMILIES[name]
    return id_


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
