"""`shindan suppressions`: findings that are known and not to be counted."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import typer

from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, pairs, rows_out
from shindan.cli.tables import check_format

suppressions = typer.Typer(
    name="suppressions", help="Suppressions: list, create, delete.", no_args_is_help=True, rich_markup_mode=None
)


@suppressions.command("list")
def list_suppressions(
    data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table"
) -> None:
    """List suppressions, those that expired too."""
    check_format(form)
    from shindan.service.suppressions import list_

    with local(data, account) as (service, caller):
        rows = [{**fields_of(one), "scope": dict(one.scope)} for one in list_(service, caller)]
    columns = {"id": "suppression", "scope": "scope", "reason": "reason", "owner": "owner", "expires_at": "until"}
    rows_out(form, rows, columns, "no suppressions")


@suppressions.command()
def create(
    scope: Annotated[
        list[str],
        typer.Argument(metavar="KIND=VALUE...", help="host, tag, component, cve, rule or package; all must hold."),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why these are not to be counted.")],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day, such as 2027-01-31.", show_default="for ever")
    ] = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Mark findings as suppressed, in force at once; nothing is deleted. Prints its id.

    Example: shindan suppressions create cve=CVE-2023-0464 tag=env=test --reason "not reachable" --until 2027-01-31
    """
    from shindan.service.suppressions import create as made

    wanted: Any = [(kind, value or "") for kind, value in pairs(scope, "KIND=VALUE")]
    with local(data, account) as (service, caller):
        typer.echo(made(service, caller, wanted, reason, expires_at=_end_of(until)))


@suppressions.command()
def delete(
    suppression: Annotated[str, typer.Argument(metavar="SUPPRESSION", help="Its id.")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """End a suppression: what it marked comes back.

    Example: shindan suppressions delete 0-Vdctwxok
    """
    from shindan.service.suppressions import delete as gone

    with local(data, account) as (service, caller):
        gone(service, caller, suppression)


def _end_of(day: str | None) -> int | None:
    """The end of a day (UTC) in milliseconds since the epoch. Raises a usage error."""
    if day is None:
        return None
    try:
        then = datetime.datetime.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{day!r} is no day such as 2027-01-31", param_hint="--until") from None
    begun = then.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=datetime.UTC)
    return int((begun + datetime.timedelta(days=1)).timestamp() * 1000)
