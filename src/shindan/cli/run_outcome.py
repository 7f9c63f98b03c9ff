"""What a run leaves behind beside its findings: a report, and what it could not look at."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.asking import EXCLUSIONS, RUNS, RunArgument, described, every, named
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.package_names import alias_of
from shindan.cli.tables import check_format
from shindan.cli.terminal import complain, say
from shindan.cli.watching import need_worker

_PAUSE = 0.5
_KINDS = ("html", "pdf")


def report(
    name: RunArgument,
    kind: Annotated[str, typer.Option("--as", metavar="|".join(_KINDS), help="As what.")] = "html",
    full: Annotated[bool, typer.Option("--full", help="With the rules that found nothing, too.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write it; by default to stdout.", show_default=False),
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Write the report of a run that ended; the server makes it. Exit code 1, with the reason, where it cannot.

    Example: shindan run report weekly-12 --as pdf --out weekly-12.pdf
    """
    if kind.lower() not in _KINDS:
        raise typer.BadParameter(f"{kind!r}: choose one of {', '.join(_KINDS)}", param_hint="--as")
    if out is None and sys.stdout.isatty():
        raise typer.BadParameter("a report is no text for a terminal: name a file with --out FILE")
    with api(endpoint, data, account) as asked:
        arn = named(asked, RUNS, name)
        wanted = {"reportFileFormat": kind.upper(), "reportType": "FULL" if full else "FINDING"}
        url = _made(asked, arn, wanted)
        content = asked.download(url)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out}: {error.strerror or error}", param_hint="--out") from error
    say(f"{out}: {len(content):,} bytes")


def exclusions(
    name: RunArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show what a run that ended could not look at: the host, the package, why, and what mends it.

    Example: shindan run exclusions weekly-12
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        arns = every(asked, EXCLUSIONS, assessmentRunArn=named(asked, RUNS, name))
        rows = [_row(one) for one in described(asked, EXCLUSIONS, arns)]
    if form == "json":
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo("  ".join(filter(None, (row["title"], row["host"], row["package"]))))
        typer.echo(f"    {row['description']}\n    {row['recommendation']}")
    if not rows:
        typer.echo("nothing was left out")


def _made(asked: Any, arn: str, wanted: dict[str, str]) -> str:
    """The address of a report once it is made; ends the command where it cannot be."""
    while True:
        answer = asked.call("GetAssessmentReport", assessmentRunArn=arn, **wanted)
        if answer["status"] == "COMPLETED":
            return str(answer["url"])
        if answer["status"] == "FAILED":
            complain("the report could not be made", asked.why_no_report(arn, **wanted))
            raise typer.Exit(1)
        need_worker(asked, arn)
        time.sleep(_PAUSE)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    scopes = {scope["key"]: scope["value"] for scope in one["scopes"]}
    return {
        "title": one["title"],
        "host": scopes.get("INSTANCE_ID", ""),
        "package": alias_of(scopes["RULES_PACKAGE_ARN"]) if "RULES_PACKAGE_ARN" in scopes else "",
        "description": one["description"],
        "recommendation": one["recommendation"],
        "arn": one["arn"],
    }
