"""What cannot be undone is done only for who means it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def confirmed(yes: bool, what: str) -> None:
    """Asks on a terminal whether that is meant, and ends the command if not; elsewhere it needs --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{what}: say --yes if that is meant")
    typer.confirm(f"{what[0].upper()}{what[1:]}. Do it?", abort=True, err=True)
