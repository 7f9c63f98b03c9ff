"""What a run leaves behind beside its findings: a report, and what it could not look at."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from shindan.cli.asking import EXCLUSIONS, RUNS, RunArgument, described, every, named
from shindan.cli.exporting import RUN_FORMATS, WAITING, OutOption, ReportFormatOption, made, refuse_terminal, save, word
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.package_names import alias_of
from shindan.cli.tables import check_format
from shindan.cli.watching import need_worker


def report(
    name: RunArgument,
    form: ReportFormatOption = "html",
    full: Annotated[bool, typer.Option("--full", help="With the rules that found nothing, too.")] = False,
    language: Annotated[str, typer.Option("--language", metavar="en|ja", help="Of HTML and PDF.")] = "en",
    out: OutOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Write the report of a run that ended; the server makes it. Exit code 1, with the reason, where it cannot.

    Examples: shindan run report weekly-12 --format pdf --language ja --out weekly-12.pdf
      shindan run report weekly-12 --format sarif --out weekly-12.sarif
    """
    chosen = word(form, RUN_FORMATS)
    if language not in ("en", "ja"):
        raise typer.BadParameter(f"{language!r}: choose en or ja", param_hint="--language")
    refuse_terminal(out, chosen)
    with api(endpoint, data, account) as asked:
        arn = named(asked, RUNS, name)
        wanted = {"run": arn, "format": chosen, "type": "FULL" if full else "FINDING", "language": language}

        def ask() -> dict[str, Any]:
            answer = asked.own("GetRunReport", **wanted)
            if answer["status"] == WAITING:
                need_worker(asked, arn)
            return dict(answer)

        save(asked, made(ask), out)


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
