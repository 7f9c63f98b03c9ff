"""`shindan facts`: other tools' inventories as facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.chosen import UNREADABLE
from shindan.cli.terminal import complain
from shindan.model.errors import HostUnreadable

facts = typer.Typer(
    name="facts", help="Other tools' inventories as facts.", no_args_is_help=True, rich_markup_mode=None
)

FORMS = ("vuls", "cyclonedx", "spdx")


@facts.callback()
def group() -> None:
    """Other tools' inventories as facts."""


@facts.command("import")
def import_facts(
    form: Annotated[str, typer.Argument(metavar="|".join(FORMS), help="Which tool's form the file has.")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file, plain or gzip.")],
) -> None:
    """Print an inventory that another tool wrote as facts, one JSON object a line.

    What cannot be used becomes a fact of kind `gap`, with a reason and a count.

    Exit codes: 0 facts were printed, 2 usage, 3 the file is no such inventory.

    Examples: shindan facts import vuls results/web1.json | shindan scan --facts -
    """
    if form not in FORMS:
        raise typer.BadParameter(f"{form!r}: choose one of {', '.join(FORMS)}", param_hint="FORM")
    from shindan.service.inventories import lines_of

    try:
        for line in lines_of(path):
            sys.stdout.write(line + "\n")
    except HostUnreadable as error:
        complain(str(error), error.remedy)
        raise typer.Exit(UNREADABLE) from None
