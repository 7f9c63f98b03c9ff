"""A scan result as a person or a program wants it; one file a form, and one explicit list of them."""

from __future__ import annotations

from typing import TextIO

from shindan.model.result import ScanResult
from shindan.render import (
    to_csv,
    to_cyclonedx,
    to_html,
    to_json,
    to_junit,
    to_markdown,
    to_openvex,
    to_sarif,
    to_table,
)
from shindan.render.look import Look, Renderer
from shindan.render.plain_stream import PlainStream

RENDERERS: tuple[tuple[str, Renderer], ...] = (
    ("table", to_table.write),
    ("json", to_json.write),
    ("csv", to_csv.write),
    ("html", to_html.write),
    ("sarif", to_sarif.write),
    ("cyclonedx", to_cyclonedx.write),
    ("openvex", to_openvex.write),
    ("markdown", to_markdown.write),
    ("junit", to_junit.write),
)
"""Every form, by the name that `--format` takes."""


def render(
    form: str, result: ScanResult, stream: TextIO, *, colour: bool = False, width: int = 100, limit: int | None = None
) -> None:
    """Write `result` to a text stream as `form`.

    `colour`, `width` (columns) and `limit` (findings shown of each package, None for all) concern the table only.
    What the stream's encoding lacks is replaced, never an error. Raises ValueError for a form that is none.
    """
    for name, write in RENDERERS:
        if name == form:
            write(result, PlainStream(stream), Look(colour=colour, width=width, limit=limit))
            return
    raise ValueError(f"unknown format {form!r}: choose one of {', '.join(name for name, _ in RENDERERS)}")
