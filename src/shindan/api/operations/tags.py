"""ListTagsForResource, SetTagsForResource: only templates have tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import pairs
from shindan.api.shapes_common import pairs as shown
from shindan.service import templates
from shindan.service.caller import Caller
from shindan.service.service import Service


def list_tags_for_resource(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A template's tags, in the order they were given."""
    return {"tags": shown(templates.tags_of(service, caller, request["resourceArn"]))}


def set_tags_for_resource(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """Replaces all tags of a template; none given means none kept."""
    templates.set_tags(service, caller, request["resourceArn"], pairs(request.get("tags")))
