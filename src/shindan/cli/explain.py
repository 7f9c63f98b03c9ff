"""`shindan explain`: one id on this host, decision by decision, so that a person believes it."""

from __future__ import annotations

from typing import Annotated

import typer

from shindan.cli.chosen import chosen_host, looking
from shindan.cli.options import DataOption, FactsOption, RootOption, SbomOption


def explain(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A CVE id or a vendor's own (DSA-…), a rule (ssh-root-login) or a control (5.1.20)."
        ),
    ],
    package: Annotated[
        str | None,
        typer.Argument(metavar="[PACKAGE]", help="Only this package, binary or source.", show_default=False),
    ] = None,
    root: RootOption = None,
    facts: FactsOption = None,
    sbom: SbomOption = None,
    data: DataOption = None,
) -> None:
    """Say why a CVE does or does not count on this host, or why a rule does or does not hold.

    For every installed package that an advisory about the id may mean: the inventory line, each advisory record with
    its feed and generation, the comparison made, and the verdict. For a rule: what was observed and what is wanted, why
    it matters, what to do, and its numbers in this system's benchmark.

    Exit codes: 0 explained, 1 nobody knows the id, 2 usage, 3 platform or package list unreadable.

    Examples: shindan explain CVE-2024-3094      shindan explain CVE-2023-0464 libssl3
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.explain import explained

    if _is_of_a_rule(id_) and package is None:
        with looking(root, facts, sbom, ("cis", "practices", "runtime"), flaws=False) as child:
            of_rule = chosen_host(root, facts, sbom, child)
        from shindan.service.explain_rule import explained as explained_rule

        told = explained_rule(of_rule.inventory, id_)
        for line in told:
            typer.echo(line)
        if told:
            return
    host = chosen_host(root, facts, sbom)
    known, lines = explained(host, data_folder(data), id_, package)
    for line in lines:
        typer.echo(line)
    if not known:
        raise typer.Exit(1)


def _is_of_a_rule(id_: str) -> bool:
    """Whether it looks like a rule's id or a number: advisories' ids begin with capital letters."""
    return id_[:1].islower() or id_[:1].isdigit()
