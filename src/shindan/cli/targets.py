"""`shindan targets`: which hosts belong together."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shindan.cli.asking import every, named, numbered
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import pairs, rows_out
from shindan.cli.tables import check_format

targets = typer.Typer(
    name="targets", help="Assessment targets: list, create, delete.", no_args_is_help=True, rich_markup_mode=None
)


@targets.command("list")
def list_targets(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List targets with the tags that select their hosts."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = numbered(asked, "DescribeAssessmentTargets", "assessmentTargets", every_target(asked))
        groups = _groups(asked, found)
    rows = [
        {"name": one["name"], "arn": one["arn"], "tags": groups.get(one.get("resourceGroupArn", ""))} for one in found
    ]
    for row in rows:
        row["hosts"] = "all" if row["tags"] is None else row["tags"]
    rows_out(form, rows, {"name": "target", "hosts": "hosts with any of", "arn": "arn"}, "no targets")


@targets.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="KEY[=VALUE]",
            help="Hosts with this tag; with several, hosts with any of them. Without: every host.",
            show_default=False,
        ),
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Create a target and print its ARN.

    Example: shindan targets create web --tag inspector=True
    """
    with api(endpoint, data, account) as asked:
        request: dict[str, Any] = {"assessmentTargetName": name}
        if tag:
            tags = [{"key": key} | ({} if value is None else {"value": value}) for key, value in pairs(tag, "--tag")]
            group = asked.call("CreateResourceGroup", resourceGroupTags=tags)
            request["resourceGroupArn"] = group["resourceGroupArn"]
        typer.echo(asked.call("CreateAssessmentTarget", **request)["assessmentTargetArn"])


@targets.command()
def delete(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its name or ARN.")],
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a target with its templates, their runs and what those found."""
    with api(endpoint, data, account) as asked:
        asked.call("DeleteAssessmentTarget", assessmentTargetArn=target_of(asked, target))


def target_of(asked: Any, text: str) -> str:
    """The ARN of a target that is given by name or ARN."""
    return named(asked, text, "target", "DescribeAssessmentTargets", "assessmentTargets", every_target)


def every_target(asked: Any) -> list[str]:
    """The ARNs of all targets."""
    return every(asked, "ListAssessmentTargets", "assessmentTargetArns")


def _groups(asked: Any, found: list[dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    arns = list(dict.fromkeys(one["resourceGroupArn"] for one in found if "resourceGroupArn" in one))
    groups = numbered(asked, "DescribeResourceGroups", "resourceGroups", arns)
    return {one["arn"]: {tag["key"]: tag.get("value") for tag in one["tags"]} for one in groups}
