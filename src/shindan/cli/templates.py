"""`shindan templates`: what is assessed of a target, and for how long."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from shindan.cli.asking import every, named, numbered
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import pairs, rows_out
from shindan.cli.tables import check_format
from shindan.cli.targets import every_target, target_of
from shindan.model.packages import PACKAGES, package_arn, package_of

templates = typer.Typer(
    name="templates", help="Assessment templates: list, create, delete.", no_args_is_help=True, rich_markup_mode=None
)

ALIASES = tuple(one.name for one in PACKAGES)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


@templates.command("list")
def list_templates(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List templates."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = numbered(asked, "DescribeAssessmentTemplates", "assessmentTemplates", every_template(asked))
        targets = {
            one["arn"]: one["name"]
            for one in numbered(asked, "DescribeAssessmentTargets", "assessmentTargets", every_target(asked))
        }
    rows = [
        {
            "name": one["name"],
            "target": targets.get(one["assessmentTargetArn"], one["assessmentTargetArn"]),
            "seconds": one["durationInSeconds"],
            "packages": [alias_of(arn) for arn in one["rulesPackageArns"]],
            "runs": one["assessmentRunCount"],
            "arn": one["arn"],
        }
        for one in found
    ]
    columns = {"name": "template", "target": "target", "packages": "packages", "seconds": "seconds", "runs": "runs"}
    rows_out(form, rows, columns | {"arn": "arn"}, "no templates")


@templates.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    target: Annotated[str, typer.Option("--target", metavar="TARGET", help="Name or ARN of the target.")],
    package: Annotated[
        list[str], typer.Option("--package", metavar="|".join(ALIASES), help="A rules package; may be repeated.")
    ] = ["cve"],  # noqa: B006 - typer reads it and hands out copies
    duration: Annotated[str, typer.Option(metavar="TIME", help="How long hosts are watched: 180s to 24h.")] = "1h",
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            "--attribute", metavar="KEY=VALUE", help="Goes with every finding; may be repeated.", show_default=False
        ),
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Create a template and print its ARN. It cannot be changed later: delete it and create another.

    Example: shindan templates create weekly --target web --package cve --package cis --duration 15m
    """
    with api(endpoint, data, account) as asked:
        attributes = [
            {"key": key} | ({} if value is None else {"value": value}) for key, value in pairs(attribute, "--attribute")
        ]
        answer = asked.call(
            "CreateAssessmentTemplate",
            assessmentTargetArn=target_of(asked, target),
            assessmentTemplateName=name,
            durationInSeconds=seconds(duration),
            rulesPackageArns=[arn_of(asked.region, one) for text in package for one in text.split(",")],
            **({"userAttributesForFindings": attributes} if attributes else {}),
        )
        typer.echo(answer["assessmentTemplateArn"])


@templates.command()
def delete(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its name or ARN.")],
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a template with its runs and what they found."""
    with api(endpoint, data, account) as asked:
        asked.call("DeleteAssessmentTemplate", assessmentTemplateArn=template_of(asked, template))


def template_of(asked: Any, text: str) -> str:
    """The ARN of a template that is given by name or ARN."""
    return named(asked, text, "template", "DescribeAssessmentTemplates", "assessmentTemplates", every_template)


def every_template(asked: Any) -> list[str]:
    """The ARNs of all templates."""
    return every(asked, "ListAssessmentTemplates", "assessmentTemplateArns")


def arn_of(region: str, text: str) -> str:
    """The ARN of a rules package that is given by our short name or by ARN; a usage error for another word."""
    if text.startswith("arn:"):
        return text
    if text not in ALIASES:
        raise typer.BadParameter(f"{text!r}: choose one of {', '.join(ALIASES)}", param_hint="--package")
    return str(package_arn(region, text))


def alias_of(arn: str) -> str:
    """Our short name of a rules package; its ARN where it has none."""
    from shindan.model.arn import parse

    return package_of(parse(arn)) or arn


def seconds(text: str) -> int:
    """`900`, `900s`, `15m` or `1h` as seconds. Raises a usage error."""
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    if found is None:
        raise typer.BadParameter(f"{text!r}: write 900, 15m or 1h", param_hint="--duration")
    return int(found[1]) * _UNITS[found[2]]
