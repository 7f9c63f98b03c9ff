"""`shindan users`: people and programs of an account."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, record_out, rows_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

users = typer.Typer(
    name="users",
    help="Users: list, create, set, password, reset, remove.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
PolicyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="FullAccess, ReadOnly or one of your own; may be repeated.",
        show_default=False,
    ),
]


@users.command("list")
def list_users(data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table") -> None:
    """List the account's users."""
    check_format(form)
    from shindan.service.users import list_

    with local(data, account) as (service, caller):
        rows = [fields_of(one) for one in list_(service, caller)]
    columns = {"name": "user", "administrator": "administrator", "policies": "policies", "disabled": "disabled"}
    rows_out(form, rows, columns | {"has_password": "password", "created_at": "created"}, "no users")


@users.command()
def create(
    name: NameArgument,
    administrator: Annotated[bool, typer.Option("--administrator", help="May do everything.")] = False,
    policy: PolicyOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create a user. An access key comes from `shindan keys create`, a password from `shindan users password`.

    Example: shindan users create jenkins --policy ReadOnly
    """
    check_format(form)
    from shindan.service.users import create as made

    with local(data, account) as (service, caller):
        record_out(form, made(service, caller, name, administrator=administrator, policy_names=policy or ()))


@users.command("set")
def set_user(
    name: NameArgument,
    administrator: Annotated[
        bool | None, typer.Option("--administrator/--no-administrator", show_default=False)
    ] = None,
    disabled: Annotated[
        bool | None, typer.Option("--disabled/--enabled", help="Shut out with all keys, or let in.", show_default=False)
    ] = None,
    policy: PolicyOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Change what a user may do; --policy replaces all policies. The last administrator stays one.

    Example: shindan users set jenkins --policy ReadOnly --policy start-runs
    """
    if administrator is None and disabled is None and policy is None:
        raise typer.BadParameter("say what to change: --administrator, --disabled or --policy")
    from shindan.service.users import set_administrator, set_disabled, set_policies

    with local(data, account) as (service, caller):
        if policy is not None:
            set_policies(service, caller, name, policy)
        if administrator is not None:
            set_administrator(service, caller, name, administrator)
        if disabled is not None:
            set_disabled(service, caller, name, disabled)


@users.command()
def password(name: NameArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Give a user a password of your choice: the first line of stdin, or asked for on a terminal.

    Example: shindan users password ada
    """
    from shindan.service.users import set_password

    said = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\r\n")
    )
    with local(data, account) as (service, caller):
        set_password(service, caller, name, said)


@users.command()
def reset(name: NameArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Let a user in again, with a new random password, which is printed once.

    Example: shindan users reset administrator
    """
    from shindan.service.users import reset as renewed

    with local(data, account) as (service, caller):
        new = renewed(service, caller, name)
    say(f"the new password of {name}, shown now and never again:")
    typer.echo(new)


@users.command()
def remove(name: NameArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Remove a user with their access keys; not the last administrator.

    Example: shindan users remove jenkins
    """
    from shindan.service.users import remove as gone

    with local(data, account) as (service, caller):
        gone(service, caller, name)
