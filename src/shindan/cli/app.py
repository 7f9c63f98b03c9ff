"""The command tree. One file a command; `--help` of each teaches by example."""

from __future__ import annotations

from typing import Annotated

import typer

from shindan.cli.collect import collect
from shindan.cli.explain import explain
from shindan.cli.facts import facts
from shindan.cli.feeds import feeds
from shindan.cli.scan import scan

app = typer.Typer(
    name="shindan",
    help="Finds known security flaws on Linux hosts, and never shows a silent zero.",
    epilog="Begin with: shindan scan",
    no_args_is_help=True,
    # rich's help screens and tracebacks cost more start-up time than all else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(scan)
app.command()(explain)
app.command()(collect)
app.add_typer(feeds, name="feeds")
app.add_typer(facts, name="facts")


def _version(wanted: bool) -> None:
    if wanted:
        # Reading package metadata takes longer than the rest of the start.
        from importlib.metadata import version

        typer.echo(f"shindan {version('shindan')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Finds known security flaws on Linux hosts, and never shows a silent zero."""
