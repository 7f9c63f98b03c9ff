"""OSV ecosystem names (https://ossf.github.io/osv-schema/#defined-ecosystems) → platform, version order, naming."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from shindan.model.advisory import Condition, Names


class Place(NamedTuple):
    """Where an affected entry applies. `names` is what the publisher's package names are, unless a record says."""

    platform: str
    scheme: str
    names: Names
    only_if: tuple[Condition, ...] = ()


DISTRIBUTIONS = frozenset({"deb", "rpm", "apk"})
"""Schemes of operating systems' packages; the others are those of languages."""

_RPM = {
    "almalinux": "almalinux",
    "rocky linux": "rocky",
    "red hat": "rhel",
    "oracle linux": "ol",
    "oraclelinux": "ol",
    "centos": "centos",
    "amazon linux": "amzn",
    "amazonlinux": "amzn",
    "suse": "sles",
    "opensuse": "opensuse-leap",
    "fedora": "fedora",
    "mageia": "mageia",
    "openeuler": "openeuler",
    "photon os": "photon",
    "azure linux": "azurelinux",
}
_RPM_SOURCES = frozenset({"rocky linux", "suse", "opensuse", "mageia", "openeuler", "photon os", "azure linux"})
"""Publishers of rpm advisories that name source packages, as seen in their records."""

_APK = {"alpine": "alpine", "wolfi": "wolfi", "chainguard": "chainguard", "alpaquita": "alpaquita"}
_LANGUAGE = {
    "pypi": "pypi",
    "npm": "npm",
    "go": "golang",
    "maven": "maven",
    "crates.io": "cargo",
    "rubygems": "gem",
    "packagist": "composer",
    "nuget": "nuget",
    "hex": "hex",
    "pub": "pub",
}


@lru_cache(maxsize=4096)
def place(ecosystem: str) -> Place:
    """The place that an ecosystem string means; an unknown one keeps its own name and is compared with nothing."""
    name, _, rest = ecosystem.partition(":")
    lower = name.strip().lower()
    if lower == "debian":
        return Place(f"debian:{rest.split('.')[0] if _modern(rest) else rest}" if rest else "debian", "deb", "any")
    if lower == "ubuntu":
        return _ubuntu(rest)
    if lower in _RPM:
        return Place(_release(_RPM[lower], rest), "rpm", "source" if lower in _RPM_SOURCES else "binary")
    if lower in _APK:
        return Place(_release(_APK[lower], rest.removeprefix("v")), "apk", "source")
    if lower in _LANGUAGE:
        return Place(_LANGUAGE[lower], _LANGUAGE[lower], "any")
    return Place(ecosystem.lower(), lower, "any")


def _modern(release: str) -> bool:
    """Since Debian 4 the first number alone is the release."""
    major = release.split(".")[0]
    return major.isdigit() and int(major) >= 4


def _ubuntu(rest: str) -> Place:
    """`22.04:LTS`, `Pro:18.04:LTS`, `Pro:FIPS-updates:20.04:LTS`."""
    parts = rest.split(":")
    release = next((part for part in parts if part[:1].isdigit()), "")
    platform = f"ubuntu:{release}" if release else "ubuntu"
    if parts[0].lower() != "pro":
        return Place(platform, "deb", "any")
    special = [part.lower() for part in parts[1:] if not part[:1].isdigit() and part.upper() != "LTS"]
    return Place(platform, "deb", "any", (Condition("entitlement", tuple(special) or ("esm",)),))


def _release(platform: str, rest: str) -> str:
    """A release number out of `9`, `enterprise_linux:9::baseos` or `Linux Enterprise Server 15 SP5`."""
    words = rest.replace(":", " ").split()
    number = next((word for word in words if word[:1].isdigit()), "")
    pack = next((word[2:] for word in words if word.upper().startswith("SP") and word[2:].isdigit()), "")
    return f"{platform}:{number}{'.' + pack if pack else ''}" if number else platform


def folders(platform: str) -> tuple[str, ...]:
    """The bucket's folders with the records of a release: the first one exists, the others may."""
    id_, _, release = platform.partition(":")
    if id_ == "ubuntu":
        support = f"{release}{':LTS' if _long_term(release) else ''}"
        return (f"Ubuntu:{support}", f"Ubuntu:Pro:{support}")
    if id_ in _FOLDERS and release:
        return (f"{_FOLDERS[id_]}{release}",)
    return (_LANGUAGE_FOLDERS[platform],) if platform in _LANGUAGE_FOLDERS else ()


def has_no_tracker(platform: str) -> bool:
    """Whether OSV is where advisories of a platform come from by default: Ubuntu's, and those of languages."""
    return platform.startswith("ubuntu:") or platform in _LANGUAGE_FOLDERS


_LANGUAGE_FOLDERS = {
    "pypi": "PyPI", "npm": "npm", "golang": "Go", "maven": "Maven", "cargo": "crates.io", "gem": "RubyGems",
    "composer": "Packagist",
}  # fmt: skip
_FOLDERS = {"debian": "Debian:", "almalinux": "AlmaLinux:", "rocky": "Rocky Linux:", "alpine": "Alpine:v"}


def _long_term(release: str) -> bool:
    """Ubuntu's April releases of even years."""
    year = release.partition(".")[0]
    return release.endswith(".04") and year.isdigit() and int(year) % 2 == 0
