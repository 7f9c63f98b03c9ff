"""`shindan hosts`: the hosts that the service knows, and facts handed in by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, cast

import typer

from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, pairs, record_out, rows_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

hosts = typer.Typer(
    name="hosts", help="Hosts: submit, list, show, tag, remove, merge.", no_args_is_help=True, rich_markup_mode=None
)

HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="Its id, or its name where that is unique.")]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="KEY=VALUE", help="A tag; may be repeated.", show_default=False),
]


@hosts.command()
def submit(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `shindan collect` wrote; - reads stdin.")],
    hostname: Annotated[
        str | None,
        typer.Option(
            "--hostname",
            metavar="NAME",
            help="The host's name; by default what its facts say, else the file's.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ID", help="The host's id, if it has one.", show_default=False)
    ] = None,
    tag: TagOption = None,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Hand in a host's facts; a host that is not known yet becomes known.

    Examples: ssh web1 shindan collect | shindan hosts submit - --hostname web1 --tag inspector=True
    shindan hosts submit web1.ndjson --endpoint https://shindan.example:8443
    """
    check_format(form)
    names = (hostname or "", "" if host else _name_of(file))
    tags = pairs(tag, "--tag")
    with _opened(file) as stream:
        if endpoint is not None:
            found = _sent(endpoint, stream.read(), names, host, tags)
        else:
            found = _taken(data, account, stream, names, host, tags)
    if form == "json":
        record_out(form, found)
    else:
        say(f"{found['id']}  {found['hostname'] or '(no name)'}  {found['system']}")


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
    """Show all that is known of a host but for its facts."""
    check_format(form)
    with local(data, account) as (service, caller):
        record_out(form, found_host(service, caller, host))


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
    """Forget a host; runs keep what they found. It comes back should it report again."""
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
    """Make one host of two that are the same machine: the first goes, the second takes what it lacks."""
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


def _taken(
    data: Path | None, account: str | None, stream: IO[bytes], names: tuple[str, str], host: str | None, tags: Any
) -> dict[str, Any]:
    from shindan.service.submissions import About, submit

    with local(data, account) as (service, caller):
        about = About(hostname=names[0], otherwise=names[1])
        taken = submit(service, caller.account, stream, host_id=host, tags=tags, about=about, by=caller.principal)
        return fields_of(taken)


def _sent(endpoint: str, facts: bytes, names: tuple[str, str], host: str | None, tags: Any) -> dict[str, Any]:
    import gzip

    from shindan.service.remote import Remote

    query = [
        ("hostname", names[0]),
        ("otherwise", names[1]),
        ("host", host or ""),
        *(("tag", f"{key}={value or ''}") for key, value in tags),
    ]
    return Remote(endpoint).submit(gzip.compress(facts, 6), [(key, value) for key, value in query if value])


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    """The facts, unpacked if they are gzip."""
    if file == "-":
        yield sys.stdin.buffer
        return
    import gzip

    try:
        with Path(file).open("rb") as stream:
            packed = stream.peek(2)[:2] == b"\x1f\x8b"
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if packed else stream
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or error
        raise typer.BadParameter(f"cannot read {file}: {why}", param_hint="FILE") from error


def _name_of(file: str) -> str:
    """The file's name without its endings; "" for stdin."""
    name = Path(file).name.removesuffix(".gz").removesuffix(".ndjson").removesuffix(".json")
    return "" if file == "-" else name
