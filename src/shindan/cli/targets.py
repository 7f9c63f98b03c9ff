"""`shindan targets`: which hosts belong together."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shindan.cli.asking import GROUPS, TARGETS, TargetArgument, described, every, key_values, named
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import arn_out, pairs, rows_out
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
        found = described(asked, TARGETS, every(asked, TARGETS))
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
    form: FormatOption = "table",
) -> None:
    """Create a target and print its ARN.

    Example: shindan targets create web --tag inspector=True
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        request: dict[str, Any] = {"assessmentTargetName": name}
        if tag:
            group = asked.call("CreateResourceGroup", resourceGroupTags=key_values(pairs(tag, "--tag")))
            request["resourceGroupArn"] = group["resourceGroupArn"]
        arn_out(form, asked.call("CreateAssessmentTarget", **request)["assessmentTargetArn"])


@targets.command()
def delete(
    target: TargetArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a target with its templates, their runs and what those found.

    Example: shindan targets delete web
    """
    with api(endpoint, data, account) as asked:
        asked.call("DeleteAssessmentTarget", assessmentTargetArn=named(asked, TARGETS, target))


def _groups(asked: Any, found: list[dict[str, Any]]) -> dict[str, dict[str, str | None]]:
    arns = list(dict.fromkeys(one["resourceGroupArn"] for one in found if "resourceGroupArn" in one))
    return {one["arn"]: {tag["key"]: tag.get("value") for tag in one["tags"]} for one in described(asked, GROUPS, arns)}
