"""A result as one page that stands alone: no script, no font, no picture from elsewhere.

The page states its own Content-Security-Policy (CSP level 3), which lets a browser load nothing at all; everything
that comes from hosts and feeds is escaped and made harmless, and only http and https addresses become links.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from shindan.model.result import ScanResult
from shindan.render.html_view import link, record_of, shortened, view_of
from shindan.render.look import Look, Writer
from shindan.render.words import KNOWS, age, counted, fixed_in, harmless, newest, percent

_HERE = Path(__file__).resolve().parent


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    template = _environment().get_template("report.html.jinja")
    pieces = template.stream(view=view_of(result))
    pieces.enable_buffering(64)
    for piece in pieces:
        stream.write(piece)


@functools.cache
def _environment() -> Any:
    # jinja2 costs some 30 ms to import: other forms go without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        age=age, counted=counted, fixed_in=fixed_in, link=link, newest=newest, percent=percent, record_of=record_of,
        shortened=shortened,
    )  # fmt: skip
    environment.globals.update(knows=KNOWS)
    return environment


def _harmless(value: Any) -> Any:
    """Every text that the template prints, before it is escaped; what is markup already stays as it is."""
    return harmless(value) if type(value) is str else value
