"""CycloneDX bills of materials, 1.2 to 1.7 (https://cyclonedx.org/docs/), as Syft, Trivy and cdxgen write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shindan.facts.fact import Fact
from shindan.intake.components import Component, System, Taker
from shindan.intake.document import objects, text

_NO_PACKAGES = frozenset({"file", "data", "device", "device-driver", "machine-learning-model", "cryptographic-asset"})
"""Types of components that are never packages, so that leaving them out needs no word."""


def facts(document: dict[str, Any]) -> Iterator[Fact]:
    """Facts of a decoded document."""
    taker = Taker("CycloneDX")
    metadata = document.get("metadata")
    about = metadata.get("component") if isinstance(metadata, dict) else None
    everything = [*([about] if isinstance(about, dict) else []), *objects(document.get("components"))]
    yield from taker.facts(_components(everything, taker, about))


def _components(roots: list[dict[str, Any]], taker: Taker, about: Any) -> Iterator[Component]:
    """Every component that is a package, nested ones too; systems are noted on the way."""
    waiting = list(reversed(roots))
    while waiting:
        item = waiting.pop()
        waiting.extend(reversed(objects(item.get("components"))))
        kind = text(item.get("type"))
        if kind == "operating-system":
            taker.system(_system(item))
        elif item is about and not _is_package(item):
            continue  # the image or folder itself
        elif text(item.get("scope")) == "excluded":
            taker.leave_out("components are marked as excluded", text(item.get("name")))
        elif kind not in _NO_PACKAGES and not _is_container(item):
            yield _component(item)


def _is_package(item: dict[str, Any]) -> bool:
    return text(item.get("purl")).startswith(("pkg:deb/", "pkg:rpm/", "pkg:apk/"))


def _is_container(item: dict[str, Any]) -> bool:
    """Trivy lists lock files and binaries as components of type application, without purl: they hold the packages."""
    return text(item.get("type")) in ("application", "container") and not text(item.get("purl"))


def _system(item: dict[str, Any]) -> System:
    found = _properties(item)
    like = [value for name, value in sorted(found.items()) if name.startswith("syft:distro:idLike:")]
    return System(
        found.get("syft:distro:id") or text(item.get("name")),
        found.get("syft:distro:versionID") or text(item.get("version")),
        found.get("syft:distro:prettyName") or text(item.get("description")),
        " ".join(like),
    )


def _component(item: dict[str, Any]) -> Component:
    supplier = item.get("supplier")
    return Component(
        name=text(item.get("name")),
        version=text(item.get("version")),
        purl=text(item.get("purl")),
        vendor=text(item.get("publisher")) or (text(supplier.get("name")) if isinstance(supplier, dict) else ""),
        properties=_properties(item),
    )


def _properties(item: dict[str, Any]) -> dict[str, str]:
    return {text(entry.get("name")): text(entry.get("value")) for entry in objects(item.get("properties"))}
