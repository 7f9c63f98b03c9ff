"""`shindan run`: assessment runs started, watched, stopped and listed."""

from __future__ import annotations

from typing import Annotated

import typer

from shindan.cli.asking import RUNS, TEMPLATES, RunArgument, TemplateArgument, described, every, named
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import arn_out, rows_out
from shindan.cli.run_files import JunitOption, ReportOption, wanted
from shindan.cli.run_outcome import exclusions, report
from shindan.cli.tables import check_format
from shindan.cli.terminal import say
from shindan.cli.watching import ExclusionsOption, FailOption, InterruptOption, ending, row_of, watched

run = typer.Typer(
    name="run",
    help="Assessment runs: start, watch, stop, list, report, exclusions.",
    no_args_is_help=False,
    invoke_without_command=True,
    rich_markup_mode=None,
)


@run.callback()
def group(
    context: typer.Context,
    this_host: Annotated[
        bool, typer.Option("--this-host", help="Hand in this machine's facts, assess it alone, and wait.")
    ] = False,
    fail_on: FailOption = None,
    fail_on_exclusions: ExclusionsOption = False,
    stop_on_interrupt: InterruptOption = False,
    junit: JunitOption = None,
    reports: ReportOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Assessment runs: start, watch, stop, list, report, exclusions; or assess this very host.

    Example: shindan run --this-host --fail-on high
    """
    if context.invoked_subcommand is not None:
        return
    if not this_host:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
    check_format(form)
    how = ending(fail_on, fail_on_exclusions, stop_on_interrupt, wanted(junit, reports))
    from shindan.cli.this_host import run_of_this_host

    with api(None, data, account) as asked:
        watched(asked, run_of_this_host(asked), how, form)


@run.command()
def start(
    template: TemplateArgument,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Of the run.", show_default=False)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, showing how it goes.")] = False,
    fail_on: FailOption = None,
    fail_on_exclusions: ExclusionsOption = False,
    stop_on_interrupt: InterruptOption = False,
    junit: JunitOption = None,
    reports: ReportOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Start a run of a template and print its ARN. The work is done by the server, `shindan serve`.

    Exit codes with --wait: 0 it completed; 1 --fail-on is met; 2 usage; 3 it failed, was cancelled or could not look
    everywhere, or --fail-on-exclusions; 130 interrupted.

    Examples: shindan run start weekly      shindan run start weekly --wait --fail-on 'high,kev,cvss>=9'
    shindan run start weekly --wait --junit findings.xml --report sarif=findings.sarif
    """
    check_format(form)
    how = ending(fail_on, fail_on_exclusions, stop_on_interrupt, wanted(junit, reports))
    with api(endpoint, data, account) as asked:
        request = {"assessmentTemplateArn": named(asked, TEMPLATES, template)}
        if name is not None:
            request["assessmentRunName"] = name
        arn = asked.call("StartAssessmentRun", **request)["assessmentRunArn"]
        if wait or fail_on or fail_on_exclusions or how.files:
            say(arn)
            watched(asked, arn, how, form)
        else:
            arn_out(form, arn)


@run.command()
def watch(
    name: RunArgument,
    fail_on: FailOption = None,
    fail_on_exclusions: ExclusionsOption = False,
    stop_on_interrupt: InterruptOption = False,
    junit: JunitOption = None,
    reports: ReportOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Follow a run until it ends, then show what it found. Exit codes as `run start --wait`.

    Example: shindan run watch weekly-12 --fail-on high
    """
    check_format(form)
    how = ending(fail_on, fail_on_exclusions, stop_on_interrupt, wanted(junit, reports))
    with api(endpoint, data, account) as asked:
        watched(asked, named(asked, RUNS, name), how, form)


@run.command()
def stop(
    name: RunArgument,
    skip: Annotated[bool, typer.Option("--skip-evaluation", help="End it without findings.")] = False,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """End a run's collection now; what came so far is evaluated.

    Examples: shindan run stop weekly-12      shindan run stop weekly-12 --skip-evaluation
    """
    with api(endpoint, data, account) as asked:
        action = "SKIP_EVALUATION" if skip else "START_EVALUATION"
        asked.call("StopAssessmentRun", assessmentRunArn=named(asked, RUNS, name), stopAction=action)


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
        wanted = {"assessmentTemplateArns": [named(asked, TEMPLATES, template)]} if template else {}
        found = described(asked, RUNS, every(asked, RUNS, **wanted))
        names = {one["arn"]: one["name"] for one in described(asked, TEMPLATES, every(asked, TEMPLATES))}
    rows = [row_of(one, names) for one in found]
    columns = {"name": "run", "template": "template", "state": "state", "started": "created", "findings": "findings"}
    rows_out(form, rows, columns, "no runs")


run.command()(report)
run.command()(exclusions)
