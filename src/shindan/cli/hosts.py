"""`shindan hosts`: the hosts that the service knows, and facts handed in by hand."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shindan.cli.hosts_submit import TagOption, submit
from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, pairs, record_out, rows_out
from shindan.cli.tables import check_format

hosts = typer.Typer(
    name="hosts", help="Hosts: submit, list, show, tag, remove, merge.", no_args_is_help=True, rich_markup_mode=None
)

HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="Its id, or its name where that is unique.")]

hosts.command()(submit)


@hosts.command("list")
def list_hosts(
    search: Annotated[str, typer.Argument(metavar="[TEXT]", help="Of its id, name, platform or address.")] = "",
    tag: TagOption = None,
    archived: Annotated[bool, typer.Option("--archived", help="Those that were not heard of for long.")] = False,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List hosts.

    Example: shindan hosts list debian --tag inspector=True
    """
    check_format(form)
    from shindan.service.hosts_admin import list_

    rows: list[dict[str, Any]] = []
    token: str | None = None
    with local(data, account) as (service, caller):
        while True:
            page = list_(
                service, caller, text=search, tags=pairs(tag, "--tag"), archived=archived, token=token, max_results=500
            )
            rows += map(fields_of, page.items)
            token = page.next_token
            if token is None:
                break
    columns = {"id": "host", "hostname": "name", "system": "system", "last_seen": "last seen", "tags": "tags"}
    rows_out(form, rows, columns, "no hosts: `shindan hosts submit` hands one in")


@hosts.command()
def show(
    host: HostArgument, data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table"
) -> None:
    """Show all that is known of a host but for its facts, and of its agent where it has one.

    Example: shindan hosts show web1
    """
    check_format(form)
    from shindan.cli.agent_record import told_of
    from shindan.service.agents_admin import of_host

    with local(data, account) as (service, caller):
        found = found_host(service, caller, host)
        agent = of_host(service, caller, found.id)
    told = None if agent is None else told_of(agent)
    if form == "json":
        record_out(form, {**fields_of(found), "agent": told})
    else:
        lines = {f"agent_{name}": value for name, value in (told or {}).items() if name not in ("host", "version")}
        record_out(form, {**fields_of(found), **lines})


@hosts.command()
def tag(
    host: HostArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", show_default=False)] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="KEY", help="Remove a tag; may be repeated.", show_default=False),
    ] = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Add, replace and remove tags, by which targets select hosts.

    Example: shindan hosts tag web1 inspector=True
    """
    if not tags and not remove:
        raise typer.BadParameter("name tags to add, or --remove KEY")
    from shindan.service.hosts_admin import tag as add
    from shindan.service.hosts_admin import untag

    with local(data, account) as (service, caller):
        id_ = found_host(service, caller, host).id
        if tags:
            add(service, caller, id_, pairs(tags, "KEY=VALUE"))
        if remove:
            untag(service, caller, id_, remove)


@hosts.command()
def remove(host: HostArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Forget a host; runs keep what they found. It comes back should it report again.

    Example: shindan hosts remove web1
    """
    from shindan.service.hosts_admin import remove as forget

    with local(data, account) as (service, caller):
        forget(service, caller, found_host(service, caller, host).id)


@hosts.command()
def merge(
    host: HostArgument,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The host that stays.")],
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Make one host of two that are the same machine: the first goes, the second takes what it lacks.

    Example: shindan hosts merge i-0f3a… web1
    """
    check_format(form)
    from shindan.service.hosts_admin import merge as merged

    with local(data, account) as (service, caller):
        first, second = found_host(service, caller, host), found_host(service, caller, into)
        record_out(form, merged(service, caller, first.id, second.id))


def found_host(service: Any, caller: Any, text: str) -> Any:
    """The host (`model.host.Host`) of an id, or of a name that only one has. Raises NoSuchEntity, or a usage error."""
    from shindan.service.hosts_admin import list_, show

    if text.startswith("i-"):
        return show(service, caller, text)
    page = list_(service, caller, text=text, archived=None, max_results=500)
    named = [one for one in page.items if one.hostname.lower() == text.lower()]
    if len(named) > 1:
        raise typer.BadParameter(f"several hosts are called {text!r}: {', '.join(one.id for one in named)}")
    return named[0] if named else show(service, caller, text)
