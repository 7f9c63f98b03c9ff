"""`shindan hosts submit`: facts handed in by hand, beside the server or over the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, cast

import typer

from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import fields_of, pairs, record_out
from shindan.cli.tables import check_format
from shindan.cli.terminal import say

TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="KEY=VALUE", help="A tag; may be repeated.", show_default=False),
]


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
