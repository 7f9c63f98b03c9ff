"""Inventories that other tools wrote, as facts: bills of materials, and results of other scanners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.facts.fact import Fact
from shindan.intake import cyclonedx, cyclonedx_xml, spdx, vuls
from shindan.intake.document import content, json_object
from shindan.model.errors import InventoryUnreadable

KNOWN = "CycloneDX (JSON, XML), SPDX 2 (JSON, tag-value), SPDX 3 (JSON-LD), a Vuls result"


def read(path: Path) -> Iterator[Fact]:
    """The facts of a file, whose form is told by its content; gzip is unpacked.

    What cannot be used becomes a gap. Raises InventoryUnreadable (before the first fact): no such file, torn, none
    of the forms in `KNOWN`.
    """
    data = content(path)
    start = data[:4096].lstrip()
    if start.startswith(b"<"):
        return cyclonedx.facts(cyclonedx_xml.document(data, path))
    if start.startswith(b"SPDXVersion:") or b"\nSPDXVersion:" in start:
        return spdx.facts(spdx.from_tags(data))
    document = json_object(data, path)
    if document.get("bomFormat") == "CycloneDX":
        return cyclonedx.facts(document)
    if "spdxVersion" in document:
        return spdx.facts(document)
    if "@graph" in document and "spdx.org" in str(document.get("@context")):
        return spdx.facts_3(document)
    if vuls.is_vuls(document):
        return vuls.facts(document)
    raise InventoryUnreadable(f"{path} is no inventory that can be read", remedy=f"known are: {KNOWN}")
