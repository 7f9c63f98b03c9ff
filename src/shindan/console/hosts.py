"""Hosts: searched, filtered by health, platform and tags, with their open findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from starlette.responses import Response

from shindan.console.page import ADMINISTRATOR, Visit
from shindan.model.assessment import Pairs
from shindan.model.host import Health
from shindan.model.host_views import HOST_SORTS, HostPage
from shindan.service import host_pages

HEALTHS: tuple[tuple[Health, str], ...] = (("HEALTHY", "good"), ("UNHEALTHY", "bad"), ("UNKNOWN", ""))
_PLATFORMS = 12


def list_(visit: Visit) -> Response:
    """The account's hosts."""
    tags, archived = visit.queries("tag"), visit.query("archived") == "1"
    sort = visit.query("sort", HOST_SORTS[0])
    found = host_pages.list_(
        visit.service,
        visit.caller,
        text=visit.query("q"),
        tags=pairs_of(tags),
        platforms=visit.queries("platform"),
        healths=cast("list[Health]", visit.queries("health")),
        archived=archived,
        sort=sort if sort in HOST_SORTS else HOST_SORTS[0],
        token=visit.query("page") or None,
    )
    narrowed = any(visit.query(name) for name in ("q", "tag", "platform", "health", "archived"))
    may_make = visit.may(ADMINISTRATOR)
    return visit.page(
        "hosts.html.jinja", found=found, tags=tags, sort=sort, archived=archived, narrowed=narrowed, may_make=may_make,
        **_facets(visit, found, tags),
    )  # fmt: skip


def pairs_of(texts: Iterable[str]) -> Pairs:
    """Tags as addresses have them: `key=value`, or a key alone for any value."""
    parts = (text.partition("=") for text in texts)
    return tuple((key, value if equals else None) for key, equals, value in parts)


def _facets(visit: Visit, found: HostPage, tags: list[str]) -> dict[str, Any]:
    healths = [(word, found.by_health[word]) for word, _ in HEALTHS if word in found.by_health]
    by_number = sorted(found.by_platform.items(), key=lambda item: (-item[1], item[0]))
    chosen = set(visit.queries("platform"))
    platforms = [item for at, item in enumerate(by_number) if at < _PLATFORMS or item[0] in chosen]
    on_page = {pair for row in found.rows for pair in row.host.tags}
    known = sorted({f"{key}={value}" for key, value in on_page} - set(tags))
    return {"healths": healths, "platforms": platforms, "known_tags": [*tags, *known[:_PLATFORMS]]}
