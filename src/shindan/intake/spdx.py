"""SPDX 2.2 and 2.3 (https://spdx.github.io/spdx-spec/v2.3/) as JSON and as tag-value, and SPDX 3.0 as JSON-LD."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from shindan.facts.fact import Fact
from shindan.intake.components import Component, System, Taker
from shindan.intake.document import objects, text

_BUILT_FROM = re.compile(r"^built package from:\s*(\S+ ?\S*)\s*$")
"""How Trivy names the source package (`packageSourceInfo`, section 7.12)."""

_FOUND_IN = re.compile(r"^acquired package info from [^:]*: *(.+?)\s*$")
"""How Syft names the file that told of a package, in the same field."""

_NO_PACKAGES = frozenset({"application", "container", "file", "source", "firmware", "device", "archive"})
_AGENTS = frozenset({"Organization", "Person", "Agent", "SoftwareAgent"})
_TAGS = {
    "PackageName": "name",
    "PackageVersion": "versionInfo",
    "PackageSourceInfo": "sourceInfo",
    "PackageSupplier": "supplier",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}


def facts(document: dict[str, Any]) -> Iterator[Fact]:
    """Facts of a decoded SPDX 2 document."""
    yield from _taken("SPDX", (_package_2(item) for item in objects(document.get("packages"))))


def facts_3(document: dict[str, Any]) -> Iterator[Fact]:
    """Facts of a decoded SPDX 3 document: packages are elements of type `software_Package` of its graph."""
    elements = objects(document.get("@graph"))
    agents = {text(e.get("spdxId")): text(e.get("name")) for e in elements if text(e.get("type")) in _AGENTS}
    packages = (element for element in elements if text(element.get("type")) == "software_Package")
    yield from _taken("SPDX", (_package_3(item, agents) for item in packages))


def from_tags(data: bytes) -> dict[str, Any]:
    """A tag-value document (section 4.3) as its JSON would be, as far as it is used."""
    packages: list[dict[str, Any]] = []
    for tag, value in _tags(data.decode("utf-8", "replace")):
        if tag == "PackageName":
            packages.append({})
        elif tag in ("FileName", "SnippetSPDXID"):
            packages.append({"primaryPackagePurpose": "FILE"})
        if not packages:
            continue
        if tag in _TAGS:
            packages[-1].setdefault(_TAGS[tag], value)
        elif tag == "ExternalRef":
            category, _, rest = value.partition(" ")
            kind, _, locator = rest.strip().partition(" ")
            reference = {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator.strip()}
            packages[-1].setdefault("externalRefs", []).append(reference)
    return {"packages": packages}


def _taken(form: str, packages: Iterable[tuple[str, Component]]) -> Iterator[Fact]:
    taker = Taker(form)
    yield from taker.facts(_components(packages, taker))


def _components(packages: Iterable[tuple[str, Component]], taker: Taker) -> Iterator[Component]:
    for purpose, component in packages:
        word = purpose.lower().replace("-", "").replace("_", "")
        if word == "operatingsystem":
            taker.system(System(component.name, component.version))
        elif _is_package(word, component):
            yield component


def _is_package(purpose: str, component: Component) -> bool:
    """Whether it is none of the document's own roots: the image, the folder, a lock file."""
    if component.purl:
        return not component.purl.startswith("pkg:oci/")
    return bool(component.version) and purpose not in _NO_PACKAGES


def _package_2(item: dict[str, Any]) -> tuple[str, Component]:
    refs = objects(item.get("externalRefs"))
    purl = next((text(r.get("referenceLocator")) for r in refs if text(r.get("referenceType")) == "purl"), "")
    return text(item.get("primaryPackagePurpose")), _component(
        item, purl, text(item.get("versionInfo")), text(item.get("sourceInfo")), text(item.get("supplier"))
    )


def _package_3(item: dict[str, Any], agents: dict[str, str]) -> tuple[str, Component]:
    purl = text(item.get("software_packageUrl")) or next(
        (
            text(one.get("identifier"))
            for one in objects(item.get("externalIdentifier"))
            if text(one.get("externalIdentifierType")) == "packageUrl"
        ),
        "",
    )
    supplier = agents.get(text(item.get("suppliedBy")), "")
    return text(item.get("software_primaryPurpose")), _component(
        item, purl, text(item.get("software_packageVersion")), text(item.get("software_sourceInfo")), supplier
    )


def _component(item: dict[str, Any], purl: str, version: str, source_info: str, supplier: str) -> Component:
    built, found = _BUILT_FROM.match(source_info), _FOUND_IN.match(source_info)
    vendor = re.sub(r"^(?:Organization|Person|Tool):\s*", "", supplier).strip()
    return Component(
        name=text(item.get("name")),
        version="" if version == "NOASSERTION" else version,
        purl=purl,
        vendor="" if vendor == "NOASSERTION" else vendor,
        built_from=built[1] if built else "",
        properties={"SrcFile": found[1]} if found else {},
    )


def _tags(content: str) -> Iterator[tuple[str, str]]:
    """(tag, value); a value within `<text>` may go over several lines."""
    lines = iter(content.splitlines())
    for line in lines:
        tag, colon, value = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        value = value.strip()
        if value.startswith("<text>"):
            while "</text>" not in value:
                more = next(lines, None)
                if more is None:
                    break
                value += "\n" + more
            value = value.removeprefix("<text>").partition("</text>")[0].strip()
        yield tag.strip(), value
