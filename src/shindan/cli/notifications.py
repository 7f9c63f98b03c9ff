"""`shindan notifications`: channels by which an account is told of what happens."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from shindan.cli import channel_options as options
from shindan.cli.channel_wish import Wished, takes_wish
from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import rows_out, shown
from shindan.cli.tables import check_format

notifications = typer.Typer(
    name="notifications",
    help="Notification channels: list, create, show, set, pause, resume, test, log, delete.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ChannelArgument = Annotated[str, typer.Argument(metavar="CHANNEL", help="Its name or id.")]
_NOT_SET = ("id", "kind", "shown", "paused", "files", "created_at", "created_by", "last")
_NOTHING = Wished({}, {}, anew=False)
NOT_SENT = 4
"""Exit code where a test message did not arrive."""


@notifications.command("list")
def list_channels(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List channels with the newest message of each."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("ListChannels")["channels"]
    rows = [
        {
            "name": one["name"],
            "shown": one["shown"],
            "on": ", ".join(one["events"]),
            "when": "paused" if one["paused"] else _when(one),
            "last": _told(one["last"]) if one["last"] else "",
        }
        for one in found
    ]
    columns = {"name": "channel", "shown": "to", "on": "told of", "when": "when", "last": "last message"}
    rows_out(form, found if form == "json" else rows, columns, "no channels")


@notifications.command()
@takes_wish
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="https://…, the ARN of an SNS topic, or what apprise knows: mailtos://…, slack://…; - reads stdin.",
        ),
    ],
    wish: Wished = _NOTHING,
    paused: Annotated[bool, typer.Option("--paused", help="Make it, but tell it nothing yet.")] = False,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Have somebody told of what happens. Prints the channel's id.

    Examples: shindan notifications create ops mailtos://me:secret@mail.example --least high --every 30m
    shindan notifications create jira https://jira.example/rest/api/2/issue --ticket jira --set project=SEC \
--header @token --on finding-opened --on finding-fixed --kev
    """
    check_format(form)
    wanted: dict[str, Any] = {"name": name, **options.address(address), **wish.plain}
    if wish.tickets:
        wanted["ticketing"] = wish.tickets
    with api(endpoint, data, account) as asked:
        made = asked.own("CreateChannel", channel=wanted, paused=paused)["channel"]
    typer.echo(json.dumps(made, indent=2) if form == "json" else made["id"])


@notifications.command("set")
@takes_wish
def set_(
    channel: ChannelArgument,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Another name.", show_default=False)
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="ADDRESS", help="Another address; - reads stdin.", show_default=False),
    ] = None,
    wish: Wished = _NOTHING,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Change a channel; what is not given stays. An empty --package, --tag, --rules, --every or --at takes it away.

    Example: shindan notifications set ops --at 08:30 --zone Asia/Tokyo --language ja
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        before = asked.own("GetChannel", channel=channel)["channel"]
        wanted = {name: value for name, value in before.items() if name not in _NOT_SET and value is not None}
        wanted |= options.address(address) | wish.plain | ({"name": name} if name is not None else {})
        if wish.tickets:
            wanted["ticketing"] = {**({} if wish.anew else wanted.get("ticketing", {})), **wish.tickets}
        made = asked.own("UpdateChannel", name=channel, channel=wanted)["channel"]
    typer.echo(json.dumps(made, indent=2) if form == "json" else f"{made['name']}: {_when(made)}")


@notifications.command()
def show(
    channel: ChannelArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show a channel; its address without what is secret in it.

    Examples: shindan notifications show operators
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("GetChannel", channel=channel)["channel"]
    if form == "json":
        typer.echo(json.dumps(found, indent=2))
        return
    told = {
        name: value
        for name, value in found.items()
        if name not in ("ticketing", "last") and value not in (None, "", [])
    }
    if found.get("ticketing"):
        told["tickets"] = f"one a {found['ticketing'].get('per', 'rule')}"
    if found["last"]:
        told["last"] = _told(found["last"])
    for name, value in told.items():
        typer.echo(f"{name:12}  {shown(value)}")


@notifications.command()
def pause(
    channel: ChannelArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Have a channel told nothing until it is resumed; what it was still to be told is let go of.

    Examples: shindan notifications pause operators
    """
    with api(endpoint, data, account) as asked:
        asked.own("PauseChannel", channel=channel)


@notifications.command()
def resume(
    channel: ChannelArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Have a paused channel told what happens from now on; tickets that were given up are tried again.

    Examples: shindan notifications resume operators
    """
    with api(endpoint, data, account) as asked:
        asked.own("ResumeChannel", channel=channel)


@notifications.command()
def test(
    channel: ChannelArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Send a test message now, and say how that went; exit code 4 where it did not arrive.

    A channel of tickets opens one about a made-up finding.

    Examples: shindan notifications test operators
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        went = asked.own("TestChannel", channel=channel)
    arrived = went["status"] == "SUCCESS"
    said = "sent" if arrived else f"not sent: {went['detail']} ({went['status']})"
    typer.echo(json.dumps(went, indent=2) if form == "json" else said)
    if not arrived:
        raise typer.Exit(NOT_SENT)


@notifications.command()
def log(
    channel: ChannelArgument,
    number: Annotated[int, typer.Option("--number", "-n", metavar="N", help="How many, up to 100.")] = 20,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Show what was sent by a channel, newest first, and what was answered last; of the last 30 days.

    Examples: shindan notifications log operators
    """
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("ListChannelMessages", channel=channel, max_results=max(1, min(number, 100)))["messages"]
    rows = [{**one, "status": one["status"] or "waits"} for one in found]
    columns = {
        "at": "at (UTC)", "what": "what", "attempts": "tries", "status": "how it went", "detail": "last answer",
    }  # fmt: skip
    rows_out(form, found if form == "json" else rows, columns, "nothing was sent yet")


@notifications.command()
def delete(
    channel: ChannelArgument,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Delete a channel with its log, and what it was still to be told.

    Examples: shindan notifications delete operators
    """
    with api(endpoint, data, account) as asked:
        asked.own("DeleteChannel", channel=channel)


def _when(one: dict[str, Any]) -> str:
    if one["every"]:
        return f"every {one['every']}"
    return f"daily at {one['at']} {one['zone']}" if one["at"] else "at once"


def _told(line: dict[str, Any]) -> str:
    return f"{line['what']}: {line['status'] or 'waits'}{' – ' + line['detail'] if line['detail'] else ''}"
