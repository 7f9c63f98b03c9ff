"""How pages are made from templates: escaped, and what hosts and feeds say made harmless first."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from shindan.render.html_view import link, record_of, shortened
from shindan.render.words import KNOWS, age, counted, fixed_in, harmless, newest, percent

_HERE = Path(__file__).resolve().parent


@functools.cache
def environment() -> Any:
    """The templates of this folder."""
    # jinja2 costs some 30 ms to import: other forms go without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        age=age, counted=counted, fixed_in=fixed_in, link=link, newest=newest, percent=percent, record_of=record_of,
        shortened=shortened,
    )  # fmt: skip
    made.globals.update(knows=KNOWS)
    return made


def _harmless(value: Any) -> Any:
    """Every text that the template prints, before it is escaped; what is markup already stays as it is."""
    return harmless(value) if type(value) is str else value
