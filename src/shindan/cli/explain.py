"""`shindan explain`: one id on this host, decision by decision, so that a person believes it."""

from __future__ import annotations

from typing import Annotated

import typer

from shindan.cli.chosen import chosen_host
from shindan.cli.options import DataOption, FactsOption, RootOption, SbomOption


def explain(
    id_: Annotated[str, typer.Argument(metavar="CVE", help="A CVE id, or a vendor's own (DSA-…).")],
    package: Annotated[
        str | None,
        typer.Argument(metavar="[PACKAGE]", help="Only this package, binary or source.", show_default=False),
    ] = None,
    root: RootOption = None,
    facts: FactsOption = None,
    sbom: SbomOption = None,
    data: DataOption = None,
) -> None:
    """Say why a CVE does or does not count on this host.

    For every installed package that an advisory about the id may mean: the inventory line, each advisory record with
    its feed and generation, the comparison made, and the verdict.

    Exit codes: 0 explained, 1 no advisory knows the id, 2 usage, 3 platform or package list unreadable.

    Examples: shindan explain CVE-2024-3094      shindan explain CVE-2023-0464 libssl3
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.explain import explained

    host = chosen_host(root, facts, sbom)
    known, lines = explained(host, data_folder(data), id_, package)
    for line in lines:
        typer.echo(line)
    if not known:
        raise typer.Exit(1)
