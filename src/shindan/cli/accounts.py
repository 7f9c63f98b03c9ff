"""`shindan accounts` and `shindan policies`: who is separated from whom, and what users may do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.confirming import YesOption, confirmed
from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, record_out, rows_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

accounts = typer.Typer(
    name="accounts", help="Accounts: list, create, remove.", no_args_is_help=True, rich_markup_mode=None
)
policies = typer.Typer(
    name="policies", help="Policies: list, show, put, remove.", no_args_is_help=True, rich_markup_mode=None
)


@accounts.command("list")
def list_accounts(data: ServiceDataOption = None, form: FormatOption = "table") -> None:
    """List accounts."""
    check_format(form)
    from shindan.app.house import opened
    from shindan.service.accounts import list_

    with opened(data) as house:
        rows = [fields_of(one) for one in list_(house.service)]
    rows_out(form, rows, {"id": "account", "name": "name", "created_at": "created"}, "no accounts")


@accounts.command("create")
def create_account(
    number: Annotated[str | None, typer.Option(metavar="NUMBER", help="Twelve digits.", show_default="random")] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What to call it.")] = "",
    administrator: Annotated[str, typer.Option(metavar="USER", help="Its first user.")] = "administrator",
    data: ServiceDataOption = None,
    form: FormatOption = "table",
) -> None:
    """Create an account with an administrator and an access key, whose secret is shown once.

    Nothing of one account is seen from another.

    Example: shindan accounts create --name branch
    """
    check_format(form)
    from shindan.app.house import opened
    from shindan.service import access_keys, users
    from shindan.service.accounts import create, operator

    with opened(data) as house:
        service = house.service
        new = create(service, number=number, name=name)
        caller = operator(service, new.id)
        users.create(service, caller, administrator, administrator=True)
        key = access_keys.create(service, caller, administrator)
    found = {"account": new.id, "name": new.name, "region": service.region, "user": administrator}
    record_out(form, {**found, "access_key_id": key.id, "secret_access_key": key.secret})


@accounts.command("remove")
def remove_account(
    number: Annotated[str, typer.Argument(metavar="NUMBER")],
    yes: YesOption = False,
    data: ServiceDataOption = None,
) -> None:
    """Remove an account with its users, hosts, runs, findings and reports. Only the audit stays.

    Not the last account, and not while a run of it is going.

    Example: shindan accounts remove 123456789012
    """
    from shindan.app.house import opened
    from shindan.service.account_removal import remove as gone
    from shindan.service.account_removal import size

    with opened(data) as house:
        there = size(house.service, number)
        confirmed(yes, f"account {number} with {there.hosts:,} hosts and {there.runs:,} runs goes for ever")
        done = gone(house.service, number)
    say(f"{number}: removed, with {done.hosts:,} hosts, {done.runs:,} runs, {done.blobs:,} inventories and reports")


@policies.command("list")
def list_policies(data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table") -> None:
    """List the policies that users of the account can have."""
    check_format(form)
    from shindan.service.policies import MANAGED, list_

    with local(data, account) as (service, caller):
        found = list_(service, caller)
    rows = [
        {"name": name, "kind": "managed" if name in MANAGED else "own", "document": document}
        for name, document in found.items()
    ]
    rows_out(form, rows, {"name": "policy", "kind": "kind"}, "no policies")


@policies.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Print a policy's document.

    Example: shindan policies show ReadOnly
    """
    from shindan.service.policies import list_

    with local(data, account) as (service, caller):
        found = list_(service, caller)
    if name not in found:
        raise typer.BadParameter(f"there is no policy {name!r}: {', '.join(found)}", param_hint="NAME")
    typer.echo(json.dumps(found[name], indent=2))


@policies.command()
def put(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy document of IAM's form; - reads stdin.")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Keep a policy document under a name, in place of an older one.

    Example: shindan policies put start-runs start-runs.json
    """
    from shindan.service.policies import put as keep

    with local(data, account) as (service, caller):
        keep(service, caller, name, _document(file))


@policies.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Remove a policy that no user has.

    Example: shindan policies remove start-runs
    """
    from shindan.service.policies import remove as gone

    with local(data, account) as (service, caller):
        gone(service, caller, name)


def _document(file: str) -> Any:
    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror or error}", param_hint="FILE") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}", param_hint="FILE") from error
