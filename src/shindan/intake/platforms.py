"""Operating systems as other tools name them, in the words of os-release."""

from __future__ import annotations

import re

_IDS = {
    "alma": "almalinux",
    "amazon": "amzn",
    "amazon linux": "amzn",
    "amazonlinux": "amzn",
    "centos stream": "centos",
    "opensuse.leap": "opensuse-leap",
    "opensuse leap": "opensuse-leap",
    "opensuse.tumbleweed": "opensuse-tumbleweed",
    "opensuse tumbleweed": "opensuse-tumbleweed",
    "oracle": "ol",
    "oracle linux": "ol",
    "oraclelinux": "ol",
    "red hat": "rhel",
    "red hat enterprise linux": "rhel",
    "redhat": "rhel",
    "rockylinux": "rocky",
    "rocky linux": "rocky",
    "suse": "sles",
    "suse linux enterprise server": "sles",
    "suse.linux.enterprise.server": "sles",
    "suse.linux.enterprise.desktop": "sled",
    "suse.linux.enterprise.micro": "sle-micro",
}
"""Names that Trivy, Vuls, cdxgen and purl namespaces use, by the os-release ID they mean."""

# Debian: https://www.debian.org/releases/; Ubuntu: https://wiki.ubuntu.com/Releases.
_CODENAMES = {
    "wheezy": ("debian", "7"),
    "jessie": ("debian", "8"),
    "stretch": ("debian", "9"),
    "buster": ("debian", "10"),
    "bullseye": ("debian", "11"),
    "bookworm": ("debian", "12"),
    "trixie": ("debian", "13"),
    "forky": ("debian", "14"),
    "sid": ("debian", "sid"),
    "trusty": ("ubuntu", "14.04"),
    "xenial": ("ubuntu", "16.04"),
    "bionic": ("ubuntu", "18.04"),
    "focal": ("ubuntu", "20.04"),
    "jammy": ("ubuntu", "22.04"),
    "noble": ("ubuntu", "24.04"),
    "plucky": ("ubuntu", "25.04"),
    "questing": ("ubuntu", "25.10"),
}
_NUMBERED = re.compile(r"^(?:(.*?)-)?v?(\d.*)$")


def id_of(name: str) -> str:
    """The os-release ID of a system that a tool calls `name`."""
    word = " ".join(name.lower().split())
    return _IDS.get(word, word.replace(" ", "-"))


def version_of(text: str) -> str:
    """The release in a version text: Trivy writes `2 (Karoo)` for Amazon Linux."""
    return text.split()[0] if text.split() else ""


def from_qualifier(namespace: str, distro: str) -> tuple[str, str] | None:
    """(ID, release) that a purl's `distro` qualifier names; None where it names no release.

    Syft and cdxgen write `debian-12`, Trivy `debian-12.4` and for apk `3.18.4` alone; the purl specification's own
    examples have code names (`jessie`).
    """
    match = _NUMBERED.match(distro)
    if match is not None:
        return id_of(match[1] or namespace), version_of(match[2])
    return _CODENAMES.get(distro.rpartition("-")[2].lower())
