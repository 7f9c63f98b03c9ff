"""`shindan keys`: access keys, with which programs sign their requests."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, moment, record_out, rows_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

keys = typer.Typer(
    name="keys",
    help="Access keys: list, create, rotate, lend, disable, enable, delete; renew-master.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

UserArgument = Annotated[str, typer.Argument(metavar="USER")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The id of the access key.")]


@keys.command("list")
def list_keys(
    user: Annotated[str | None, typer.Argument(metavar="[USER]", show_default=False)] = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List access keys, of one user or of all."""
    check_format(form)
    from shindan.service.access_keys import list_
    from shindan.service.users import list_ as list_users

    with local(data, account) as (service, caller):
        names = [user] if user else [one.name for one in list_users(service, caller)]
        rows = [{**fields_of(key), "user": name} for name in names for key in list_(service, caller, name)]
    columns = {"id": "access key", "user": "user", "active": "active", "created_at": "created"}
    rows_out(form, rows, columns | {"last_used_at": "last used", "expires_at": "expires"}, "no access keys")


@keys.command()
def create(
    user: UserArgument,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create an access key; its secret is shown once. A user has at most two in force.

    Example: shindan keys create jenkins
    """
    check_format(form)
    from shindan.service.access_keys import create as made

    with local(data, account) as (service, caller):
        _show(form, made(service, caller, user))


@keys.command()
def rotate(
    key: KeyArgument,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Leave the old one in force.")] = False,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create a new key for the same user, and switch the old one off.

    Example: shindan keys rotate AKIAKT4PW3TFAWBWKCU4
    """
    check_format(form)
    from shindan.service.access_keys import rotate as rotated

    with local(data, account) as (service, caller):
        _show(form, rotated(service, caller, key, keep_old=keep_old))


@keys.command()
def lend(
    user: UserArgument,
    seconds: Annotated[int, typer.Option(metavar="SECONDS", help="How long it is in force.")] = 3600,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create a temporary key with a session token.

    Example: shindan keys lend jenkins --seconds 900
    """
    check_format(form)
    from shindan.service.access_keys import lend as lent

    with local(data, account) as (service, caller):
        _show(form, lent(service, caller, user, seconds))


@keys.command()
def disable(key: KeyArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Switch a key off, at once.

    Example: shindan keys disable AKIAKT4PW3TFAWBWKCU4
    """
    _set(key, data, account, active=False)


@keys.command()
def enable(key: KeyArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Switch a key on again.

    Example: shindan keys enable AKIAKT4PW3TFAWBWKCU4
    """
    _set(key, data, account, active=True)


@keys.command()
def delete(key: KeyArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Delete a key.

    Example: shindan keys delete AKIAKT4PW3TFAWBWKCU4
    """
    from shindan.service.access_keys import delete as gone

    with local(data, account) as (service, caller):
        gone(service, caller, key)


@keys.command("renew-master")
def renew_master(
    yes: Annotated[bool, typer.Option("--yes", help="Every access key of every account goes.")] = False,
    data: ServiceDataOption = None,
) -> None:
    """Make another master key in place of one that is lost. The secrets of all access keys are lost with it.

    Stop the server first. Afterwards make new keys: shindan keys create USER.
    """
    if not yes:
        raise typer.BadParameter("every access key of every account is removed by this: say --yes if that is meant")
    from shindan.app.mending import renew_master as renewed

    path = renewed(data)
    say(f"{path} is new; no access key is left: make new ones with `shindan keys create USER`")


def _set(key: str, data: Any, account: str | None, *, active: bool) -> None:
    from shindan.service.access_keys import set_active

    with local(data, account) as (service, caller):
        set_active(service, caller, key, active)


def _show(form: str, made: Any) -> None:
    found = {"access_key_id": made.id, "secret_access_key": made.secret}
    if made.session_token:
        found |= {"session_token": made.session_token, "expires": moment(made.expires_at)}
    record_out(form, found)
