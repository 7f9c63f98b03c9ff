"""Plain tables of records, and the same as JSON, on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from shindan.cli.terminal import coloured, width

_UNBOUNDED = 100_000
"""Columns where nobody looks at them: a table takes what its cells need."""


def check_format(form: str) -> None:
    """Raises a usage error for anything but table and json."""
    if form not in ("table", "json"):
        raise typer.BadParameter(f"{form!r}: choose table or json", param_hint="--format")


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
    """Prints rows as a table; `columns` maps a field to its heading, `empty` is said where there are none."""
    # rich is imported when something is printed: `--help` must answer at once.
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    if not rows:
        print(empty)
        return
    # Folded, never cut: names and ids are there to be copied; in a file or a pipe a record is one line.
    table = Table(*(Column(name, overflow="fold") for name in columns.values()), box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_cell(row[field])) for field in columns))
    beautiful = coloured(sys.stdout)
    columns_there = width(sys.stdout) if sys.stdout.isatty() else _UNBOUNDED
    Console(file=sys.stdout, width=columns_there, force_terminal=beautiful, no_color=not beautiful).print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) for item in value[:6]) + (f" +{len(value) - 6}" if len(value) > 6 else "")
    return "" if value is None else str(value)
