"""A package fact as the matcher sees it: which names and versions advisories may mean.

Debian and Ubuntu advisories name source packages, so each binary package carries its source's name and
version (dpkg's `Source` field). Kernel images are built from signing sources (`linux-signed-amd64`) whose
advisories stand under the unsigned source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shindan.facts.fact import Fact

_BINARY_REBUILD = re.compile(r"\+b\d+$")
_BACKPORT = re.compile(r"~bpo(\d+)\+\d+$")
_SIGNED = re.compile(r"^linux-signed(?:-(.+))?$")
_DEBIAN_ARCHITECTURES = frozenset({"amd64", "arm64", "armhf", "armel", "i386", "riscv64", "s390x", "ppc64el"})


@dataclass(frozen=True, slots=True)
class Subject:
    """One installed package: binary name and version, source name and version, and where it came from.

    `backport_of` is the release number in a `~bpoNN+` suffix (the release it runs on), 0 for any other package;
    versions of a backport are given without that suffix, since it rebuilds that very version.
    """

    type: str
    name: str
    version: str
    arch: str
    source: str
    source_version: str
    module: str
    installed_version: str
    maintainer: str
    vendor: str
    repository: str
    backport_of: int = 0

    @property
    def line(self) -> str:
        """The inventory line as a person reads it."""
        own = self.source == self.name and self.source_version == self.installed_version
        origin = "" if own else f", source {self.source} {self.source_version}"
        return f"{self.type} package {self.name} {self.installed_version} ({self.arch}){origin}"


def subject_of(fact: Fact) -> Subject:
    """The subject of a `package` fact. Absent source means the binary's own name and version."""
    data = fact.data
    version = _text(data, "version")
    source = _text(data, "source") or fact.subject
    source_version = _text(data, "source_version") or _BINARY_REBUILD.sub("", version)
    source, source_version = _unsigned(source, source_version, version)
    backport = _BACKPORT.search(version)
    return Subject(
        type=_text(data, "type"),
        name=fact.subject,
        version=_BACKPORT.sub("", version) if backport else version,
        arch=_text(data, "arch"),
        source=source,
        source_version=_BACKPORT.sub("", source_version) if backport else source_version,
        module=_text(data, "module"),
        installed_version=version,
        maintainer=_text(data, "maintainer"),
        vendor=_text(data, "vendor"),
        repository=_text(data, "repository"),
        backport_of=int(backport[1]) if backport else 0,
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _unsigned(source: str, source_version: str, version: str) -> tuple[str, str]:
    """The kernel source behind a signing source.

    `linux-signed-amd64 6.1.140+1` packs what `linux 6.1.140-1` built; the binary carries that version. On Debian
    what follows `linux-signed-` is an architecture, on Ubuntu a flavour (`linux-signed-hwe-6.8`).
    """
    match = _SIGNED.match(source)
    if match is None:
        return source, source_version
    suffix = match[1] or ""
    name = "linux" if not suffix or suffix in _DEBIAN_ARCHITECTURES else f"linux-{suffix}"
    return name, _BINARY_REBUILD.sub("", version)
