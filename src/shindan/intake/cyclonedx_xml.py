"""CycloneDX as XML, turned into what its JSON would hold, as far as it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from shindan.model.errors import InventoryUnreadable

_TEXTS = ("name", "version", "description", "publisher", "purl", "scope")
_DEEPEST = 100


def document(data: bytes, path: Path) -> dict[str, Any]:
    """The document with its components. Raises InventoryUnreadable: no XML, no `bom`, or one with entities."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise InventoryUnreadable(f"{path} is no XML: {error}", remedy="is the file complete?") from error
    except DefusedXmlException as error:
        raise InventoryUnreadable(f"{path} is refused: it has a DTD or entities, which CycloneDX has not") from error
    if _name(root) != "bom":
        raise InventoryUnreadable(f"{path} is no CycloneDX: its root element is `{_name(root)}`")
    about = _child(_child(root, "metadata"), "component")
    return {
        "metadata": {"component": _component(about, 0) if about is not None else None},
        "components": _components(_child(root, "components"), 0),
    }


def _components(parent: Element | None, depth: int) -> list[dict[str, Any]]:
    if parent is None or depth > _DEEPEST:
        return []
    return [_component(child, depth) for child in parent if _name(child) == "component"]


def _component(element: Element, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"type": element.get("type", "")}
    for child in element:
        name = _name(child)
        if name in _TEXTS:
            found[name] = (child.text or "").strip()
        elif name == "supplier":
            supplier = _child(child, "name")
            found[name] = {"name": (supplier.text or "").strip() if supplier is not None else ""}
        elif name == "properties":
            found[name] = [{"name": one.get("name", ""), "value": (one.text or "").strip()} for one in child]
        elif name == "components":
            found[name] = _components(child, depth + 1)
    return found


def _child(parent: Element | None, name: str) -> Element | None:
    return next((child for child in parent if _name(child) == name), None) if parent is not None else None


def _name(element: Element) -> str:
    """The name without its namespace, which differs from version to version."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
