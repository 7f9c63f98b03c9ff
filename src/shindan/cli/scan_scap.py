"""`shindan scan --scap`: which content and profile are meant, checked before anything is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from shindan.cli.scan_asked import PROFILES
from shindan.cli.terminal import complain

NOT_EVALUATED = 5
"""Exit code where SCAP content was to be evaluated and could not be."""


def scap_of(path: Path | None, profile: str, elsewhere: bool, names: tuple[Any, ...], facts: str | None) -> Any:
    """What is to be evaluated (`collect.scap_wanted.Wanted`), None where no content is given.

    `elsewhere`: the host that is scanned is not this machine as it runs. Ends the command where the content cannot be
    used, and after `--profile list`.
    """
    if path is None:
        if profile not in PROFILES:
            raise typer.BadParameter(f"{profile!r}: choose one of {', '.join(PROFILES)}", param_hint="--profile")
        if "scap" in names and facts is None:
            raise typer.BadParameter(
                "name the content by --scap, or give facts that hold results", param_hint="--package"
            )
        return None
    if elsewhere:
        message = "oscap looks at the machine that it runs on: leave --root, --facts and --sbom away, or run this there"
        raise typer.BadParameter(message, param_hint="--scap")
    from shindan.service.scap import Refused, offered, wanted

    try:
        if profile == "list":
            for one in offered(path):
                typer.echo(f"{one.id}  {one.title}")
            raise typer.Exit
        return wanted(path, "" if profile in PROFILES else profile)
    except Refused as error:
        complain(str(error), error.remedy)
        raise typer.Exit(NOT_EVALUATED if error.missing else 2) from None


def not_evaluated(result: Any) -> bool:
    """Whether SCAP content was to be evaluated, and nothing came of it; says so."""
    whole = [one for name, one in result.outcomes if name == "scap" and one.rule.id == "scap"]
    for one in whole:
        complain(f"SCAP content was not evaluated: {one.reason}", "see docs/scap.md; the host was not judged by it")
    return bool(whole)
