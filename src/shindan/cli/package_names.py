"""Rules packages as people name them on the command line."""

from __future__ import annotations

import typer

from shindan.model.packages import PACKAGES, SCAP, package_arn, package_of

ALIASES = tuple(one.name for one in (*PACKAGES, SCAP))


def arn_of(region: str, text: str) -> str:
    """The ARN of a rules package that is given by our short name or by ARN; a usage error for another word."""
    if text.startswith("arn:"):
        return text
    if text not in ALIASES:
        raise typer.BadParameter(f"{text!r}: choose one of {', '.join(ALIASES)}", param_hint="--package")
    return str(package_arn(region, text))


def alias_of(arn: str) -> str:
    """Our short name of a rules package; its ARN where it has none."""
    from shindan.model.arn import parse  # only lists need it

    return package_of(parse(arn)) or arn
