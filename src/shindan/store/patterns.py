"""Conditions that SQLite and PostgreSQL say differently: names by pattern, and members of a JSON list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, or_

_STARS = re.compile(r"\*+")


def like(connection: Connection, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Whether a text matches a pattern: `*` is any run of characters, `?` any one; everything else is itself.

    Case counts. SQLite's LIKE is blind to it, hence GLOB there.
    """
    pattern = _STARS.sub("*", pattern)
    if connection.dialect.name == "sqlite":
        return column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%").replace("?", "_")
    return column.like(escaped, escape="\\")


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a text, or a list of texts as JSON, has a part, without case (of ASCII letters)."""
    return cast(column, Text).icontains(text, autoescape=True)


def list_holds(column: ColumnElement[Any], endings: Iterable[str]) -> ColumnElement[bool]:
    """Whether a JSON list of texts holds one with any of these endings, of letters, digits, `-`, `:` and `/`."""
    text = cast(column, Text)
    return or_(*(text.like(f'%{ending}"%') for ending in endings))
