"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of advisories and downloads. Also SHINDAN_DATA; by default ~/.local/share/shindan,"
        " /var/lib/shindan for root.",
        show_default=False,
    ),
]
RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="Read a mounted disk, a chroot or an unpacked image instead of this host; nothing in it is run.",
        show_default=False,
    ),
]
FactsOption = Annotated[
    str | None,
    typer.Option(
        "--facts",
        metavar="FILE",
        help="Use facts that `shindan collect` wrote; - reads stdin.",
        show_default=False,
    ),
]
SbomOption = Annotated[
    Path | None,
    typer.Option(
        "--sbom",
        metavar="FILE",
        help="Use an SBOM: CycloneDX (JSON, XML), SPDX 2 or 3, or a result of Vuls.",
        show_default=False,
    ),
]
ServiceDataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The service's folder. Also SHINDAN_DATA; by default ~/.local/share/shindan, /var/lib/shindan for root.",
        show_default=False,
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="NUMBER", help="The account, where there are several.", show_default=False),
]
FormatOption = Annotated[str, typer.Option("--format", metavar="table|json", help="How to print.")]
