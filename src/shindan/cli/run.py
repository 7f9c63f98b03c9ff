"""`shindan run`: assessment runs started, watched, stopped and listed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from shindan.cli.asking import every, named, numbered
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import moment, rows_out
from shindan.cli.tables import check_format
from shindan.cli.templates import alias_of, every_template, template_of
from shindan.cli.terminal import coloured, complain, say
from shindan.model.run import ENDED

run = typer.Typer(
    name="run",
    help="Assessment runs: start, watch, stop, list.",
    no_args_is_help=False,
    invoke_without_command=True,
    rich_markup_mode=None,
)

THRESHOLD_MET, NOT_WHOLE = 1, 3
_SEVERITIES = ("High", "Medium", "Low", "Informational")
_PAUSE = 1.0

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Its name or ARN.")]
FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help="Exit with 1 if the run finds anything of this severity or a higher one: high, medium, low.",
        show_default=False,
    ),
]


@run.callback()
def group(
    context: typer.Context,
    this_host: Annotated[
        bool, typer.Option("--this-host", help="Hand in this machine's facts, assess it alone, and wait.")
    ] = False,
    fail_on: FailOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Assessment runs: start, watch, stop, list; or assess this very host.

    Example: shindan run --this-host --fail-on high
    """
    if context.invoked_subcommand is not None:
        return
    if not this_host:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
    check_format(form)
    from shindan.cli.this_host import run_of_this_host

    with api(None, data, account) as asked:
        arn = run_of_this_host(asked)
        _watched(asked, arn, fail_on, form)


@run.command()
def start(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its name or ARN.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Of the run.", show_default=False)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, showing how it goes.")] = False,
    fail_on: FailOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Start a run of a template and print its ARN. The work is done by the server, `shindan serve`.

    Exit codes with --wait: 0 it completed; 1 --fail-on is met; 3 it failed, was cancelled or could not look
    everywhere.

    Examples: shindan run start weekly      shindan run start weekly --wait --fail-on high
    """
    check_format(form)
    _rank(fail_on)
    with api(endpoint, data, account) as asked:
        request = {"assessmentTemplateArn": template_of(asked, template)}
        if name is not None:
            request["assessmentRunName"] = name
        arn = asked.call("StartAssessmentRun", **request)["assessmentRunArn"]
        if wait or fail_on:
            say(arn)
            _watched(asked, arn, fail_on, form)
        else:
            typer.echo(json.dumps({"arn": arn}) if form == "json" else arn)


@run.command()
def watch(
    name: RunArgument,
    fail_on: FailOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Follow a run until it ends, then show what it found. Exit codes as `run start --wait`."""
    check_format(form)
    _rank(fail_on)
    with api(endpoint, data, account) as asked:
        _watched(asked, run_of(asked, name), fail_on, form)


@run.command()
def stop(
    name: RunArgument,
    skip: Annotated[bool, typer.Option("--skip-evaluation", help="End it without findings.")] = False,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """End a run's collection now; what came so far is evaluated."""
    with api(endpoint, data, account) as asked:
        action = "SKIP_EVALUATION" if skip else "START_EVALUATION"
        asked.call("StopAssessmentRun", assessmentRunArn=run_of(asked, name), stopAction=action)


@run.command("list")
def list_runs(
    template: Annotated[
        str | None, typer.Option(metavar="TEMPLATE", help="Only of this one (name or ARN).", show_default=False)
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List runs, newest first, with how many findings of which severity."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        wanted = {"assessmentTemplateArns": [template_of(asked, template)]} if template else {}
        arns = every(asked, "ListAssessmentRuns", "assessmentRunArns", **wanted)
        found = numbered(asked, "DescribeAssessmentRuns", "assessmentRuns", arns)
        names = {
            one["arn"]: one["name"]
            for one in numbered(asked, "DescribeAssessmentTemplates", "assessmentTemplates", every_template(asked))
        }
    rows = [_row(one, names) for one in found]
    columns = {"name": "run", "template": "template", "state": "state", "started": "created", "findings": "findings"}
    rows_out(form, rows, columns, "no runs")


def run_of(asked: Any, text: str) -> str:
    """The ARN of a run that is given by name or ARN."""

    def every_run(asked: Any) -> list[str]:
        return every(asked, "ListAssessmentRuns", "assessmentRunArns")

    return named(asked, text, "run", "DescribeAssessmentRuns", "assessmentRuns", every_run)


def _row(one: dict[str, Any], templates: dict[str, str]) -> dict[str, Any]:
    return {
        "name": one["name"],
        "template": templates.get(one["assessmentTemplateArn"], one["assessmentTemplateArn"]),
        "packages": [alias_of(arn) for arn in one["rulesPackageArns"]],
        "state": one["state"],
        "started": moment(one["createdAt"] * 1000),
        "completed": moment(one["completedAt"] * 1000) if one.get("completedAt") else None,
        "findings": {name: one["findingCounts"][name] for name in _SEVERITIES if one["findingCounts"].get(name)},
        "arn": one["arn"],
    }


def _watched(asked: Any, arn: str, fail_on: str | None, form: str) -> None:
    """Shows how a run goes until it ends, then what it found; ends the command with the code that says how."""
    least = _rank(fail_on)
    found = _followed(asked, arn)
    row = _row(found, {})
    if form == "json":
        typer.echo(json.dumps(row, indent=2))
    else:
        tally = ", ".join(f"{count:,} {name}" for name, count in row["findings"].items())
        typer.echo(f"{row['name']}: {row['state']}; {tally or 'no findings'}")
    if least is not None and any(row["findings"].get(name) for name in _SEVERITIES[: least + 1]):
        raise typer.Exit(THRESHOLD_MET)
    if found["state"] != "COMPLETED":
        complain(f"the run ended {found['state']}", f"its exclusions say why: aws inspector list-exclusions … {arn}")
        raise typer.Exit(NOT_WHOLE)


def _followed(asked: Any, arn: str) -> dict[str, Any]:
    """The run when it has ended. On a terminal one line tells its state; elsewhere a line for each state."""
    begun, told = time.monotonic(), ""
    live = coloured(sys.stderr)
    while True:
        answer = asked.call("DescribeAssessmentRuns", assessmentRunArns=[arn])
        if not answer["assessmentRuns"]:
            raise typer.BadParameter(f"there is no run {arn}", param_hint="RUN")
        found: dict[str, Any] = answer["assessmentRuns"][0]
        state = found["state"]
        if live:
            sys.stderr.write(f"\r\033[K{state.replace('_', ' ').lower()}, {time.monotonic() - begun:,.0f} s")
            sys.stderr.flush()
        elif state != told:
            say(state)
        told = state
        if state in ENDED:
            if live:
                sys.stderr.write("\r\033[K")
            return found
        time.sleep(_PAUSE)


def _rank(fail_on: str | None) -> int | None:
    """The place of a severity among those that are shown; a usage error for another word."""
    if fail_on is None:
        return None
    words: Sequence[str] = [word.lower() for word in _SEVERITIES]
    if fail_on.lower() not in words:
        raise typer.BadParameter(f"{fail_on!r}: choose one of {', '.join(words)}", param_hint="--fail-on")
    return words.index(fail_on.lower())
