"""Components of any bill of materials as the facts that a collector would have yielded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shindan.facts.fact import Fact
from shindan.intake import platforms
from shindan.intake.purls import Purl, parse

SYSTEM_TYPES = ("deb", "rpm", "apk")
LANGUAGE_TYPES = ("pypi", "npm", "gem", "golang", "maven", "cargo", "composer")

_SOURCE_RPM = re.compile(r"^(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm$")
_TRIVY = "aquasecurity:trivy:"
_MODULES = ("syft:metadata:modularityLabel", f"{_TRIVY}Modularitylabel", f"{_TRIVY}ModularityLabel")
_PATHS = ("syft:location:0:path", f"{_TRIVY}FilePath", "SrcFile", "cdx:npm:package:path")
_ANY_ARCHITECTURE = frozenset({"", "all", "noarch", "any", "src"})
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Component:
    """One component as a document names it; `built_from` is SPDX's sentence about its source package."""

    name: str
    version: str = ""
    purl: str = ""
    vendor: str = ""
    built_from: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class System:
    """The operating system that a document names, in the tool's own words."""

    name: str
    version: str
    title: str = ""
    like: str = ""


class Taker:
    """Takes components in and yields facts, then the gaps; `form` names the document's form for people."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._systems: list[System] = []
        self._distros: Counter[tuple[str, str]] = Counter()
        self._architectures: Counter[str] = Counter()
        self._left_out: dict[str, list[str]] = {}
        self._seen: set[tuple[Any, ...]] = set()
        self._packages = 0
        self._sourced = 0

    def system(self, system: System) -> None:
        """Note an operating system that the document names."""
        self._systems.append(system)

    def facts(self, components: Iterable[Component]) -> Iterator[Fact]:
        """Facts of the packages, the platform, and a gap for each thing that could not be used."""
        for component in components:
            fact = self._fact(component)
            if fact is not None and self._is_new(fact):
                yield fact
        yield from self._platform()
        yield from self._gaps()

    def leave_out(self, reason: str, example: str) -> None:
        """Count something that cannot be used; equal reasons become one gap."""
        self._left_out.setdefault(reason, []).append(example)

    def _fact(self, component: Component) -> Fact | None:
        try:
            purl = parse(component.purl)
        except ValueError:
            why = "have a purl that cannot be read" if component.purl else "have no purl"
        else:
            version = purl.version or component.version
            if version and purl.type in SYSTEM_TYPES:
                return self._package(component, purl, version)
            if version and purl.type in LANGUAGE_TYPES:
                return _language_package(component, purl, version)
            why = f"are of the kind `{purl.type}`, which is not judged" if version else "have no version"
        self.leave_out(f"components {why}", component.name or component.purl)
        return None

    def _package(self, component: Component, purl: Purl, version: str) -> Fact:
        distro = purl.qualifiers.get("distro", "") or purl.qualifiers.get("distro_name", "")
        named = platforms.from_qualifier(purl.namespace, distro)
        if named:
            self._distros[named] += 1
        arch = purl.qualifiers.get("arch", "")
        if arch not in _ANY_ARCHITECTURE:
            self._architectures[arch] += 1
        version = _with_epoch(version, purl.qualifiers.get("epoch", ""), component.version)
        source = _source(component, purl, version)
        self._packages += 1
        self._sourced += bool(source)
        data = {"type": purl.type, "version": version, "arch": arch, **source}
        if component.vendor:
            data["maintainer" if purl.type == "deb" else "vendor"] = component.vendor
        module = purl.qualifiers.get("rpmmod", "") or _first(component.properties, _MODULES)
        if module and purl.type == "rpm":
            data["module"] = module
        return Fact("package", purl.name, data)

    def _is_new(self, fact: Fact) -> bool:
        """Whether the document had not named it yet: one package in several image layers is one package."""
        data = fact.data
        key = (fact.kind, fact.subject, data["type"], data["version"], data.get("arch"), data.get("path"))
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _platform(self) -> Iterator[Fact]:
        named = [system for system in self._systems if system.name]
        arch = self._architectures.most_common(1)[0][0] if self._architectures else ""
        if named:
            first = named[0]
            id_, version = platforms.id_of(first.name), platforms.version_of(first.version)
            yield _platform_fact(id_, version, first.title, arch, first.like)
        elif self._distros:
            (id_, version), _ = self._distros.most_common(1)[0]
            yield _platform_fact(id_, version, "", arch, "")
        elif self._packages:
            yield self._gap("it names no operating system: neither a component nor a `distro` in a purl", "platform")
        for (id_, version), count in self._distros.most_common()[1:]:
            yield self._gap(f"{count} packages say that they are of {id_} {version}, another release", "platform")

    def _gaps(self) -> Iterator[Fact]:
        if self._packages and not self._sourced:
            yield self._gap(
                f"none of its {self._packages} packages names its source package: advisories that speak of source"
                " packages are found only where both have one name",
                "package",
            )
        for reason, names in sorted(self._left_out.items()):
            shown = ", ".join(names[:_EXAMPLES]) + (" …" if len(names) > _EXAMPLES else "")
            yield self._gap(f"{len(names)} {reason}: {shown}", "package", "language_package")

    def _gap(self, reason: str, *kinds: str) -> Fact:
        return Fact("gap", self._form, {"reason": reason, "kinds": list(kinds)})


def _platform_fact(id_: str, version: str, title: str, arch: str, like: str) -> Fact:
    data = {"id": id_, "version_id": version}
    known = {"name": title, "arch": arch, "id_like": like}
    return Fact("platform", "os", {**data, **{key: value for key, value in known.items() if value}})


def _with_epoch(version: str, epoch: str, written: str) -> str:
    """The version as the native tool prints it: purls of rpm carry the epoch apart, Trivy's of deb too."""
    if epoch.isdigit() and int(epoch) and not re.match(r"\d+:", version):
        return f"{epoch}:{version}"
    # cdxgen and old Syft leave the epoch out of the purl altogether.
    return written if re.fullmatch(rf"[1-9]\d*:{re.escape(version)}", written) else version


def _source(component: Component, purl: Purl, version: str) -> dict[str, str]:
    """Source package and its version, as far as the document tells; an untold version is the binary's own."""
    properties = component.properties
    name = properties.get(f"{_TRIVY}SrcName", "")
    own = properties.get(f"{_TRIVY}SrcVersion", "")
    if name:
        release, epoch = properties.get(f"{_TRIVY}SrcRelease", ""), properties.get(f"{_TRIVY}SrcEpoch", "")
        own = f"{own}-{release}" if own and release else own
        own = f"{epoch}:{own}" if own and epoch not in ("", "0") else own
    elif purl.qualifiers.get("upstream"):
        upstream = purl.qualifiers["upstream"]
        match = _SOURCE_RPM.match(upstream)
        name, own = (match["name"], match["version"]) if match else _halves(upstream, "@")
    elif component.built_from:
        name, own = _halves(component.built_from, " ")
    if not name:
        return {}
    return {"source": name, "source_version": _with_binarys_epoch(purl.type, own, version) if own else version}


def _with_binarys_epoch(kind: str, own: str, version: str) -> str:
    """A source rpm's file name carries no epoch; the epoch of what was built from it stands in for it."""
    epoch, colon, _ = version.partition(":")
    return f"{epoch}:{own}" if kind == "rpm" and colon and ":" not in own else own


def _halves(text: str, sign: str) -> tuple[str, str]:
    name, _, version = text.partition(sign)
    return name, version.strip()


def _language_package(component: Component, purl: Purl, version: str) -> Fact:
    """The name as the ecosystem writes it: `@scope/name`, `group:artifact`, `example.org/module`, `vendor/name`."""
    joint = ":" if purl.type == "maven" else "/"
    namespace = purl.namespace
    name = f"{namespace}{joint}{purl.name}" if namespace else purl.name
    data = {"type": purl.type, "version": version, "path": _first(component.properties, _PATHS)}
    return Fact("language_package", name, data)


def _first(properties: Mapping[str, str], names: Iterable[str]) -> str:
    return next((properties[name] for name in names if properties.get(name)), "")
