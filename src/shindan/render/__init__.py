"""A scan result as a person or a program wants it; one file a form, and one explicit list of them."""

from __future__ import annotations

from importlib import import_module
from typing import TextIO

from shindan.model.result import ScanResult
from shindan.render.look import Look, Renderer
from shindan.render.plain_stream import PlainStream

RENDERERS: tuple[tuple[str, str], ...] = (
    ("table", "to_table"),
    ("json", "to_json"),
    ("csv", "to_csv"),
    ("html", "to_html"),
    ("sarif", "to_sarif"),
    ("cyclonedx", "to_cyclonedx"),
    ("openvex", "to_openvex"),
    ("markdown", "to_markdown"),
    ("junit", "to_junit"),
)
"""Every form, by the name that `--format` takes, and the module whose `write` makes it; loaded when it is asked for."""


def render(
    form: str,
    result: ScanResult,
    stream: TextIO,
    *,
    colour: bool = False,
    width: int = 100,
    limit: int | None = None,
    full: bool = False,
) -> None:
    """Write `result` to a text stream as `form`.

    `colour`, `width` (columns) and `limit` (findings shown of each package, None for all) concern the table only,
    `full` (every outcome, not findings alone) JSON.
    What the stream's encoding lacks is replaced, never an error. Raises ValueError for a form that is none.
    """
    load(form)(result, PlainStream(stream), Look(colour=colour, width=width, limit=limit, full=full))


def left_out(form: str, result: ScanResult) -> str:
    """What of a result a form has no place for, in a sentence; "" where it has a place for all."""
    if form not in ("cyclonedx", "openvex"):
        return ""
    from shindan.render import vex

    return vex.left_out(vex.of_rules(result))


def load(form: str) -> Renderer:
    """What writes a form; loaded now, for whoever has time to spare. Raises ValueError for a form that is none."""
    for name, module in RENDERERS:
        if name == form:
            write: Renderer = import_module(f"shindan.render.{module}").write
            return write
    raise ValueError(f"unknown format {form!r}: choose one of {', '.join(name for name, _ in RENDERERS)}")
