"""Feeds and generations as a table or as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from shindan.engine.clock import age_days, now
from shindan.model.advisory import Generation
from shindan.service.feeds import KnownFeed


def known_rows(feeds: Sequence[KnownFeed]) -> list[dict[str, Any]]:
    """One record a feed that exists."""
    return [dataclasses.asdict(feed) for feed in feeds]


def status_rows(generations: Sequence[Generation]) -> list[dict[str, Any]]:
    """One record a generation in force, with its age in days."""
    rows = []
    for generation in generations:
        age = age_days(generation.newest, now())
        rows.append(
            {
                "name": generation.name,
                "age": None if age is None else round(age, 2),
                **dataclasses.asdict(generation),
            }
        )
    return rows


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """The records as indented JSON."""
    return json.dumps(rows, indent=2, ensure_ascii=False)
