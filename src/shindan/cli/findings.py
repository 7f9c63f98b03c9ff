"""`shindan findings`: what was found, in one run or over all of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shindan.cli.asking import FINDINGS, RUNS, described, every, named
from shindan.cli.findings_export import export
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, moment, record_out, rows_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

findings = typer.Typer(
    name="findings", help="Findings: list, show, export.", no_args_is_help=True, rich_markup_mode=None
)

_STATUSES = ("open", "fixed", "suppressed")
_SEVERITIES = ("High", "Medium", "Low", "Informational", "Undefined")
_ISSUE = {"severity": "severity", "rule_id": "finding", "component": "package", "installed": "installed"}
_SEEN = {"hostname": "host", "status": "status", "since": "since"}
_FOUND = {"severity": "severity", "id": "finding", "host": "host", "package": "package", "created": "found"}

SeverityOption = Annotated[
    list[str] | None,
    typer.Option("--severity", metavar="SEVERITY", help="Only this one; may be repeated.", show_default=False),
]


@findings.command("list")
def list_findings(
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="What this run found (name or ARN).", show_default=False),
    ] = None,
    status: Annotated[
        list[str], typer.Option("--status", metavar="|".join(_STATUSES), help="Without --run; may be repeated.")
    ] = ["open"],  # noqa: B006 - typer reads it and hands out copies
    severity: SeverityOption = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="HOST", help="Id or name.", show_default=False)
    ] = None,
    view: Annotated[
        str | None,
        typer.Option("--view", metavar="NAME", help="What a view of the console finds.", show_default=False),
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List findings: of a run, or those that are open now over all runs, the worst first.

    Examples: shindan findings list --severity high      shindan findings list --run weekly-12 --format json
    """
    check_format(form)
    if view is not None:
        if run is not None or endpoint is not None or severity or host:
            raise typer.BadParameter("a view says itself what is wanted, of a service here", param_hint="--view")
        rows_out(form, _of_view(data, account, view), _ISSUE | _SEEN, "no findings")
        return
    severities = _words(severity, _SEVERITIES, "--severity")
    if run is not None or endpoint is not None:
        with api(endpoint, data, account) as asked:
            rows_out(form, _of_run(asked, run, severities, host or []), _FOUND, "no findings")
        return
    statuses = _words(status, _STATUSES, "--status")
    rows_out(form, _of_account(data, account, statuses, severities, host or []), _ISSUE | _SEEN, "no findings")


@findings.command()
def show(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Its ARN; or its id, such as a CVE's.")],
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Of this run (name or ARN).", show_default=False)
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show one finding of a run: what it is, why it matters and what to do. Of an id, the newest.

    Examples: shindan findings show CVE-2023-0464      shindan findings show CVE-2023-0464 --run weekly-12
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        finding = finding if finding.startswith("arn:") else _newest(asked, finding, run)
        answer = asked.call("DescribeFindings", findingArns=[finding])
        if not answer["findings"]:
            code = ", ".join(failed["failureCode"] for failed in answer["failedItems"].values())
            raise typer.BadParameter(f"there is no finding {finding} ({code})", param_hint="FINDING")
        found = answer["findings"][0]
    attributes = {one["key"]: one.get("value") for one in found["attributes"]}
    record = found if form == "json" else {**_row(found), "description": found.get("description", "")}
    if form != "json":
        record |= {"recommendation": found.get("recommendation", ""), "attributes": attributes}
    record_out(form, record)


def _newest(asked: Any, id_: str, run: str | None) -> str:
    """The ARN of the newest finding of an id; says where there are others. A usage error where there is none."""
    wanted: dict[str, Any] = {"assessmentRunArns": [named(asked, RUNS, run)]} if run else {}
    arns = every(asked, FINDINGS, **wanted, filter={"ruleNames": [id_]})
    if not arns:
        raise typer.BadParameter(
            f"nothing of that id was found: {id_!r}; see `shindan findings list`", param_hint="FINDING"
        )
    found = max(described(asked, FINDINGS, arns), key=lambda one: float(one["createdAt"]))
    if len(arns) > 1:
        say(f"the newest of {len(arns):,} findings of {id_}: `shindan findings list --run RUN` shows a run's")
    return str(found["arn"])


def _of_run(asked: Any, run: str | None, severities: list[str], hosts: list[str]) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"assessmentRunArns": [named(asked, RUNS, run)]} if run else {}
    narrowed = {"severities": severities, "agentIds": hosts}
    wanted["filter"] = {name: values for name, values in narrowed.items() if values}
    rows = [_row(one) for one in described(asked, FINDINGS, every(asked, FINDINGS, **wanted))]
    return sorted(rows, key=lambda row: _SEVERITIES.index(row["severity"]))


def _row(found: dict[str, Any]) -> dict[str, Any]:
    attributes = {one["key"]: one.get("value") for one in found["attributes"]}
    asset = found.get("assetAttributes", {})
    return {
        "severity": found["severity"],
        "id": found.get("id", ""),
        "host": asset.get("hostname") or asset.get("agentId", ""),
        "package": attributes.get("package_name", ""),
        "title": found.get("title", ""),
        "created": moment(found["createdAt"] * 1000),
        "arn": found["arn"],
    }


def _of_account(
    data: Any, account: str | None, statuses: list[str], severities: list[str], hosts: list[str]
) -> list[dict[str, Any]]:
    from shindan.cli.hosts import found_host
    from shindan.service.hosts_admin import show as show_host
    from shindan.service.issues import list_

    rows: list[dict[str, Any]] = []
    token = None
    with local(data, account) as (service, caller):
        ids = [found_host(service, caller, host).id for host in hosts]
        while True:
            page = list_(
                service,
                caller,
                statuses=statuses,
                severities=severities,  # type: ignore[arg-type]
                hosts=ids,
                token=token,
                max_results=100,
            )
            rows += map(fields_of, page.items)
            token = page.next_token
            if token is None:
                break
        names = {id_: show_host(service, caller, id_).hostname or id_ for id_ in {row["host"] for row in rows}}
    return [{**row, "hostname": names[row["host"]], "since": row["first_observed"][:10]} for row in rows]


def _of_view(data: Any, account: str | None, name: str) -> list[dict[str, Any]]:
    from shindan.service.issue_search import list_
    from shindan.service.saved_views import get

    rows: list[dict[str, Any]] = []
    token = None
    with local(data, account) as (service, caller):
        query = get(service, caller, name).query
        while True:
            page = list_(service, caller, query, token=token, max_results=500)
            rows += [{**fields_of(row.issue), "hostname": row.hostname or row.issue.host} for row in page.rows]
            token = page.next
            if token is None:
                break
    return [{**row, "since": row["first_observed"][:10]} for row in rows]


def _words(given: list[str] | None, known: tuple[str, ...], option: str) -> list[str]:
    """Words as the API writes them; a usage error for one that is not among them."""
    by_lower = {word.lower(): word for word in known}
    for word in given or ():
        if word.lower() not in by_lower:
            raise typer.BadParameter(f"{word!r}: choose of {', '.join(known)}", param_hint=option)
    return [by_lower[word.lower()] for word in given or ()]


findings.command()(export)
