"""`shindan findings export`: what is open now, or what a run found, for other tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from shindan.cli.asking import RUNS, TARGETS, named
from shindan.cli.exporting import EXPORT_FORMATS, WAITING, OutOption, made, save, word
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.terminal import complain, say
from shindan.cli.watching import need_worker


def export(
    form: Annotated[str, typer.Option("--format", metavar="|".join(EXPORT_FORMATS), help="As what.")] = "json",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="TARGET", help="Only its hosts' (name or ARN).", show_default=False),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="What this run found (name or ARN).", show_default=False),
    ] = None,
    push: Annotated[
        bool, typer.Option("--push", help="With asff: import into Security Hub, with AWS's own credentials.")
    ] = False,
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="Of Security Hub.", show_default=False)
    ] = None,
    aws_endpoint: Annotated[
        str | None, typer.Option("--aws-endpoint", metavar="URL", help="Instead of AWS's own.", show_default=False)
    ] = None,
    out: OutOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Write what is open now on all hosts, or on a target's, or what a run found. The server makes the file.

    Exit code 1 where it cannot be made, or where Security Hub refused some findings.

    Examples: shindan findings export --format asff --out findings.ndjson
      shindan findings export --format asff --push      shindan findings export --format defectdojo --target web
    """
    chosen = word(form, EXPORT_FORMATS)
    if target and run:
        raise typer.BadParameter("a run has its own target: give one of --run and --target", param_hint="--target")
    if push and (chosen != "ASFF" or out is not None):
        raise typer.BadParameter(
            "it imports findings instead of writing them: --format asff, no --out", param_hint="--push"
        )
    with api(endpoint, data, account) as asked:
        url = made(_of_run(asked, run, chosen) if run else _open(asked, target, chosen))
        if push:
            _push(asked, url, region, aws_endpoint)
        else:
            save(asked, url, out)


def _of_run(asked: Any, run: str, form: str) -> Callable[[], dict[str, Any]]:
    arn = named(asked, RUNS, run)

    def ask() -> dict[str, Any]:
        answer = asked.own("GetRunReport", run=arn, format=form)
        if answer["status"] == WAITING:
            need_worker(asked, arn)
        return dict(answer)

    return ask


def _open(asked: Any, target: str | None, form: str) -> Callable[[], dict[str, Any]]:
    wanted = {"format": form, **({"target": named(asked, TARGETS, target)} if target else {})}
    begun: dict[str, Any] = {}

    def ask() -> dict[str, Any]:
        answer = asked.own("GetFindingsExport", **({"export": begun["export"]} if begun else wanted))
        begun.update(answer)
        if answer["status"] == WAITING:
            need_worker(asked)
        return dict(answer)

    return ask


def _push(asked: Any, url: str, region: str | None, aws_endpoint: str | None) -> None:
    import tempfile

    from shindan.service.security_hub import push

    with tempfile.TemporaryFile() as held:
        asked.save(url, held)
        held.seek(0)
        done = push(held, region or asked.region, aws_endpoint)
    say(f"{done.imported:,} findings imported into Security Hub of {region or asked.region}")
    if done.failed:
        complain(f"Security Hub refused {done.failed:,} findings", f"the first: {done.why}")
        raise typer.Exit(1)
