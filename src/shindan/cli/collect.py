"""`shindan collect`: this host's facts as NDJSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.options import RootOption


def collect(
    root: RootOption = None,
    kinds: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these kinds of facts; `all` for all.", show_default=False)
    ] = None,
    paths: Annotated[
        str | None,
        typer.Option(metavar="DIR,DIR", help="Look for language packages below these folders too.", show_default=False),
    ] = None,
    also: Annotated[
        str | None,
        typer.Option(
            metavar="PATH,PATH",
            help="Look at these paths and patterns (`*`, `/**`) too; of configuration, read them.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of stdout.", show_default=False)
    ] = None,
) -> None:
    """Print what can be observed on this host, one JSON fact a line.

    Nothing is changed and nothing leaves the host. What could not be looked at is a fact of kind `gap`. The kinds
    and their fields are listed in docs/facts.md. Without --kinds, the inventory, how the host is set up and
    who listens are printed; processes, connections and the walk over all file systems (`sweep`) only where they are
    named. Secrets in configuration files stay on the host.

    Exit codes: 0 facts were printed, 2 usage, 3 nothing could be read.

    Examples: shindan collect | shindan scan --facts -      shindan collect --root /mnt/disk --kinds platform,package
    """
    # Imported here: `--help` must answer at once.
    from shindan.collect.command import main

    argv: list[str] = []
    for option, value in (("--root", root), ("--kinds", kinds), ("--paths", paths), ("--also", also), ("--out", out)):
        if value is not None:
            argv += [option, str(value)]
    raise typer.Exit(main(argv))
