"""`shindan agent-release`: what hosts fetch to get an agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.options import FormatOption, ServiceDataOption
from shindan.cli.tables import check_format

agent_release = typer.Typer(
    name="agent-release", help="What hosts fetch to get an agent.", no_args_is_help=True, rich_markup_mode=None
)


@agent_release.callback()
def group() -> None:
    """What hosts fetch to get an agent: the install script, the agent, and their signatures."""


@agent_release.command()
def make(
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Sign with this key.", show_default="DATA/keys/agent-release.key"),
    ] = None,
    data: ServiceDataOption = None,
    form: FormatOption = "table",
) -> None:
    """Make and sign a release of the agent that belongs to this Shindan.

    The server does this itself when it starts, as long as the key lies in its data folder. Keep the key elsewhere
    (move DATA/keys/agent-release.key away after the first start) and bring it with --key for each upgrade, and whoever
    takes the server over cannot have hosts run anything.

    Exit codes: 0 it is made, 1 it cannot be.

    Example: shindan agent-release make --key /media/stick/agent-release.key
    """
    check_format(form)
    from shindan.app.releasing import make as made

    done = made(data, key)
    if form == "json":
        found = {"folder": str(done.folder), "version": done.version, "fingerprint": done.fingerprint}
        typer.echo(json.dumps(found, indent=2))
    else:
        typer.echo(f"Agent {done.version} is ready in {done.folder}.\nSigned by {done.fingerprint}.")
