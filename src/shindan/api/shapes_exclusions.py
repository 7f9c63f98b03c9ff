"""Exclusions as the API shows them (specification, section 7)."""

from __future__ import annotations

from typing import Any

from shindan.api.shapes_common import pairs
from shindan.model.exclusion import Exclusion

LONGEST_TEXT = 20_000


def exclusion(found: Exclusion) -> dict[str, Any]:
    """Shape Exclusion."""
    return {"arn": found.arn, **preview(found)}


def preview(found: Exclusion) -> dict[str, Any]:
    """Shape ExclusionPreview: the same without a name."""
    return {
        "title": found.title,
        "description": found.description[:LONGEST_TEXT],
        "recommendation": found.recommendation[:LONGEST_TEXT],
        "scopes": [{"key": key, "value": value} for key, value in found.scopes],
        "attributes": pairs(found.attributes),
    }
