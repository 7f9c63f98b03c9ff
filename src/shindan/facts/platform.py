"""What os-release and its relatives say, and which OS family that is. Python 3.6 grammar."""

from typing import Any, Mapping, NamedTuple

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
    "amzn": "amazon",
    "sles": "suse",
    "sled": "suse",
    "opensuse-leap": "suse",
    "opensuse-tumbleweed": "suse",
    "opensuse": "suse",
    "sle-micro": "suse",
    "suse": "suse",
    "alpine": "alpine",
    "wolfi": "alpine",
    "chainguard": "alpine",
}
"""os-release ID to family: platforms that share a package format and advisory habits."""

# How many parts of VERSION_ID name a release that advisories speak of; all of it for any other id.
_PARTS = {
    "debian": 1, "raspbian": 1, "devuan": 1, "rhel": 1, "centos": 1, "almalinux": 1, "rocky": 1, "ol": 1, "amzn": 1,
    "alpine": 2, "ubuntu": 2, "sles": 2,
}  # fmt: skip


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
        version = self.version
        if self.id in _PARTS:
            version = ".".join(version.split(".")[: _PARTS[self.id]])
        return "{}:{}".format(self.id, version) if version else self.id


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
