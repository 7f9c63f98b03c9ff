"""A package fact as the matcher sees it: which names and versions advisories may mean.

Debian's, Ubuntu's and Alpine's advisories name source packages, rpm's mostly binary ones, so each package carries both
names and versions. Kernel images are built from signing sources (`linux-signed-amd64`) whose advisories stand under the
unsigned source. A language's package is its own source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shindan.facts.fact import Fact
from shindan.rules.cve.families import LANGUAGES

_BINARY_REBUILD = re.compile(r"\+b\d+$")
_BACKPORT = re.compile(r"~bpo(\d+)\+\d+$")
_SEPARATORS = re.compile(r"[-_.]+")
_SIGNED = re.compile(r"^linux-signed(?:-(.+))?$")
_DEBIAN_ARCHITECTURES = frozenset({"amd64", "arm64", "armhf", "armel", "i386", "riscv64", "s390x", "ppc64el"})


@dataclass(frozen=True, slots=True)
class Subject:
    """One installed package: binary name and version, source name and version, and where it came from.

    `backport_of` is the release number in a `~bpoNN+` suffix (the release it runs on), 0 for any other package;
    versions of a backport are given without that suffix, since it rebuilds that very version. `path` and `owner` are a
    language package's: where it lies, and the OS package that brought it ("" where none did).
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
    signing_key: str = ""
    path: str = ""
    owner: str = ""

    @property
    def line(self) -> str:
        """The inventory line as a person reads it."""
        own = self.source == self.name and self.source_version == self.installed_version
        origin = "" if own else f", source {self.source} {self.source_version}"
        stream = f", module {self.module}" if self.module else ""
        arch = f" ({self.arch})" if self.arch else ""
        where = f" in {self.path}" if self.path else ""
        return f"{self.type} package {self.name} {self.installed_version}{arch}{origin}{stream}{where}"

    @property
    def is_module_build(self) -> bool:
        """Whether it was built for a module stream, labelled or not."""
        return bool(self.module) or (self.type == "rpm" and ".module" in self.installed_version)


def subject_of(fact: Fact) -> Subject:
    """The subject of a `package` or `language_package` fact. Absent source means the binary's own name and version."""
    data = fact.data
    type_, version = _text(data, "type"), _text(data, "version")
    if type_ in LANGUAGES:
        return _of_language(fact, type_, version)
    source = _text(data, "source") or fact.subject
    source_version = _text(data, "source_version")
    backport = None
    if type_ == "deb":
        source_version = source_version or _BINARY_REBUILD.sub("", version)
        source, source_version = _unsigned(source, source_version, version)
        backport = _BACKPORT.search(version)
    source_version = source_version or version
    return Subject(
        type=type_,
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
        signing_key=_text(data, "signing_key").lower(),
    )


def _of_language(fact: Fact, type_: str, version: str) -> Subject:
    name = package_name(type_, fact.subject)
    return Subject(
        type_, name, version, "", name, version, "", version, "", "", "",
        path=_text(fact.data, "path"), owner=_text(fact.data, "owner"),
    )  # fmt: skip


def package_name(type_: str, name: str) -> str:
    """A language package's name as advisories write it.

    PyPI's names are compared without regard to case and separators
    (https://packaging.python.org/specifications/name-normalization/), Packagist's without regard to case.
    """
    if type_ == "pypi":
        return _SEPARATORS.sub("-", name).lower()
    return name.lower() if type_ == "composer" else name


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
