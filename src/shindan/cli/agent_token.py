"""`shindan agent-token`: what hosts enrol with."""

from __future__ import annotations

import json
import re
from typing import Annotated

import typer

from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, pairs, rows_out
from shindan.cli.tables import check_format

agent_token = typer.Typer(
    name="agent-token",
    help="Tokens that hosts enrol with: create, list, revoke.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_TIME = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@agent_token.command()
def create(
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", metavar="TIME", help="How long it is good: 90m, 12h, 30d.", show_default="without end"
        ),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", metavar="KEY=VALUE", help="A tag of each host; may be repeated.", show_default=False),
    ] = None,
    max_uses: Annotated[
        int | None,
        typer.Option("--max-uses", metavar="N", help="How many hosts may enrol with it.", show_default="any number"),
    ] = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Create a token, and print what to type on a host to install an agent that enrols with it.

    The token is shown once; the service keeps a hash of it. Hosts that enrolled stay when it ends: each has a key of
    its own.

    Examples: shindan agent-token create --expires 1d --max-uses 20 --tags env=prod
    shindan agent-token create --format json | jq -r .token
    """
    check_format(form)
    from shindan.app.releasing import install_lines, reached_at
    from shindan.service.agent_tokens import create as made

    with local(data, account) as (service, caller):
        seconds = None if expires is None else _seconds(expires)
        new = made(service, caller, seconds=seconds, max_uses=max_uses, tags=pairs(tags, "--tags"))
        lines, reached = install_lines(service.data, new.text), reached_at(service.data)
    if form == "json":
        typer.echo(json.dumps({**fields_of(new.token), "token": new.text, "install": lines}, indent=2))
        return
    typer.echo(f"Token (shown once): {new.text}\n")
    typer.echo("On each host, one of these:\n")
    for line in lines:
        typer.echo(f"{line}\n")
    typer.echo("Where the agent is installed already:\n")
    typer.echo(
        f"echo {new.text} | sudo shindan-agent configure --endpoint {reached} --token-stdin && sudo shindan-agent enrol"
    )


@agent_token.command("list")
def list_tokens(data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table") -> None:
    """List tokens: who made them, how often they were used, and when last.

    Example: shindan agent-token list
    """
    check_format(form)
    from shindan.service.agent_tokens import list_

    with local(data, account) as (service, caller):
        rows = [fields_of(one) for one in list_(service, caller)]
    if form != "json":
        rows = [{**row, "created_by": str(row["created_by"]).rpartition("/")[2]} for row in rows]
    columns = {
        "id": "token", "created_at": "created", "created_by": "by", "uses": "uses", "max_uses": "at most",
        "last_used_at": "last used", "expires_at": "expires", "revoked_at": "revoked", "tags": "tags",
    }  # fmt: skip
    rows_out(form, rows, columns, "no tokens: `shindan agent-token create` makes one")


@agent_token.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, or the token itself.")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """End a token at once. Hosts that enrolled with it stay: `shindan agents revoke` ends one of those.

    Example: shindan agent-token revoke k3vq7xw2ma
    """
    from shindan.service.agent_tokens import revoke as end

    with local(data, account) as (service, caller):
        end(service, caller, token.split("_")[1] if token.startswith("shat_") and "_" in token[5:] else token)


def _seconds(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r}: write 90m, 12h or 30d", param_hint="--expires")
    return int(match[1]) * _UNITS[match[2]]
