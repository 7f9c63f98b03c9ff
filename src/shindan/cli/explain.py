"""`shindan explain`: one id on this host, decision by decision, so that a person believes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.chosen import chosen_host, looking
from shindan.cli.options import DataOption, FactsOption, RootOption, SbomOption
from shindan.cli.scan_asked import RulesOption, told_of
from shindan.cli.terminal import complain


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
    rules: RulesOption = None,
) -> None:
    """Say why a CVE does or does not count on this host, or why a rule does or does not hold.

    For every installed package that an advisory about the id may mean: the inventory line, each advisory record with
    its feed and generation, the comparison made, and the verdict. For a rule: what was observed and what is wanted, why
    it matters, what to do, and its numbers in this system's benchmark. Own rules are those of --rules; without, those
    in the folder rules/ of the data folder, where the service has them.

    Exit codes: 0 explained, 1 nobody knows the id, 2 usage, 3 platform or package list unreadable.

    Examples: shindan explain CVE-2024-3094      shindan explain CVE-2023-0464 libssl3
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.explain import explained

    if _is_of_a_rule(id_) and package is None:
        with looking(root, facts, sbom, ("cis", "practices", "runtime"), flaws=False) as child:
            of_rule = chosen_host(root, facts, sbom, child)
        told = _of_rule(of_rule.inventory, id_, data_folder(data) / "rules", rules)
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


def _of_rule(inventory: Any, id_: str, folder: Path, rules: Path | None) -> list[str]:
    """Lines about a rule or control; users' own are those of `rules`, else of a folder, which need not be there."""
    from shindan.service.explain_rule import explained
    from shindan.service.own_rules import leniently

    chosen = told_of(rules, None, None).get("library")
    if chosen is None:
        chosen, faults = leniently(folder)
        for fault in faults[:1]:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            complain(f"left out: {fault}{more}", f"`shindan rules check {folder}` shows every fault")
    return explained(inventory, id_, chosen)


def _is_of_a_rule(id_: str) -> bool:
    """Whether it looks like a rule's id or a number: advisories' ids begin with capital letters."""
    return id_[:1].islower() or id_[:1].isdigit()
