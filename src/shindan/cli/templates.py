"""`shindan templates`: what is assessed of a target, and for how long."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from shindan.cli.asking import TARGETS, TEMPLATES, TemplateArgument, described, every, key_values, named
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.package_names import ALIASES, alias_of, arn_of
from shindan.cli.printing import arn_out, pairs, rows_out
from shindan.cli.scap_named import scap_attributes
from shindan.cli.tables import check_format
from shindan.model.packages import SCAP

templates = typer.Typer(
    name="templates", help="Assessment templates: list, create, delete.", no_args_is_help=True, rich_markup_mode=None
)

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
        found = described(asked, TEMPLATES, every(asked, TEMPLATES))
        targets = {one["arn"]: one["name"] for one in described(asked, TARGETS, every(asked, TARGETS))}
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
    scap: Annotated[
        str | None,
        typer.Option(
            "--scap",
            metavar="FILE",
            help="Also SCAP content that hosts hold, by the name of its file; one that is here must be the same there "
            "(by digest). See docs/scap.md.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="ID", help="The content's profile.", show_default=False)
    ] = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create a template and print its ARN. It cannot be changed later: delete it and create another.

    Example: shindan templates create weekly --target web --package cve --package cis --duration 15m
    shindan templates create mandated --target web --scap ssg-debian11-ds.xml --profile standard
    """
    check_format(form)
    words = [one for text in package for one in text.split(",")]
    packages = dict.fromkeys(words if scap is None else [*words, SCAP.name])
    named_content = scap_attributes(scap, profile)
    with api(endpoint, data, account) as asked:
        attributes = key_values([*pairs(attribute, "--attribute"), *named_content])
        answer = asked.call(
            "CreateAssessmentTemplate",
            assessmentTargetArn=named(asked, TARGETS, target),
            assessmentTemplateName=name,
            durationInSeconds=seconds(duration),
            rulesPackageArns=[arn_of(asked.region, one) for one in packages],
            **({"userAttributesForFindings": attributes} if attributes else {}),
        )
        arn_out(form, answer["assessmentTemplateArn"])


@templates.command()
def delete(
    template: TemplateArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a template with its runs and what they found.

    Example: shindan templates delete weekly
    """
    with api(endpoint, data, account) as asked:
        asked.call("DeleteAssessmentTemplate", assessmentTemplateArn=named(asked, TEMPLATES, template))


def seconds(text: str) -> int:
    """`900`, `900s`, `15m` or `1h` as seconds. Raises a usage error."""
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    if found is None:
        raise typer.BadParameter(f"{text!r}: write 900, 15m or 1h", param_hint="--duration")
    return int(found[1]) * _UNITS[found[2]]
