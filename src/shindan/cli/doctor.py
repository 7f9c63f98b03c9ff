"""`shindan doctor`: is this installation well, and if not, how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from shindan.cli.options import FormatOption, ServiceDataOption
from shindan.cli.tables import check_format

_SIGNS = {"well": "ok   ", "note": "note ", "wrong": "WRONG"}


def doctor(data: ServiceDataOption = None, form: FormatOption = "table") -> None:
    """Look the installation over: folder, disk, database, keys, certificate, port, clock, feeds.

    Exit codes: 0 nothing is wrong, 1 something is; what to do about it stands below it.
    """
    check_format(form)
    from shindan.app.examining import examined

    found = examined(data)
    if form == "json":
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in found:
            typer.echo(f"{_SIGNS[one.verdict]}  {one.what:12} {one.text}")
            if one.remedy:
                typer.echo(f"{'':20} {one.remedy}")
    if any(one.verdict == "wrong" for one in found):
        raise typer.Exit(1)
